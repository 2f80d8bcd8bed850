"""What a report says, once: small figures as typed rows, large tables as sections to stream.

Every format is written from this, so two formats of one run cannot disagree.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.feedback.totals import FeedbackTotals, read_totals
from balance_sync.reports.changes import Change, Comparison, EarlierRun, compare
from balance_sync.reports.context import ReportContext, RuleRun
from balance_sync.reports.control_totals import read_control_totals
from balance_sync.reports.figures import (
    AgedFindings,
    AmountSum,
    CompletenessTotal,
    ControlTotal,
    CurrencyScale,
    DetectorTotals,
    Exposure,
    ExposurePoint,
    FeatureDrift,
    GapPoint,
    OpenCondition,
    OutcomeCount,
    RollForwardTotal,
    RuleFindings,
    SourceStatus,
    Totals,
    WeekFindings,
)
from balance_sync.reports.queries import iter_frames, read_rows, report_sql
from balance_sync.vocabulary import Outcome, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import polars as pl
    from duckdb import DuckDBPyConnection

ANOMALY_RULE = "anomaly"
"""The rule whose findings are the detector's, shown with their reasons in a section of their own."""

_HASHED_AT_ONCE = 65_536


@dataclass(frozen=True)
class RuleResult:
    """A rule that ran, with what it found; `found` is `None` where it found nothing."""

    run: RuleRun
    found: RuleFindings | None

    @property
    def findings(self) -> int:
        """Number of findings in the database."""
        return self.found.findings if self.found else 0


@dataclass(frozen=True)
class ReportData:
    """Everything a report says.

    Parameters
    ----------
    rules
        Every rule that ran, worst severity first, then by name.
    ages
        Worst severity first, then by rule and currency.
    as_of
        The last business day of the report, which ages count back from: that before the end of the period
        asked for, or of the last event. `None` where there is none.
    weeks, overdraft_days, gap_days
        What charts show; none where they were not asked for.
    exposures
        The five largest open episodes of each rule, wallet and currency.
    changes
        What became of earlier findings, where earlier runs were given.
    manifest_sha256
        Hash of what a sign-off covers: the run, its inputs with their contents, and all findings.
    rows
        Number of rows of each section that `frames` streams, of findings by rule.
    feedback
        What people's decisions came to.
    drift
        Against a kept model, where one was used; most first.
    """

    context: ReportContext
    totals: Totals
    outcomes: tuple[OutcomeCount, ...]
    amounts: tuple[AmountSum, ...]
    currencies: tuple[CurrencyScale, ...]
    source_statuses: tuple[SourceStatus, ...]
    completeness: tuple[CompletenessTotal, ...]
    rules: tuple[RuleResult, ...]
    weeks: tuple[WeekFindings, ...]
    overdraft_days: tuple[ExposurePoint, ...]
    gap_days: tuple[GapPoint, ...]
    roll_forward: tuple[RollForwardTotal, ...]
    control_totals: tuple[ControlTotal, ...]
    exposures: tuple[Exposure, ...]
    open_conditions: tuple[OpenCondition, ...]
    ages: tuple[AgedFindings, ...]
    as_of: date | None
    changes: Comparison | None
    manifest_sha256: str
    rows: dict[str, int]
    feedback: FeedbackTotals
    detector: DetectorTotals
    drift: tuple[FeatureDrift, ...]
    connection: DuckDBPyConnection = field(repr=False, compare=False)

    def frames(self, section: str, **parameters: object) -> Iterator[pl.DataFrame]:
        """Stream a section (a query of ``sql/reports``) in order; one stream at a time."""
        return iter_frames(self.connection, section, parameters)

    def shows(self, section: str) -> bool:
        """Return whether a section (of `Section`) is part of the report."""
        return section in self.context.sections

    def most(self, rows: int) -> int:
        """Return how many rows a table shows that would show so many."""
        most = self.context.most_rows
        return rows if most is None else min(rows, most)

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """From when to when the report's figures are: the archive's events, within what was asked for."""
        first, last = self.totals.first_at, self.totals.last_at
        since, until = self.context.since, self.context.until
        begin = max(first, since) if first and since else first
        end = min(last, until) if last and until else last
        return (begin, end) if begin is None or end is None or begin <= end else (None, None)

    @property
    def broken_totals(self) -> tuple[ControlTotal, ...]:
        """The control totals that do not add up."""
        return tuple(total for total in self.control_totals if not total.holds)


