"""What a report says, once: small figures as typed rows, large tables as sections to stream.

Every format is written from this, so two formats of one run cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from balance_sync.reports.context import ReportContext, RuleRun
from balance_sync.reports.queries import iter_frames, read_rows, report_sql
from balance_sync.schema import Outcome, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from duckdb import DuckDBPyConnection

ANOMALY_RULE = "anomaly"
"""The rule whose findings are the detector's, shown with their reasons in a section of their own."""

RULES_BEHIND_CHECKS = {
    "continuity_explained": {"continuity", "lost_update"},
    "arithmetic_explained": {"arithmetic"},
}
"""Control totals that hold only where these rules ran."""


@dataclass(frozen=True)
class Totals:
    """How much was read, and what came of it. Times are UTC, `None` where nothing was read."""

    sources: int
    size_bytes: int
    text_bytes: int
    events: int
    repeated_events: int
    transactions: int
    sync_errors: int
    messages: int
    invocations: int
    users: int
    rejects: int
    findings: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True)
class OutcomeCount:
    """Messages that ended in one way."""

    outcome: str
    messages: int


@dataclass(frozen=True)
class AmountSum:
    """What was logged as moved, of one currency and type (either `None` where unstated)."""

    currency: str | None
    type: str | None
    transactions: int
    amount: Decimal
    vat: Decimal


@dataclass(frozen=True)
class CurrencyScale:
    """Decimals and tolerance of a currency; the empty code stands for an unstated one."""

    currency: str
    minor_unit: int
    tolerance: Decimal
    transactions: int


@dataclass(frozen=True)
class SourceStatus:
    """Sources whose reading went one way."""

    status: str | None
    sources: int
    size_bytes: int
    text_bytes: int
    events: int


@dataclass(frozen=True)
class RuleFindings:
    """What one rule found, and which columns its findings fill. Days are business days."""

    rule: str
    version: int
    severity: str
    findings: int
    subscribers: int
    first_day: date | None
    last_day: date | None
    worst_day: date | None
    worst_day_findings: int | None
    has_user: bool
    has_currency: bool
    has_wallets: bool
    has_expected: bool
    has_actual: bool
    has_difference: bool
    has_transaction: bool


@dataclass(frozen=True)
class WeekFindings:
    """Findings of one severity in the week that starts on the Monday `week`."""

    week: date
    severity: str
    findings: int


@dataclass(frozen=True)
class ExposurePoint:
    """What overdrawn balances of a wallet and currency add up to (≤ 0) from the end of `day` on."""

    wallet: str
    currency: str | None
    minor_unit: int
    day: date
    exposure: Decimal


@dataclass(frozen=True)
class RollForwardTotal:
    """The roll-forward of all subscribers of a currency; `overdrawn` sums the closings below zero."""

    currency: str | None
    minor_unit: int
    subscribers: int
    transactions: int
    opening: Decimal
    credits: Decimal
    debits: Decimal
    unexplained_continuity: Decimal
    unexplained_arithmetic: Decimal
    rounding: Decimal
    closing: Decimal
    overdrawn: Decimal
    overdrawn_subscribers: int


@dataclass(frozen=True)
class ControlTotal:
    """Two figures that must be equal, reached on two ways."""

    place: int
    name: str
    currency: str | None
    stated: Decimal
    calculated: Decimal

    @property
    def holds(self) -> bool:
        """Whether the two figures are equal, to the last digit."""
        return self.stated == self.calculated


