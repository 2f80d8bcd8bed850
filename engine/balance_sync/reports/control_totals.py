"""The pairs of figures that must be equal, reached in two ways."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from balance_sync.reports.figures import ControlTotal
from balance_sync.reports.queries import read_rows, report_sql
from balance_sync.vocabulary import OUTSIDE_OF_EVENTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.reports.context import ReportContext
    from balance_sync.reports.figures import Totals

RULES_BEHIND_CHECKS = {
    "continuity_explained": {"continuity", "lost_update"},
    "arithmetic_explained": {"arithmetic"},
}
"""Control totals that hold only where these rules ran."""

_RECORD_KINDS = ("processing", "sync_error", "transaction")
"""Events that are a record each, read or rejected."""


def read_control_totals(
    connection: DuckDBPyConnection, context: ReportContext, totals: Totals
) -> tuple[ControlTotal, ...]:
    """Return the totals of the database that apply, and those between the database and the run, in order."""
    ran = {run.rule for run in context.rules}
    found = sum(run.findings for run in context.rules)
    stored = [
        total
        for total in read_rows(connection, "control_totals", ControlTotal)
        if RULES_BEHIND_CHECKS.get(total.name, set()) <= ran
    ]
    return (
        *_of_bytes(connection, totals),
        *_of_events(connection, context, totals),
        *stored,
        _pair("findings_by_rule", found, totals.findings),
    )


def _of_bytes(connection: DuckDBPyConnection, totals: Totals) -> list[ControlTotal]:
    # Databases of earlier versions do not say it.
    if "event_bytes" not in connection.table("sources").columns:
        return []
    ((within,),) = connection.execute("SELECT coalesce(sum(event_bytes), 0)::BIGINT FROM sources").fetchall()
    return [_pair("bytes_in_events", totals.text_bytes, within)]


def _of_events(connection: DuckDBPyConnection, context: ReportContext, totals: Totals) -> list[ControlTotal]:
    kinds = dict(context.event_kinds)
    if not kinds:
        return []
    by_kind = _pair("events_by_kind", totals.events, sum(kinds.values()))
    # Rejects have no time that could be trusted: all stay, whatever the period.
    if context.since or context.until:
        return [by_kind]
    query = report_sql("rejected_records")
    ((rejected,),) = connection.execute(query, {"outside": list(OUTSIDE_OF_EVENTS)}).fetchall()
    read = totals.transactions + totals.sync_errors + totals.messages
    logged = sum(kinds.get(kind, 0) for kind in _RECORD_KINDS)
    return [by_kind, _pair("records_read_or_rejected", logged, read + rejected)]


def _pair(name: str, stated: int, calculated: int) -> ControlTotal:
    return ControlTotal(name, None, Decimal(stated), Decimal(calculated))