def build_report_data(
    connection: DuckDBPyConnection,
    context: ReportContext,
    earlier: Sequence[EarlierRun] = (),
    *,
    charts: bool = True,
) -> ReportData:
    """Ask the finished run's database for everything that a report says, but for the sections' rows.

    Parameters
    ----------
    earlier
        Runs to compare with, oldest first.
    charts
        Whether the courses by day and week are asked for, which nothing but charts shows.
    """
    zone = context.timezone
    _stand_in_for_the_detector(connection)
    (totals,) = read_rows(connection, "totals", Totals)
    found = read_rows(connection, "findings_by_rule", RuleFindings, timezone=zone)
    as_of = _last_day(context, totals)
    changes = compare(connection, context, earlier) if earlier else None
    return ReportData(
        context=context,
        totals=totals,
        outcomes=_outcomes(connection),
        amounts=read_rows(connection, "amounts", AmountSum),
        currencies=read_rows(connection, "currencies", CurrencyScale),
        source_statuses=read_rows(connection, "source_statuses", SourceStatus),
        completeness=read_rows(connection, "completeness_totals", CompletenessTotal),
        rules=_results(context.rules, found),
        weeks=read_rows(connection, "findings_by_week", WeekFindings, timezone=zone) if charts else (),
        overdraft_days=read_rows(connection, "overdrafts_by_day", ExposurePoint, timezone=zone)
        if charts
        else (),
        gap_days=read_rows(connection, "gaps_by_day", GapPoint, timezone=zone) if charts else (),
        roll_forward=read_rows(connection, "roll_forward_totals", RollForwardTotal),
        control_totals=read_control_totals(connection, context, totals),
        exposures=read_rows(connection, "exposures", Exposure, cap=5),
        open_conditions=read_rows(connection, "open_conditions", OpenCondition),
        ages=read_rows(connection, "aged_findings", AgedFindings, timezone=zone, as_of=as_of),
        as_of=as_of,
        changes=changes,
        manifest_sha256=context.manifest_sha256 or manifest_hash(connection, context.run_id),
        rows=_section_rows(connection, changes),
        feedback=read_totals(connection),
        detector=read_rows(connection, "detector", DetectorTotals)[0],
        drift=read_rows(connection, "drift", FeatureDrift),
        connection=connection,
    )


def _outcomes(connection: DuckDBPyConnection) -> tuple[OutcomeCount, ...]:
    """Return how many messages had each outcome, those that none had included."""
    counts = {row.outcome: row.messages for row in read_rows(connection, "outcomes", OutcomeCount)}
    names = [*Outcome, *sorted(set(counts) - set(Outcome))]
    return tuple(OutcomeCount(str(name), counts.get(name, 0)) for name in names)


def _results(ran: tuple[RuleRun, ...], found: tuple[RuleFindings, ...]) -> tuple[RuleResult, ...]:
    by_rule = {row.rule: row for row in found}
    known = {run.rule for run in ran}
    # Findings that no rule of the run accounts for are shown all the same; a control total tells of them.
    extra = [
        RuleRun(row.rule, row.version, row.severity, row.rule, "", "", 0)
        for row in found
        if row.rule not in known
    ]
    results = [RuleResult(run, by_rule.get(run.rule)) for run in (*ran, *extra)]
    return tuple(sorted(results, key=lambda one: (-Severity(one.run.severity).rank, one.run.rule)))


def _stand_in_for_the_detector(connection: DuckDBPyConnection) -> None:
    """Give this session empty tables of anomalies where the detector did not run."""
    tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "anomalies" not in tables:
        connection.execute(report_sql("no_anomalies"))
    # A database of an earlier version has no table of these either.
    if "unusual_nights" not in tables:
        connection.execute(report_sql("no_periods"))


def _last_day(context: ReportContext, totals: Totals) -> date | None:
    moment = context.until - timedelta(microseconds=1) if context.until else totals.last_at
    return moment.astimezone(ZoneInfo(context.timezone)).date() if moment else None


def manifest_hash(connection: DuckDBPyConnection, run_id: str) -> str:
    """Return the SHA-256 of a run, its inputs with their contents, and all its findings, a line each.

    It is taken here: DuckDB would hold all lines of an ordered aggregate at once, and cannot spill them. Nor
    is one query of all: sorting long rows and short ones together, DuckDB believes that they fit into memory
    where they do not.
    """
    digest = hashlib.sha256(run_id.encode())
    for name in ("manifest_sources", "manifest_findings"):
        for frame in iter_frames(connection, name, {}, batch_rows=_HASHED_AT_ONCE):
            digest.update(b"\n" + frame["line"].str.join("\n").item().encode())
    return digest.hexdigest()


def _section_rows(connection: DuckDBPyConnection, changes: Comparison | None) -> dict[str, int]:
    tables = (
        *("ledger", "episodes", "anomalies", "anomalies_set_aside", "roll_forward", "rejects", "sources"),
        *("completeness", "unusual_nights", "change_points"),
    )
    counts: dict[str, int] = {}
    if changes:
        counts["changes"] = sum(changes.total(one) for one in Change if one is not Change.PERSISTING)
    for table in tables:
        row = connection.table(table).aggregate("count(*)").to_arrow_table().column(0)[0]
        counts[table] = row.as_py()
    return counts
