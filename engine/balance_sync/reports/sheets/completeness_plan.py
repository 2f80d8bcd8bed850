"""Which columns the sheet of what is missing from the logs has."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from balance_sync.reports.labels import COMPLETENESS, NOTHING, SECTION_NOTES
from balance_sync.reports.sheets.columns import Column, Kind
from balance_sync.reports.sheets.plan import EXCEL_ROWS, SheetPlan

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData

SHEET = "Completeness"
_CHARACTERS = 1_000
"""Of a path or reason the sheet shows so much; the CSV has all."""

_WORDS = MappingProxyType({kind: name for kind, (name, _) in COMPLETENESS.items()})


def completeness_plan(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of the sheet."""
    columns = (
        Column("kind", Kind.WORD, words=_WORDS),
        Column("cases", Kind.COUNT, summed=True),
        Column("place", limit=_CHARACTERS),
        Column("detail", Kind.WRAPPED, limit=_CHARACTERS),
        Column("first_at", Kind.TIME),
        Column("last_at", Kind.TIME),
        Column("source_id", printed=False),
    )
    return SheetPlan(
        name=SHEET,
        title=SHEET,
        notes=(SECTION_NOTES[SHEET],),
        rows=data.rows["completeness"],
        columns=columns,
        frozen=0,
        nothing=NOTHING[SHEET],
        full_file="csv/completeness.csv",
        max_rows=max_rows,
    )
