"""What is missing from the logs, as the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.reports import cells, labels
from balance_sync.reports.cells import Cell, Table
from balance_sync.reports.visible_text import cut

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData

SHOWN = 50
"""Rows that the page shows; the CSV file holds all."""

_TEXT_SHOWN = 600


def completeness_totals(data: ReportData) -> Table:
    """Return how much is missing, by kind, the kinds of which nothing is included."""
    found = {row.kind: row for row in data.completeness}
    rows = tuple(
        (
            Cell(name),
            cells.count(found[kind].cases if kind in found else 0),
            cells.count(found[kind].places if kind in found else 0),
        )
        for kind, (name, _) in labels.COMPLETENESS.items()
    )
    headers = (("What is missing", ""), ("How many", "number"), ("Places", "number"))
    return Table("What is missing from the logs", headers, rows, len(rows))


def completeness_places(data: ReportData) -> Table:
    """Return where it is missing."""
    zone = ZoneInfo(data.context.timezone)
    rows = tuple(
        (
            Cell(labels.COMPLETENESS[row["kind"]][0]),
            cells.count(row["cases"]),
            Cell(cut(row["place"], _TEXT_SHOWN), "long"),
            Cell(cut(row["detail"] or "", _TEXT_SHOWN), "long"),
            cells.time(row["first_at"], zone),
            cells.time(row["last_at"], zone),
        )
        for row in cells.first_rows(data.frames("completeness"), data.most(SHOWN))
    )
    headers = cells.headers("kind", "cases", "place", "detail", "first_at", "last_at")
    return Table("Where it is missing", headers, rows, data.rows["completeness"], "csv/completeness.csv")
