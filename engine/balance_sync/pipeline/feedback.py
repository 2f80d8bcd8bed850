"""The decisions of people in a run: read before it, weighed by its archive, recorded in its database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from balance_sync.arrow_rows import rows_of
from balance_sync.config import RunOptions, read_zone

if TYPE_CHECKING:
    from datetime import date, datetime

    from duckdb import DuckDBPyConnection

    from balance_sync.feedback.standing import Standing
    from balance_sync.feedback.statements import Entry
    from balance_sync.feedback.totals import FeedbackTotals


@dataclass(frozen=True, slots=True)
class Feedback:
    """The decisions that a run begins with.

    Attributes
    ----------
    entries
        All of them, in order.
    head
        The hash that stands for them; "" for none.
    """

    entries: tuple[Entry, ...]
    head: str

    def option(self, options: RunOptions) -> tuple[str, str]:
        """Return what decides results, as an option of the run: another decision makes another run."""
        ignored = " (not in the ranking)" if self.entries and options.ignore_feedback else ""
        return ("feedback", f"{self.head[:16]}{ignored}")


def read_feedback(options: RunOptions) -> Feedback:
    """Read the decisions of `options`; none where there is no such file.

    Raises
    ------
    InputError, ResourceError
        The file cannot be read, or is not what was written.
    """
    from balance_sync.feedback.journal import Journal, head_of

    entries = Journal(options.feedback_path).entries()
    return Feedback(entries, head_of(entries))


def weigh_feedback(connection: DuckDBPyConnection, feedback: Feedback, options: RunOptions) -> Standing:
    """Say which decisions count on the last business day of the archive, or of the chosen period."""
    from balance_sync.feedback.standing import daily_cap, weigh

    as_of = _last_day(connection, options)
    return weigh(feedback.entries, as_of=as_of, cap=daily_cap(options.review_budget))


def record_feedback(
    connection: DuckDBPyConnection, feedback: Feedback, standing: Standing, options: RunOptions
) -> FeedbackTotals:
    """Record in the run's database what was decided about its findings, and return what it comes to."""
    from balance_sync.feedback.publish import record_feedback as record
    from balance_sync.feedback.standing import daily_cap
    from balance_sync.feedback.totals import read_totals

    record(
        connection,
        feedback.entries,
        standing,
        review_budget=options.review_budget,
        daily_cap=daily_cap(options.review_budget),
        ranking_ignored=options.ignore_feedback,
    )
    return read_totals(connection)


def _last_day(connection: DuckDBPyConnection, options: RunOptions) -> date | None:
    """Return the business day of the last event: results must not depend on the day of the run."""
    (found,) = rows_of(connection.sql("SELECT max(last_at) AS last_at FROM sources"))
    last_at = found["last_at"]
    if last_at is None:
        return None
    # The period ends before `until`.
    end: datetime = min(last_at, options.until - timedelta(microseconds=1)) if options.until else last_at
    return end.astimezone(read_zone(options.timezone)).date()