@dataclass(frozen=True)
class Exposure:
    """One of the largest open episodes of a rule, wallet and currency, and how many there are in all."""

    rule: str
    severity: str
    wallet: str | None
    currency: str
    minor_unit: int
    user_id: str | None
    first_day: date | None
    last_day: date | None
    findings: int
    worst: Decimal | None
    amount_at_risk: Decimal
    open_episodes: int
    total_at_risk: Decimal


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
    exposures
        The five largest open episodes of each rule, wallet and currency.
    rows
        Number of rows of each section that `frames` streams, of findings by rule.
    """

    context: ReportContext
    totals: Totals
    outcomes: tuple[OutcomeCount, ...]
    amounts: tuple[AmountSum, ...]
    currencies: tuple[CurrencyScale, ...]
    source_statuses: tuple[SourceStatus, ...]
    rules: tuple[RuleResult, ...]
    weeks: tuple[WeekFindings, ...]
    overdraft_days: tuple[ExposurePoint, ...]
    roll_forward: tuple[RollForwardTotal, ...]
    control_totals: tuple[ControlTotal, ...]
    exposures: tuple[Exposure, ...]
    rows: dict[str, int]
    connection: DuckDBPyConnection = field(repr=False, compare=False)

    def frames(self, section: str, **parameters: object) -> Iterator[pl.DataFrame]:
        """Stream a section (a query of ``sql/reports``) in order; one stream at a time."""
        return iter_frames(self.connection, section, parameters)

    @property
    def broken_totals(self) -> tuple[ControlTotal, ...]:
        """The control totals that do not add up."""
        return tuple(total for total in self.control_totals if not total.holds)


def build_report_data(connection: DuckDBPyConnection, context: ReportContext) -> ReportData:
    """Ask the finished run's database for everything that a report says, but for the sections' rows."""
    zone = context.timezone
    _stand_in_for_the_detector(connection)
    (totals,) = read_rows(connection, "totals", Totals)
    found = read_rows(connection, "findings_by_rule", RuleFindings, timezone=zone)
    outcomes = {row.outcome: row.messages for row in read_rows(connection, "outcomes", OutcomeCount)}
    names = [*Outcome, *sorted(set(outcomes) - set(Outcome))]
    return ReportData(
        context=context,
        totals=totals,
        outcomes=tuple(OutcomeCount(str(name), outcomes.get(name, 0)) for name in names),
        amounts=read_rows(connection, "amounts", AmountSum),
        currencies=read_rows(connection, "currencies", CurrencyScale),
        source_statuses=read_rows(connection, "source_statuses", SourceStatus),
        rules=_results(context.rules, found),
        weeks=read_rows(connection, "findings_by_week", WeekFindings, timezone=zone),
        overdraft_days=read_rows(connection, "overdrafts_by_day", ExposurePoint, timezone=zone),
        roll_forward=read_rows(connection, "roll_forward_totals", RollForwardTotal),
        control_totals=_control_totals(connection, context, totals),
        exposures=read_rows(connection, "exposures", Exposure, cap=5),
        rows=_section_rows(connection),
        connection=connection,
    )


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


def _control_totals(
    connection: DuckDBPyConnection, context: ReportContext, totals: Totals
) -> tuple[ControlTotal, ...]:
    """Return the totals of the database that apply, and those between the database and the run."""
    ran = {run.rule for run in context.rules}
    counted = sum(run.findings for run in context.rules)
    extra = [ControlTotal(8, "findings_by_rule", None, Decimal(counted), Decimal(totals.findings))]
    if context.event_kinds:
        kinds = sum(count for _, count in context.event_kinds)
        extra.insert(0, ControlTotal(0, "events_by_kind", None, Decimal(totals.events), Decimal(kinds)))
    stored = [
        total
        for total in read_rows(connection, "control_totals", ControlTotal)
        if RULES_BEHIND_CHECKS.get(total.name, set()) <= ran
    ]
    return tuple(sorted([*stored, *extra], key=lambda total: (total.place, total.currency or "")))


def _stand_in_for_the_detector(connection: DuckDBPyConnection) -> None:
    """Give this session empty tables of anomalies where the detector did not run."""
    tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "anomalies" not in tables:
        connection.execute(report_sql("no_anomalies"))


def _section_rows(connection: DuckDBPyConnection) -> dict[str, int]:
    tables = ("ledger", "episodes", "anomalies", "roll_forward", "rejects", "sources")
    counts: dict[str, int] = {}
    for table in tables:
        row = connection.table(table).aggregate("count(*)").to_arrow_table().column(0)[0]
        counts[table] = row.as_py()
    return counts
