"""Plants labelled errors into rows of transactions, so that the ledger still adds up.

A planted change moves every later balance of its subscriber with it: what the rules can prove is then
rare, and what remains is the detector's to find.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from balance_sync.currency import minor_unit

Row = dict[str, Any]
Key = tuple[str, str, int]

_BALANCES = ("old_balance", "new_balance", "payment_balance")


@dataclass(frozen=True, slots=True)
class Label:
    """What a planted transaction is part of.

    Attributes
    ----------
    incident
        A number; several transactions can be one incident.
    """

    kind: str
    incident: int


class Plot:
    """Transactions by subscriber, in which errors are planted, at most one kind a subscriber."""

    def __init__(self, rows: Sequence[Row], seed: int) -> None:
        self.random = random.Random(seed)
        self.rows = [dict(row) for row in rows]
        self.labels: dict[Key, Label] = {}
        self.incident = 0
        self._chains: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            self._chains[row["user_id"]].append(row)
        for chain in self._chains.values():
            chain.sort(key=lambda row: (row["logged_at"], row["transaction_id"]))
        self.since = min(row["logged_at"] for row in self.rows)
        self.until = max(row["logged_at"] for row in self.rows)
        self._typed = [row for row in self.rows if row["type"] and (row["amount"] or 0) > 0]
        self._used: set[str] = set()
        self._inserted = 0

    def candidates(self, action: str | None = None) -> list[Row]:
        """Return the typed transactions of the period, of one action or of all, planted ones left out."""
        return [
            row
            for row in self._typed
            if self.since <= row["logged_at"] < self.until and action in (None, row["action"])
        ]

    def pick(
        self,
        *,
        least_history: int = 1,
        wanted: Callable[[Row], bool] | None = None,
        action: str | None = None,
    ) -> Row | None:
        """Return a transaction of the period, of a subscriber without planted errors, if there is one."""
        found = self.candidates(action)
        self.random.shuffle(found)
        for row in found:
            user = row["user_id"]
            if user in self._used or len(self._chains[user]) < least_history:
                continue
            if wanted is None or wanted(row):
                self._used.add(user)
                return row
        return None

    def chain(self, row: Row) -> list[Row]:
        """Return the transactions of the row's subscriber in order."""
        return self._chains[row["user_id"]]

    def amounts(self, currency: str, actions: Sequence[str]) -> list[Decimal]:
        """Return the amounts of some actions in a currency."""
        return [r["amount"] for r in self._typed if r["currency"] == currency and r["action"] in actions]

    def usual_debit(self, row: Row) -> Decimal:
        """Return the median debit of the row's subscriber; the row's amount where there is none."""
        debits = sorted(r["amount"] for r in self.chain(row) if r["type"] == "DEBIT" and r["amount"] > 0)
        amount: Decimal = debits[len(debits) // 2] if debits else row["amount"]
        return amount

    def change(self, row: Row, amount: Decimal, kind: str, *, direction: str | None = None) -> None:
        """Give a transaction another amount, VAT in proportion, or another direction."""
        before = _sign(row["type"]) * (row["amount"] - (row["vat"] or 0))
        row["vat"] = rounded((row["vat"] or 0) * amount / row["amount"], row["currency"])
        row["amount"] = amount
        row["type"] = direction or row["type"]
        change = _sign(row["type"]) * (amount - row["vat"]) - before
        for balance in ("new_balance", "payment_balance"):
            row[balance] = None if row[balance] is None else row[balance] + change
        self.shift(row, change)
        self.label(row, kind)

    def insert(self, like: Row, at: datetime, amount: Decimal, kind: str, **changed: str) -> None:
        """Insert a transaction of the subscriber of `like`, with the same words unless `changed`."""
        self._inserted += 1
        row = {**like, **changed, "logged_at": at, "amount": amount, "vat": Decimal(0), "metadata": None}
        row["transaction_id"] = f"{like['transaction_id'][:-8]}{self.random.randrange(16**8):08X}"
        row["request_id"] = f"planted-{row['transaction_id']}"
        row["line"] = 10_000_000 + self._inserted
        chain = self.chain(like)
        earlier = [other for other in chain if other["logged_at"] <= at]
        start = self.balance(like, at)
        change = _sign(row["type"]) * amount
        # The service would have told of a gap between the balances, in a record of its own.
        together = not earlier or earlier[-1]["payment_balance"] == start
        row.update(old_balance=start, new_balance=start + change)
        row["payment_balance"] = start + change if together else None
        chain.insert(len(earlier), row)
        self.rows.append(row)
        self.shift(row, change)
        self.label(row, kind)

    def remove(self, row: Row) -> None:
        """Take a transaction out, as if it had never been booked."""
        self.shift(row, -_sign(row["type"]) * (row["amount"] - (row["vat"] or 0)))
        for rows in (self.chain(row), self.rows, self._typed):
            rows[:] = [other for other in rows if other is not row]

    def balance(self, like: Row, at: datetime) -> Decimal:
        """Return the balance of the subscriber of `like` at a time."""
        chain = self.chain(like)
        earlier = [other for other in chain if other["logged_at"] <= at]
        balance: Decimal = earlier[-1]["new_balance"] if earlier else chain[0]["old_balance"]
        return balance

    def shift(self, changed: Row, change: Decimal, balances: Sequence[str] = _BALANCES) -> None:
        """Move balances of everything that follows a transaction in its subscriber's chain."""
        chain = self.chain(changed)
        for row in chain[next(i for i, other in enumerate(chain) if other is changed) + 1 :]:
            for balance in balances:
                row[balance] = None if row[balance] is None else row[balance] + change

    def label(self, row: Row, kind: str) -> None:
        """Say that a transaction is planted."""
        self.labels[row["transaction_id"], row["source_id"], row["line"]] = Label(kind, self.incident)


Plant = Callable[[Plot], None]


def plant(plot: Plot, kinds: Sequence[Plant], *, each: int, since: datetime, until: datetime) -> None:
    """Plant so many incidents of each kind, all of their first transactions in the period."""
    plot.since, plot.until = since, until
    for _ in range(each):
        for kind in kinds:
            plot.incident += 1
            kind(plot)


def rounded(amount: Decimal | int, currency: str) -> Decimal:
    """Round to the currency's minor unit."""
    return Decimal(amount).quantize(Decimal(1).scaleb(-minor_unit(currency)))


def later(plot: Plot, row: Row, **least_and_most: tuple[float, float]) -> datetime:
    """Return a time after a transaction: ``later(plot, row, hours=(8, 20))``."""
    ((unit, between),) = least_and_most.items()
    at: datetime = row["logged_at"] + timedelta(**{unit: plot.random.uniform(*between)})
    return at


def _sign(direction: str) -> int:
    return 1 if direction == "CREDIT" else -1
