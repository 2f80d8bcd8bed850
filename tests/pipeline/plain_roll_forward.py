"""Rolls balances forward by hand, from the records and the findings alone, and says where it does not add up.

Nothing here comes from the product's ledger: the chain is followed again in plain Python, with decimals of 60
digits, as DESIGN's words have it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields
from decimal import Decimal, localcontext
from typing import Any

Account = tuple[str, str | None]
"""Subscriber and currency."""

_GAPS = {"continuity", "lost_update"}
_ZERO = Decimal(0)


@dataclass
class Rolled:
    """The roll-forward of an account."""

    opening: Decimal
    closing: Decimal = _ZERO
    credits: Decimal = _ZERO
    debits: Decimal = _ZERO
    rounding: Decimal = _ZERO
    unexplained_continuity: Decimal = _ZERO
    unexplained_arithmetic: Decimal = _ZERO
    transactions: int = 0
    places: set[tuple[str, int]] = field(default_factory=set)

    def difference(self) -> Decimal:
        """Return what is missing between opening and closing; nothing may be."""
        moved = self.opening + self.credits - self.debits + self.rounding
        return self.closing - moved - self.unexplained_continuity - self.unexplained_arithmetic


def roll_forward(tables: dict[str, list[dict[str, Any]]]) -> dict[Account, Rolled]:
    """Roll every account of the records forward, what is unexplained taken from the findings."""
    tolerances = {row["currency"]: row["tolerance"] for row in tables["currencies"]}
    with localcontext(prec=60):
        rolled = {
            account: _roll(chain, tolerances[account[1] or ""])
            for account, chain in _chains(tables["transactions"]).items()
        }
        for row in tables["findings"]:
            own = rolled.get((row["user_id"], row["currency"]))
            if own is None:
                continue
            if row["rule"] in _GAPS:
                own.unexplained_continuity += row["difference"]
            elif row["rule"] == "arithmetic" and (row["source_id"], row["line"]) in own.places:
                own.unexplained_arithmetic += row["difference"]
    return rolled


def complaints(tables: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say where an account does not add up, or the product's table says otherwise."""
    told = {(row["user_id"], row["currency"]): row for row in tables["roll_forward"]}
    rolled = roll_forward(tables)
    found = [f"{account} is in one of the two alone" for account in set(told) ^ set(rolled)]
    names = [one.name for one in fields(Rolled) if one.name != "places"]
    with localcontext(prec=60):
        for account, own in rolled.items():
            if own.difference():
                found.append(f"{account} is off by {own.difference()}")
            found += [
                f"{account} {name}: {told[account][name]}, should be {getattr(own, name)}"
                for name in names
                if account in told and told[account][name] != getattr(own, name)
            ]
    return found


def _chains(transactions: list[dict[str, Any]]) -> dict[Account, list[dict[str, Any]]]:
    """Return the applied transactions of each account, in the order that they were applied in."""
    chains = defaultdict(list)
    seen = set()
    for row in sorted(transactions, key=lambda row: (row["logged_at"], row["source_id"], row["line"])):
        if row["outcome"] in ("rejected_negative", "failed"):
            continue
        stated = tuple(
            row[name] for name in ("transaction_id", "user_id", "currency", "old_balance", "new_balance")
        )
        if row["transaction_id"] is not None and stated in seen:
            continue
        seen.add(stated)
        if None not in (row["user_id"], row["old_balance"], row["new_balance"]):
            chains[row["user_id"], row["currency"]].append(row)
    for chain in chains.values():
        chain.sort(key=lambda row: (row["logged_at"], row["transaction_id"], row["source_id"], row["line"]))
    return chains


def _roll(chain: list[dict[str, Any]], tolerance: Decimal) -> Rolled:
    rolled = Rolled(chain[0]["old_balance"], chain[-1]["new_balance"], transactions=len(chain))
    last = chain[0]["old_balance"]
    for row in chain:
        net = (row["amount"] or _ZERO) - (row["vat"] or _ZERO)
        old, new = row["old_balance"], row["new_balance"]
        credit = _is_credit(row["type"], old, net, new, tolerance)
        rolled.credits += net if credit else _ZERO
        rolled.debits += _ZERO if credit else net
        for off in (old - last, new - (old + net if credit else old - net)):
            rolled.rounding += off if abs(off) <= tolerance else _ZERO
        rolled.places.add((row["source_id"], row["line"]))
        last = new
    return rolled


def _is_credit(kind: str | None, old: Decimal, net: Decimal, new: Decimal, tolerance: Decimal) -> bool:
    if kind in ("CREDIT", "DEBIT"):
        return kind == "CREDIT"
    as_credit, as_debit = abs(old + net - new), abs(old - net - new)
    if min(as_credit, as_debit) > tolerance:
        return new > old
    return as_credit <= as_debit
