"""What is odd about no single transaction, as the page shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from balance_sync.reports import cells, period_labels
from balance_sync.reports.cells import Cell, Table

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData
    from balance_sync.reports.shown import Shown

SHOWN = 50
"""Rows of a table that the page shows, strongest first; the CSV file holds all."""


def unusual_nights(data: ReportData) -> Table:
    """Return the nights that are out of line with those like them."""
    rows = tuple(
        (
            cells.day(row["first_day"]),
            cells.day(row["last_day"]),
            Cell(period_labels.NIGHT_MEASURES[row["measure"]]),
            Cell(row["currency"]),
            cells.count(row["seen"]),
            _figure(row["usual"], 1),
            _figure(row["strength"], 2),
            Cell(row["explanation"], "long"),
        )
        for row in cells.first_rows(data.frames("unusual_nights"), data.most(SHOWN))
    )
    headers = cells.headers(
        *("first_day", "last_day", "measure", "currency", "seen", "usual", "strength", "explanation"),
        explanation="In words",
    )
    return Table(period_labels.NIGHTS, headers, rows, data.rows["unusual_nights"], "csv/unusual_nights.csv")


def change_points(data: ReportData, shown: Shown) -> Table:
    """Return the levels that have moved for good."""
    rows = tuple(
        (
            cells.day(row["first_day"]),
            cells.day(row["last_day"]),
            Cell(period_labels.LEVEL_MEASURES[row["measure"]]),
            cells.subscriber(row["user_id"], shown.subscribers),
            Cell(row["currency"]),
            cells.money(row["usual"], row["minor_unit"]),
            cells.money(row["seen"], row["minor_unit"]),
            _figure(row["strength"], 2),
            Cell(row["explanation"], "long"),
            cells.proof(row) if row["line"] is not None else Cell(None),
        )
        for row in cells.first_rows(data.frames("change_points"), data.most(SHOWN))
    )
    headers = cells.headers(
        *("first_day", "last_day", "measure", "user_id", "currency", "usual", "seen", "strength"),
        *("explanation", "source_id"),
        explanation="In words",
        usual="Before",
        seen="Since",
        source_id="Source:line",
    )
    return Table(period_labels.LEVELS, headers, rows, data.rows["change_points"], "csv/change_points.csv")


def model_drift(data: ReportData) -> Table:
    """Return how far each feature has moved away from the kept model; no rows without one."""
    rows = tuple(
        (
            Cell(period_labels.FEATURES.get(one.feature, one.feature)),
            Cell(one.verdict, "badge warning" if one.verdict == "changed" else ""),
            _figure(one.psi, 4),
        )
        for one in data.drift
    )
    headers = cells.headers("feature", "verdict", "psi")
    return Table(period_labels.DRIFT, headers, rows, len(rows))


def drift_words(data: ReportData) -> str:
    """Return in a sentence how many features have moved; "" without a kept model."""
    if not data.drift:
        return ""
    moved = sum(one.verdict != "stable" for one in data.drift)
    return f"{moved} of {len(data.drift)} features have moved since the model was kept."


def _figure(value: Decimal | None, decimals: int) -> Cell:
    if value is None:
        return Cell(None, "number")
    return Cell(f"{value:,.{decimals}f}", "number", str(value))
