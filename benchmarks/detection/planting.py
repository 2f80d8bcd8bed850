"""Plants labelled errors into rows of transactions, so that the ledger still adds up.

A planted change moves every later balance of its subscriber with it: what the rules can prove is then
rare, and what remains is the detector's to find.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from balance_sync.currency import minor_unit

Row = dict[str, Any]
BALANCES = ("old_balance", "new_balance", "payment_balance")
GIFTS = ("CX_GIFT", "CUSTOMERS_CALO_EXPERIMENTS", "COMPENSATION", "CALO_TEAM_PERKS")


class Plot:
    """Transactions by subscriber, in which errors are planted, at most one kind a subscriber."""

    def __init__(self, rows: Sequence[Row], seed: int) -> None:
        self.random = random.Random(seed)
        self.rows = [dict(row) for row in rows]
        self.labels: dict[tuple[str, str, int], str] = {}
        self._chains: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            self._chains[row["user_id"]].append(row)
        for chain in self._chains.values():
            chain.sort(key=lambda row: (row["logged_at"], row["transaction_id"]))
        self._typed = [row for row in self.rows if row["type"] and (row["amount"] or 0) > 0]
        self._used: set[str] = set()

    def pick(self, *, least_history: int = 1) -> Row:
        """Return a transaction with a type, of a subscriber without planted errors."""
        while True:
            row = self.random.choice(self._typed)
            user = row["user_id"]
            if user not in self._used and len(self._chains[user]) >= least_history:
                self._used.add(user)
                return row

    def chain(self, row: Row) -> list[Row]:
        """Return the transactions of the row's subscriber in order."""
        return self._chains[row["user_id"]]

    def amounts(self, currency: str, actions: Sequence[str]) -> list[Decimal]:
        """Return the amounts of some actions in a currency."""
        return [r["amount"] for r in self._typed if r["currency"] == currency and r["action"] in actions]

    def change(self, row: Row, amount: Decimal, kind: str) -> None:
        """Give a transaction another amount, VAT in proportion."""
        before = row["amount"] - (row["vat"] or 0)
        row["vat"] = rounded((row["vat"] or 0) * amount / row["amount"], row["currency"])
        row["amount"] = amount
        change = _sign(row["type"]) * (amount - row["vat"] - before)
        for balance in ("new_balance", "payment_balance"):
            row[balance] = None if row[balance] is None else row[balance] + change
        self._shift(row, change)
        self._label(row, kind)

    def insert(self, like: Row, at: datetime, amount: Decimal, kind: str, **changed: str) -> None:
        """Insert a transaction of the subscriber of `like`, with the same words unless `changed`."""
        row = {**like, **changed, "logged_at": at, "amount": amount, "vat": Decimal(0), "metadata": None}
        row["transaction_id"] = f"{like['transaction_id'][:-8]}{self.random.randrange(16**8):08X}"
        row["request_id"] = f"planted-{row['transaction_id']}"
        row["line"] = like["line"] + 1
        chain = self.chain(like)
        earlier = [other for other in chain if other["logged_at"] <= at]
        start = earlier[-1]["new_balance"] if earlier else chain[0]["old_balance"]
        change = _sign(row["type"]) * amount
        row.update(old_balance=start, new_balance=start + change, payment_balance=start + change)
        chain.insert(len(earlier), row)
        self.rows.append(row)
        self._shift(row, change)
        self._label(row, kind)

    def _shift(self, changed: Row, change: Decimal) -> None:
        chain = self.chain(changed)
        for row in chain[next(i for i, other in enumerate(chain) if other is changed) + 1 :]:
            for balance in BALANCES:
                row[balance] = None if row[balance] is None else row[balance] + change

    def _label(self, row: Row, kind: str) -> None:
        self.labels[row["transaction_id"], row["source_id"], row["line"]] = kind


def rounded(amount: Decimal | int, currency: str) -> Decimal:
    """Round to the currency's minor unit."""
    return Decimal(amount).quantize(Decimal(1).scaleb(-minor_unit(currency)))


def _sign(direction: str) -> int:
    return 1 if direction == "CREDIT" else -1


def tenfold(plot: Plot) -> None:
    row = plot.pick()
    plot.change(row, row["amount"] * 10, "tenfold")


def repeat(plot: Plot) -> None:
    row = plot.pick()
    plot.insert(
        row, row["logged_at"] + timedelta(seconds=plot.random.uniform(2, 30)), row["amount"], "repeat"
    )


def night_gift(plot: Plot) -> None:
    row = plot.pick()
    action = plot.random.choice([a for a in GIFTS if plot.amounts(row["currency"], [a])] or ["CX_GIFT"])
    usual = plot.amounts(row["currency"], [action]) or [Decimal(50)]
    largest = Decimal(100) if minor_unit(row["currency"]) > 2 else Decimal(1000)
    midnight = row["logged_at"].replace(hour=0, minute=0, second=0)
    at = midnight + timedelta(minutes=plot.random.uniform(-60, 120))  # 02:00 to 05:00 in UTC+3
    words = {"type": "CREDIT", "action": action, "source_kind": "MANUAL_ADDITION"}
    plot.insert(row, at, min(plot.random.choice(usual), largest), "night_gift", **words)


def multiple_of_own(plot: Plot) -> None:
    row = plot.pick(least_history=12)
    factor = Decimal(str(round(plot.random.uniform(3, 5), 2)))
    plot.change(row, rounded(row["amount"] * factor, row["currency"]), "multiple_of_own")


def tenth(plot: Plot) -> None:
    row = plot.pick()
    plot.change(row, rounded(row["amount"] / 10, row["currency"]), "tenth")


def refund(plot: Plot) -> None:
    row = plot.pick()
    debits = [r["amount"] for r in plot.chain(row) if r["type"] == "DEBIT"] or [row["amount"]]
    at = row["logged_at"] + timedelta(hours=plot.random.uniform(8, 20))
    words = {"type": "CREDIT", "action": "DELIVERY_CANCELLATION", "source_kind": "REFUND"}
    plot.insert(row, at, debits[len(debits) // 2] * plot.random.randint(8, 20), "refund", **words)


def burst(plot: Plot) -> None:
    row = plot.pick()
    start = row["logged_at"] + timedelta(hours=plot.random.uniform(8, 20))
    words = {"type": "CREDIT", "action": "COMPENSATION", "source_kind": "MANUAL_ADDITION"}
    for place in range(3):
        factor = Decimal(str(round(plot.random.uniform(0.5, 1.5), 2)))
        at = start + timedelta(seconds=40 * place + plot.random.uniform(0, 20))
        plot.insert(row, at, rounded(row["amount"] * factor, row["currency"]), "burst", **words)


Plant = Callable[[Plot], None]
TUNING: tuple[Plant, ...] = (tenfold, repeat, night_gift, multiple_of_own)
HELD_BACK: tuple[Plant, ...] = (tenth, refund, burst)


def planted(rows: Sequence[Row], kinds: Sequence[Plant], *, transactions: int, seed: int) -> Plot:
    """Plant the kinds in turn until at least so many transactions are planted."""
    plot = Plot(rows, seed)
    place = 0
    while len(plot.labels) < transactions:
        kinds[place % len(kinds)](plot)
        place += 1
    return plot
