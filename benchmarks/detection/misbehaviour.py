"""Nights on which the job misbehaves and levels that move, planted into rows of transactions, and decoys.

A night is planted by leaving out, repeating or failing what it holds; balances are not followed up, since
nothing that is measured here reads them but the last of a week, which is then moved by a delivery or two.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from benchmarks.detection.planting import Row, rounded

ZONE = ZoneInfo("Asia/Bahrain")
APART = 4
"""Days that planted nights lie apart."""

EDGE = 8
"""Days at either end of the archive that stay as they are."""

_BALANCES = ("old_balance", "new_balance", "payment_balance")


def business_day(row: Row) -> date:
    """Return the business day of a transaction."""
    day: date = row["logged_at"].astimezone(ZONE).date()
    return day


@dataclass
class Stage:
    """Transactions by day and by subscriber, and what was planted among them.

    Attributes
    ----------
    nights
        Kind of each planted night.
    levels
        Kind and the days on which the level moves, of each subscriber with one.
    """

    rows: list[Row]
    random: random.Random
    nights: dict[date, str] = field(default_factory=dict)
    levels: dict[str, tuple[str, tuple[date, ...]]] = field(default_factory=dict)

    def days(self) -> list[date]:
        """Return the business days on which there are transactions, in order."""
        return sorted({business_day(row) for row in self.rows})

    def pick_night(self, kind: str, within: list[date]) -> date:
        """Return a day of those `within` that lies apart from planted ones, and note what it is."""
        free = [day for day in within if all(abs((day - other).days) >= APART for other in self.nights)]
        night = self.random.choice(free)
        self.nights[night] = kind
        return night


def plant_nights(stage: Stage, kinds: Sequence[str] = (), *, within: list[date] | None = None) -> None:
    """Plant one night of each kind, or of these, on weekdays when the job has something to do."""
    counts: dict[date, int] = defaultdict(int)
    for row in stage.rows:
        counts[business_day(row)] += row["type"] == "DEBIT"
    days = stage.days()
    usual = sorted(counts[day] for day in days)[len(days) // 2]
    busy = [day for day in within or days[EDGE:-EDGE] if counts[day] >= usual / 2]
    for kind in kinds or NIGHT_KINDS:
        _NIGHTS[kind](stage, stage.pick_night(kind, busy))


def _leave_out(stage: Stage, night: date, share: float, currency: str | None = None) -> None:
    stage.rows = [
        row
        for row in stage.rows
        if not (
            business_day(row) == night
            and row["type"] == "DEBIT"
            and currency in (None, row["currency"])
            and stage.random.random() < share
        )
    ]


def _skipped(stage: Stage, night: date) -> None:
    _leave_out(stage, night, stage.random.uniform(0.85, 1))


def _half(stage: Stage, night: date) -> None:
    _leave_out(stage, night, stage.random.uniform(0.45, 0.6))


def _one_currency(stage: Stage, night: date) -> None:
    _leave_out(stage, night, 1, "SAR")


def _again(stage: Stage, night: date, share: float) -> None:
    for row in list(stage.rows):
        if business_day(row) == night and row["type"] == "DEBIT" and stage.random.random() < share:
            at = row["logged_at"] + timedelta(minutes=stage.random.uniform(50, 70))
            twin = {**row, "logged_at": at, "transaction_id": f"again-{row['transaction_id']}"}
            twin["line"] = row["line"] + 5_000_000
            stage.rows.append(twin)


def _twice(stage: Stage, night: date) -> None:
    _again(stage, night, 1)


def _partly_twice(stage: Stage, night: date) -> None:
    _again(stage, night, stage.random.uniform(0.1, 0.25))


def _failures(stage: Stage, night: date) -> None:
    share = stage.random.uniform(0.1, 0.2)
    for place, row in enumerate(stage.rows):
        if business_day(row) == night and stage.random.random() < share:
            stage.rows[place] = {**row, "outcome": "failed"}


_NIGHTS = {
    "skipped": _skipped,
    "half": _half,
    "one_currency": _one_currency,
    "twice": _twice,
    "partly_twice": _partly_twice,
    "failures": _failures,
}
NIGHT_KINDS = tuple(_NIGHTS)


def plant_levels(stage: Stage, *, each: int) -> None:
    """Move a level of so many subscribers of each kind, not too near to the ends of what they have."""
    chains: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(stage.rows, key=lambda one: (one["logged_at"], one["transaction_id"])):
        if row["user_id"] is not None and row["type"]:
            chains[row["user_id"]].append(row)
    users = sorted(chains)
    stage.random.shuffle(users)
    for kind in LEVEL_KINDS:
        planted = 0
        while planted < each and users:
            user = users.pop()
            planted += _move_level(stage, chains[user], kind, user)


LEVEL_KINDS = ("spending_up", "spending_down", "spending_month", "balance_up")


def _move_level(stage: Stage, chain: list[Row], kind: str, user: str) -> bool:
    """Move a level of a subscriber, if its history is long enough."""
    spending = sorted({business_day(row) for row in chain if row["type"] == "DEBIT" and row["amount"] > 0})
    if len(spending) < 26 or len({row["currency"] for row in chain}) > 1:
        return False
    least = (spending[0] + timedelta(days=35), spending[-1] - timedelta(days=35))
    if kind == "balance_up" and least[0] > least[1]:
        return False
    days = [day for day in spending[12:-12] if kind != "balance_up" or least[0] <= day <= least[1]]
    if not days:
        return False
    first = stage.random.choice(days)
    after = [day for day in spending if day >= first]
    last = after[17] if kind == "spending_month" and len(after) > 26 else spending[-1]
    if kind == "balance_up":
        _raise_balance(stage, chain, first)
    else:
        factor = {"spending_up": (1.6, 3), "spending_down": (0.3, 0.6)}.get(kind, (2, 3))
        _multiply(chain, first, last, Decimal(str(round(stage.random.uniform(*factor), 2))))
    moves = (first,) if last == spending[-1] else (first, after[18])
    stage.levels[user] = (kind, moves)
    return True


def _multiply(chain: list[Row], first: date, last: date, factor: Decimal) -> None:
    for row in chain:
        if row["type"] == "DEBIT" and first <= business_day(row) <= last:
            row["amount"] = rounded(row["amount"] * factor, row["currency"])


def _raise_balance(stage: Stage, chain: list[Row], first: date) -> None:
    debits = sorted(row["amount"] for row in chain if row["type"] == "DEBIT")
    change = debits[len(debits) // 2] * stage.random.randint(60, 200)
    for row in chain:
        if business_day(row) >= first:
            for balance in _BALANCES:
                row[balance] = None if row[balance] is None else row[balance] + change


def plant_decoys(stage: Stage) -> None:
    """Let 20 subscribers have one day of ten times their debits, and 20 a week of three times."""
    users = sorted({row["user_id"] for row in stage.rows if row["user_id"]} - set(stage.levels))
    days = stage.days()
    for number, user in enumerate(stage.random.sample(users, min(40, len(users)))):
        first = stage.random.choice(days)
        length, factor = (1, 10) if number % 2 else (7, 3)
        for row in stage.rows:
            in_time = first <= business_day(row) < first + timedelta(days=length)
            if row["user_id"] == user and row["type"] == "DEBIT" and in_time:
                row["amount"] *= factor


def thin_season(stage: Stage, since: date, until: date, share: float) -> None:
    """Leave out this share of the debits between two days, as a month of fasting or a feast may."""
    stage.rows = [
        row
        for row in stage.rows
        if not (
            row["type"] == "DEBIT" and since <= business_day(row) < until and stage.random.random() < share
        )
    ]
