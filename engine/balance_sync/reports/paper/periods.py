"""Nights, levels and a model's drift in the printed summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from balance_sync.reports.cells import first_rows
from balance_sync.reports.context import Section
from balance_sync.reports.labels import COLUMNS
from balance_sync.reports.paper import blocks
from balance_sync.reports.period_labels import LEVELS, NIGHTS
from balance_sync.reports.periods import drift_words

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData

SHOWN = 5
"""Nights and levels that are printed, strongest first; page, workbook and tables have more."""


def periods(data: ReportData) -> dict[str, Any]:
    """Return the strongest nights and levels; no rows where the section is not shown."""
    rows: list[Any] = []
    if data.shows(Section.ANOMALIES):
        for name, section in ((NIGHTS, "unusual_nights"), (LEVELS, "change_points")):
            found = list(first_rows(data.frames(section), data.most(SHOWN)))
            if found:
                rows.append(blocks.group(f"{name}: {data.rows[section]:,}"))
            rows += [_row(one) for one in found]
    columns = (
        blocks.column(COLUMNS["first_day"], 1),
        blocks.column(COLUMNS["last_day"], 1),
        blocks.column(COLUMNS["user_id"], 1.7),
        blocks.column("In words", 4),
        blocks.column(COLUMNS["strength"], 0.9, number=True),
    )
    return blocks.table(columns, rows)


def drift(data: ReportData) -> str:
    """Return how much has moved away from a kept model; "" without one."""
    return drift_words(data) if data.shows(Section.ANOMALIES) else ""


def _row(row: dict[str, Any]) -> list[blocks.Cell]:
    user = row.get("user_id")
    return [
        blocks.cell(str(row["first_day"])),
        blocks.cell(str(row["last_day"])),
        blocks.identifier(user) if user else blocks.cell(None),
        blocks.cell(row["explanation"], "long"),
        blocks.cell(f"{row['strength']:,.2f}", "number"),
    ]
