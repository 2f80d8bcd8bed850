"""``summary.json``: the run in figures, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from balance_sync.reports.cells import first_rows
from balance_sync.reports.changes import Change
from balance_sync.reports.labels import COMPLETENESS
from balance_sync.reports.phrases import plain_decimal, utc_time

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from balance_sync.reports.changes import Comparison
    from balance_sync.reports.data import ReportData


STRONGEST = 20
"""Unusual nights and change points that the summary holds; the tables hold all."""


def build_summary(data: ReportData) -> dict[str, Any]:
    """Return the summary: money as text with all its digits, times in UTC, wall-clock times included."""
    context, totals = data.context, data.totals
    return {
        "run_id": context.run_id,
        "version": context.version,
        "timezone": context.timezone,
        "pseudonymised": context.pseudonymised,
        "manifest_sha256": data.manifest_sha256,
        "first_at": _time(totals.first_at),
        "last_at": _time(totals.last_at),
        "since": _time(context.since),
        "until": _time(context.until),
        "sources": totals.sources,
        "source_statuses": {row.status or "": row.sources for row in data.source_statuses},
        "size_bytes": totals.size_bytes,
        "bytes": totals.text_bytes,
        "events": totals.events,
        "repeated_events": totals.repeated_events,
        "event_kinds": dict(context.event_kinds),
        "transactions": totals.transactions,
        "sync_errors": totals.sync_errors,
        "messages": totals.messages,
        "invocations": totals.invocations,
        "outcomes": {row.outcome: row.messages for row in data.outcomes},
        "users": totals.users,
        "rejects": totals.rejects,
        "completeness": dict.fromkeys(COMPLETENESS, 0) | {row.kind: row.cases for row in data.completeness},
        "findings": {run.rule: run.findings for run in sorted(context.rules, key=lambda run: run.rule)},
        "findings_by_severity": _by_severity(data),
        "rules": [
            {"rule": run.rule, "version": run.version, "severity": run.severity, "sha256": run.sha256}
            for run in sorted(context.rules, key=lambda run: run.rule)
        ],
        "feedback": data.feedback.as_json(),
        "ranking": {
            **asdict(data.detector),
            "drift": [{**asdict(one), "psi": str(one.psi)} for one in data.drift],
        },
        "unusual_nights": _strongest(data, "unusual_nights"),
        "change_points": _strongest(data, "change_points"),
        **_money(data),
        **_aged(data),
        **({"changes": _changes(data.changes)} if data.changes else {}),
        "inputs": list(context.inputs),
        "options": dict(context.options),
        "started_at": _time(context.started_at),
        "finished_at": _time(context.finished_at),
        "elapsed_s": context.elapsed_s,
    }


def write_summary(path: Path, data: ReportData) -> None:
    """Write the summary to `path` as JSON, its keys in a fixed order."""
    text = json.dumps(build_summary(data), indent=2, ensure_ascii=True, allow_nan=False)
    path.write_text(text + "\n", encoding="ascii")


def _strongest(data: ReportData, section: str) -> dict[str, Any]:
    """Return how many rows a section has, and the first of them, all values as JSON has them."""
    rows = [
        {name: _plain(value) for name, value in row.items() if name != "minor_unit"}
        for row in first_rows(data.frames(section), STRONGEST)
    ]
    return {"count": data.rows[section], "strongest": rows}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return plain_decimal(value)
    return str(value) if isinstance(value, date) else value


def _by_severity(data: ReportData) -> dict[str, int]:
    counts = {"critical": 0, "error": 0, "warning": 0, "info": 0}
    for result in data.rules:
        counts[result.run.severity] += result.findings
    return counts


def _money(data: ReportData) -> dict[str, Any]:
    return {
        "amounts": [
            {
                "currency": row.currency,
                "type": row.type,
                "transactions": row.transactions,
                "amount": plain_decimal(row.amount),
                "vat": plain_decimal(row.vat),
            }
            for row in data.amounts
        ],
        "roll_forward": [
            {
                "currency": row.currency,
                "subscribers": row.subscribers,
                "transactions": row.transactions,
                **{
                    name: plain_decimal(getattr(row, name))
                    for name in (
                        *("opening", "credits", "debits", "unexplained_continuity"),
                        *("unexplained_arithmetic", "rounding", "closing", "overdrawn"),
                    )
                },
                "overdrawn_subscribers": row.overdrawn_subscribers,
            }
            for row in data.roll_forward
        ],
        "control_totals": [
            {
                "name": row.name,
                "currency": row.currency,
                "first": plain_decimal(row.stated),
                "second": plain_decimal(row.calculated),
                "holds": row.holds,
            }
            for row in data.control_totals
        ],
    }


def _aged(data: ReportData) -> dict[str, Any]:
    names = ("days_0_to_1", "days_2_to_7", "days_8_to_30", "days_31_to_90", "days_over_90", "undated")
    return {
        "as_of": str(data.as_of) if data.as_of else None,
        "ages": [
            {
                "rule": row.rule,
                "severity": row.severity,
                "currency": row.currency,
                "findings": row.findings,
                "subscribers": row.subscribers,
                "amount_at_risk": plain_decimal(row.amount_at_risk)
                if row.amount_at_risk is not None
                else None,
                **{name: getattr(row, name) for name in names},
            }
            for row in data.ages
        ],
    }


def _changes(changes: Comparison) -> dict[str, Any]:
    return {
        "earlier": [{"run_id": run.run_id, "version": run.version} for run in changes.earlier],
        "totals": {str(change): changes.total(change) for change in Change},
        "counts": [
            {
                "change": row.change,
                "rule": row.rule,
                "severity": row.severity,
                "currency": row.currency,
                "findings": row.findings,
                "subscribers": row.subscribers,
                "amount": None if row.amount is None else plain_decimal(row.amount),
            }
            for row in changes.counts
        ],
    }


def _time(time: datetime | None) -> str | None:
    return utc_time(time) if time else None
