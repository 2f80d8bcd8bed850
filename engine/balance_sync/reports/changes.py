"""What became of the findings of earlier runs, from new to resolved: each is one of `Change`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from balance_sync.reports.queries import read_rows, report_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from balance_sync.reports.context import ReportContext


class Change(StrEnum):
    """What a finding is, compared with earlier runs."""

    NEW = "new"
    """In this run and in none before."""
    REOPENED = "reopened"
    """In this run, not in the one before, and in one before that."""
    CHANGED = "changed"
    """In this run and the one before, with another difference."""
    PERSISTING = "persisting"
    """In this run and the one before, the same."""
    SET_ASIDE = "set_aside"
    """In the run before, and kept from being flagged here by a decision: nothing about it has changed."""
    RESOLVED = "resolved"
    """In the run before and no longer here, though its log and its rule are."""
    NOT_JUDGED = "not_judged"
    """In the run before, and this run could not find it: its rule did not run, its log is not among the
    sources, or its time is outside the period."""


@dataclass(frozen=True)
class EarlierRun:
    """A run to compare with.

    Parameters
    ----------
    name
        What it was called: the path of its database.
    run_id, version
        As that run recorded them.
    last_at
        Time of the last event of its archive, in UTC.
    findings
        Columns of the table ``findings``, a row each.
    """

    name: str
    run_id: str
    version: str
    last_at: datetime | None
    findings: pa.Table


@dataclass(frozen=True)
class ChangeCount:
    """Findings of one rule, currency and kind of change; `amount` sums the sizes of their differences.

    `None` for conditions, which are found again every night, and where there are no differences.
    """

    change: str
    rule: str
    severity: str
    currency: str | None
    minor_unit: int
    findings: int
    subscribers: int
    amount: Decimal | None


@dataclass(frozen=True)
class Comparison:
    """A run beside earlier ones.

    Parameters
    ----------
    earlier
        The runs compared with, oldest first; the last one is the run before.
    counts
        In the order of `Change`, then worst severity first.
    """

    earlier: tuple[EarlierRun, ...]
    counts: tuple[ChangeCount, ...]

    def total(self, change: Change) -> int:
        """Return how many findings changed in that way."""
        return sum(count.findings for count in self.counts if count.change == change)


def compare(
    connection: DuckDBPyConnection, context: ReportContext, earlier: Sequence[EarlierRun]
) -> Comparison:
    """Compare the findings of a run with those of `earlier` ones, and fill the temporary table ``changes``.

    Parameters
    ----------
    connection
        A session on the finished run's database.
    earlier
        At least one, oldest first.
    """
    *before_that, latest = earlier
    _fill(connection, "latest_findings", [latest.findings])
    _fill(connection, "seen_before", [run.findings.select(["finding_id"]) for run in before_that])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE changes AS\n{report_sql('compared_findings')}",
        {"rules": [run.rule for run in context.rules], "since": context.since, "until": context.until},
    )
    return Comparison(tuple(earlier), read_rows(connection, "change_counts", ChangeCount))


def _fill(connection: DuckDBPyConnection, name: str, tables: Sequence[pa.Table]) -> None:
    import pyarrow as pa

    rows = pa.concat_tables(tables) if tables else pa.table({"finding_id": pa.array([], pa.string())})
    connection.register("earlier_rows", rows)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT DISTINCT * FROM earlier_rows")  # noqa: S608
    connection.unregister("earlier_rows")
