"""What decisions came to in a run, as its database has it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from balance_sync.arrow_rows import rows_of
from balance_sync.feedback.statements import Decision

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PRECISION_DECIMALS = 4


@dataclass(frozen=True)
class FeedbackTotals:
    """The decisions in figures.

    Parameters
    ----------
    decided
        How many findings of the run have each decision, those that were set aside left out.
    entries, head, expired, over_cap, daily_cap, ranking_ignored, set_aside, listed, reviewed, confirmed
        As in the table `feedback_totals`.
    """

    decided: tuple[tuple[Decision, int], ...]
    entries: int = 0
    head: str = ""
    expired: int = 0
    over_cap: int = 0
    daily_cap: int = 0
    ranking_ignored: bool = False
    set_aside: int = 0
    listed: int = 0
    reviewed: int = 0
    confirmed: int = 0

    @property
    def findings(self) -> int:
        """How many findings are decided."""
        return sum(count for _, count in self.decided)

    @property
    def precision(self) -> Decimal | None:
        """Which part of what was reviewed of the detector's list was confirmed; `None` before any was."""
        if not self.reviewed:
            return None
        return round(Decimal(self.confirmed) / self.reviewed, _PRECISION_DECIMALS)

    def as_json(self) -> dict[str, Any]:
        """Return the figures for programs."""
        return {
            "entries": self.entries,
            "head": self.head,
            "decided": {str(decision): count for decision, count in self.decided},
            "set_aside": self.set_aside,
            "expired": self.expired,
            "over_cap": self.over_cap,
            "daily_cap": self.daily_cap,
            "ranking_ignored": self.ranking_ignored,
            "review": {
                "listed": self.listed,
                "reviewed": self.reviewed,
                "confirmed": self.confirmed,
                "precision": None if self.precision is None else str(self.precision),
            },
        }


def read_totals(connection: DuckDBPyConnection) -> FeedbackTotals:
    """Read the figures of a run; all are 0 where none were recorded."""
    counts = dict(
        connection.execute(
            "SELECT decision, count(*) FROM decisions WHERE NOT set_aside GROUP BY decision"
        ).fetchall()
    )
    decided = tuple((decision, counts.get(decision, 0)) for decision in Decision)
    rows = rows_of(connection.sql("FROM feedback_totals"))
    return FeedbackTotals(decided, **rows[0]) if rows else FeedbackTotals(decided)
