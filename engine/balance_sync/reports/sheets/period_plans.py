"""Which columns the sheets of nights, levels and drift have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.reports.labels import NOTHING, SECTION_NOTES
from balance_sync.reports.period_labels import (
    DRIFT,
    FEATURES,
    LEVEL_MEASURES,
    LEVELS,
    NIGHT_MEASURES,
    NIGHTS,
)
from balance_sync.reports.sheets.columns import Column, Kind
from balance_sync.reports.sheets.plan import EXCEL_ROWS, SheetPlan

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData

QUERIES = {NIGHTS: "unusual_nights", LEVELS: "change_points", DRIFT: "drift"}
"""The sheets, and the query of ``sql/reports`` behind each."""


def period_plans(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> dict[str, SheetPlan]:
    """Return the plans by the names of the sheets; that of drift where a kept model was used."""
    columns = {NIGHTS: _NIGHT_COLUMNS, LEVELS: _LEVEL_COLUMNS}
    rows = {NIGHTS: data.rows["unusual_nights"], LEVELS: data.rows["change_points"]}
    if data.drift:
        columns[DRIFT], rows[DRIFT] = _DRIFT_COLUMNS, len(data.drift)
    return {
        name: SheetPlan(
            name=name,
            title=name,
            notes=(SECTION_NOTES[name],),
            rows=rows[name],
            columns=columns[name],
            frozen=2 if name != DRIFT else 1,
            nothing=NOTHING[name],
            full_file=f"csv/{'anomaly_drift' if name == DRIFT else QUERIES[name]}.csv",
            max_rows=max_rows,
        )
        for name in columns
    }


_NIGHT_COLUMNS = (
    Column("first_day", Kind.DAY),
    Column("last_day", Kind.DAY),
    Column("nights", Kind.COUNT),
    Column("measure", Kind.WORD, words=NIGHT_MEASURES),
    Column("currency"),
    Column("seen", Kind.COUNT),
    Column("usual", Kind.MONEY),
    Column("strength", Kind.PERCENTILE),
    Column("explanation", Kind.WRAPPED, "In words"),
)

_LEVEL_COLUMNS = (
    Column("first_day", Kind.DAY),
    Column("user_id"),
    Column("last_day", Kind.DAY),
    Column("measure", Kind.WORD, words=LEVEL_MEASURES),
    Column("currency"),
    Column("usual", Kind.MONEY, "Before"),
    Column("seen", Kind.MONEY, "Since"),
    Column("strength", Kind.PERCENTILE),
    Column("explanation", Kind.WRAPPED, "In words"),
    Column("transaction_id", printed=False),
    Column("source_id", printed=False),
    Column("line", Kind.PLAIN_COUNT, printed=False),
)

_DRIFT_COLUMNS = (
    Column("feature", Kind.WORD, words=FEATURES),
    Column("verdict"),
    Column("psi", Kind.PERCENTILE),
)
