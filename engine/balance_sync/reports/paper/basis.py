"""What the figures rest on, as it is printed: roll-forward, control totals, what was read, the rules."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from balance_sync.reports.attention import WHOLE_STATUSES
from balance_sync.reports.cells import first_rows
from balance_sync.reports.labels import (
    ADDS_UP,
    COLUMNS,
    CONTROL_TOTALS,
    DOES_NOT_ADD_UP,
    OUTCOMES,
    SEVERITIES,
    SOURCE_STATUSES,
    UNSTATED,
)
from balance_sync.reports.paper import blocks
from balance_sync.reports.paper.words import PRINTED
from balance_sync.reports.phrases import money, plain_decimal
from balance_sync.reports.visible_text import cut

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData

UNREAD_SHOWN = 8
REJECTS_SHOWN = 6
REJECT_TEXT_SHOWN = 200


def roll_forward(data: ReportData) -> list[dict[str, Any]]:
    """Return a statement for each currency, line by line from the opening to the closing balance."""
    names = ("opening", "credits", "debits", "unexplained_continuity", "unexplained_arithmetic", "rounding")
    return [
        {
            "heading": total.currency or UNSTATED,
            "note": PRINTED["subscribers"].format(count=total.subscribers, transactions=total.transactions),
            "lines": [
                [COLUMNS[name], blocks.money(getattr(total, name), total.minor_unit)] for name in names
            ],
            "closing": [COLUMNS["closing"], blocks.money(total.closing, total.minor_unit)],
            "overdrawn": [PRINTED["overdrawn"], blocks.money(total.overdrawn, total.minor_unit)],
        }
        for total in data.roll_forward
    ]


def control_totals(data: ReportData) -> dict[str, Any]:
    """Return the pairs of figures that must be equal, with all their digits."""
    units = {one.currency: one.minor_unit for one in data.currencies}
    rows = []
    for name, group in groupby(data.control_totals, key=lambda one: one.name):
        totals = list(group)
        what, first, second = CONTROL_TOTALS[name]
        for place, total in enumerate(totals):
            unit = units.get(total.currency, 0) if total.currency else 0
            heading = blocks.cell(what, "strong", f"{first} = {second}", rows=len(totals))
            rows.append(
                [
                    *([] if place else [heading]),
                    blocks.cell(total.currency or ""),
                    blocks.cell(money(total.stated, unit), "number"),
                    blocks.cell(money(total.calculated, unit), "number"),
                    blocks.cell(*((ADDS_UP, "good") if total.holds else (DOES_NOT_ADD_UP, "critical"))),
                ]
            )
    columns = (
        blocks.column("What", 2.2),
        blocks.column(COLUMNS["currency"]),
        blocks.column("First figure", 2, number=True),
        blocks.column("Second figure", 2, number=True),
        blocks.column("Result"),
    )
    return blocks.table(columns, rows)


def amounts(data: ReportData) -> dict[str, Any]:
    """Return what was logged as moved."""
    units = {one.currency: one.minor_unit for one in data.currencies}
    rows = [
        [
            blocks.cell(row.currency or UNSTATED),
            blocks.cell(row.type or UNSTATED),
            blocks.count(row.transactions),
            blocks.money(row.amount, units.get(row.currency or "", 2)),
            blocks.money(row.vat, units.get(row.currency or "", 2)),
        ]
        for row in data.amounts
    ]
    columns = (
        blocks.column(COLUMNS["currency"], 1),
        blocks.column(COLUMNS["type"], 1),
        blocks.column(COLUMNS["transactions"], 1, number=True),
        blocks.column(COLUMNS["amount"], 2, number=True),
        blocks.column("of it VAT", 2, number=True),
    )
    return blocks.table(columns, rows)


def currencies(data: ReportData) -> dict[str, Any]:
    """Return the decimals and the tolerance of each currency."""
    rows = [
        [
            blocks.cell(row.currency or UNSTATED),
            blocks.count(row.transactions),
            blocks.count(row.minor_unit),
            blocks.cell(plain_decimal(row.tolerance), "number"),
        ]
        for row in data.currencies
    ]
    columns = (
        blocks.column(COLUMNS["currency"], 1),
        blocks.column(COLUMNS["transactions"], 1, number=True),
        blocks.column("Decimals", 1, number=True),
        blocks.column("Tolerance", 1, number=True),
    )
    return blocks.table(columns, rows)


def what_was_read(data: ReportData) -> dict[str, Any]:
    """Return the log files by how reading them went, and the messages by what became of them."""
    rows: list[Any] = [
        [
            blocks.cell(SOURCE_STATUSES.get(row.status or "", row.status)),
            *(blocks.count(number) for number in (row.sources, row.events, row.text_bytes)),
        ]
        for row in data.source_statuses
    ]
    columns = (
        blocks.column("Log files", 2),
        blocks.column("Files", 1, number=True),
        blocks.column("Events", 1, number=True),
        blocks.column("Text, bytes", 1, number=True),
    )
    return blocks.table(columns, rows)


def outcomes(data: ReportData) -> dict[str, Any]:
    """Return the messages by what became of them."""
    rows = [
        [blocks.cell(OUTCOMES.get(row.outcome, row.outcome)), blocks.count(row.messages)]
        for row in data.outcomes
    ]
    return blocks.table((blocks.column("Outcome", 2), blocks.column("Messages", 1, number=True)), rows)


def unread_sources(data: ReportData) -> dict[str, Any]:
    """Return the log files of which something is missing."""
    total = sum(row.sources for row in data.source_statuses if row.status not in WHOLE_STATUSES)
    rows: list[Any] = []
    for row in first_rows(data.frames("sources")):
        # Those with a reason come first.
        if row["reason"] is None or len(rows) == data.most(UNREAD_SHOWN):
            break
        if row["status"] not in WHOLE_STATUSES:
            status = SOURCE_STATUSES.get(row["status"], row["status"])
            rows.append(
                [blocks.cell(status), blocks.cell(row["path"], "id"), blocks.cell(row["reason"], "long")]
            )
    columns = (
        blocks.column(COLUMNS["status"], 1.2),
        blocks.column(COLUMNS["path"], 2),
        blocks.column(COLUMNS["reason"], 2),
    )
    return blocks.table(columns, rows, total=total, file="csv/sources.csv")


def rejects(data: ReportData) -> dict[str, Any]:
    """Return the first records that could not be read."""
    rows = [
        [
            blocks.cell(row["reason"], "long"),
            blocks.cell(cut(row["text"] or "", REJECT_TEXT_SHOWN), "long"),
            blocks.identifier(f"{row['source_id'] or '–'}:{row['line']}"),
        ]
        for row in first_rows(data.frames("rejects"), data.most(REJECTS_SHOWN))
    ]
    columns = (
        blocks.column(COLUMNS["reason"], 1),
        blocks.column(COLUMNS["text"], 2.4),
        blocks.column("Source:line", 1),
    )
    return blocks.table(columns, rows, total=data.rows["rejects"], file="csv/rejects.csv")


def rules(data: ReportData) -> dict[str, Any]:
    """Return every rule that ran, with its version and the hash of its file."""
    rows = [
        [
            blocks.cell(SEVERITIES.get(one.run.severity, one.run.severity), one.run.severity),
            blocks.identifier(f"{one.run.rule}@{one.run.version}"),
            blocks.cell(one.run.title, "long"),
            blocks.count(one.findings),
            blocks.identifier(one.run.sha256[:16]),
        ]
        for one in data.rules
    ]
    columns = (
        blocks.column(COLUMNS["severity"]),
        blocks.column(COLUMNS["rule"], 1.2),
        blocks.column(COLUMNS["title"], 2),
        blocks.column(COLUMNS["findings"], number=True),
        blocks.column("SHA-256, first 16 digits", 1.1),
    )
    return blocks.table(columns, rows)
