"""The sheet of charts: the spreadsheet's own, each over figures that stand below them on the sheet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from balance_sync.reports.chart_scales import spanned_days, week_bars
from balance_sync.reports.labels import SECTION_NOTES, SEVERITIES, UNSTATED, WALLETS
from balance_sync.reports.sheets.formats import money_style
from balance_sync.reports.visible_text import cut, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xlsxwriter import Workbook

    from balance_sync.reports.data import ReportData
    from balance_sync.reports.figures import ExposurePoint
    from balance_sync.reports.sheets.block_sheet import BlockSheet

CHARTS = "Charts"
_ROWS_A_CHART, _CHARTS_A_ROW = 18, 2
_COLUMNS_A_CHART = 5
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_WALLET_COLOURS = {"subscription": "#0B5CAD", "payment": "#B45309"}
_FIRST_EXCEL_DAY = date(1900, 3, 1)
_CHART_ROWS_A_PAGE = 3
_SEVERITY_COLOURS = {"critical": "#9B1C1C", "error": "#E07B39", "warning": "#E3B505", "info": "#7FB2E5"}


@dataclass(frozen=True)
class _Series:
    label: str
    colour: str
    values: tuple[Decimal | int, ...]


@dataclass(frozen=True)
class _Figure:
    """A chart, and the table it is drawn from."""

    title: str
    kind: str
    days: tuple[date, ...]
    style: str
    series: tuple[_Series, ...]


def write_charts(workbook: Workbook, sheet: BlockSheet, data: ReportData) -> None:
    """Write the charts of `data`, two beside each other, and below them their figures."""
    figures = [one for one in _figures(data) if one.days and one.days[0] >= _FIRST_EXCEL_DAY]
    sheet.text(0, CHARTS, "title")
    sheet.next_row()
    sheet.link(0, "README", "← README")
    sheet.next_row()
    sheet.paragraph(SECTION_NOTES[CHARTS] if figures else "Nothing was found that a chart could show.")
    top = sheet.row_number
    chart_rows = -(-len(figures) // _CHARTS_A_ROW)
    for _ in range(chart_rows * _ROWS_A_CHART):
        sheet.next_row()
    pages = range(_CHART_ROWS_A_PAGE, chart_rows, _CHART_ROWS_A_PAGE)
    sheet.break_pages([top + rows * _ROWS_A_CHART for rows in (*pages, chart_rows)])
    for place, figure in enumerate(figures):
        chart = _chart(workbook, sheet, figure)
        row = top + place // _CHARTS_A_ROW * _ROWS_A_CHART
        sheet.insert_chart(row, place % _CHARTS_A_ROW * _COLUMNS_A_CHART, chart)


def _figures(data: ReportData) -> Iterator[_Figure]:
    yield _findings(data)
    for currency, points in groupby(data.overdraft_days, key=lambda one: one.currency):
        yield _exposures(currency, list(points), data)
    for currency, gaps in groupby(data.gap_days, key=lambda one: one.currency):
        own = list(gaps)
        days = _step_days({point.day for point in own}, data)
        held = _held({point.day: point.gap for point in own}, days)
        yield _Figure(
            f"What the two balances differ by, {_name(currency)}, at the end of the day",
            "line",
            days,
            money_style(own[0].minor_unit),
            (_Series("Sum of the standing discrepancies", "#6B21A8", held),),
        )


def _findings(data: ReportData) -> _Figure:
    bars, step = week_bars(data.weeks) if data.weeks else ({}, timedelta(weeks=1))
    weeks = tuple(sorted(bars))
    many = step.days // 7
    return _Figure(
        "Findings per week, by severity" if many == 1 else f"Findings per {many} weeks, by severity",
        "column",
        weeks,
        "count",
        tuple(
            _Series(word, _SEVERITY_COLOURS[name], tuple(bars[week][name] for week in weeks))
            for name, word in SEVERITIES.items()
            if any(bar[name] for bar in bars.values())
        ),
    )


def _exposures(currency: str | None, points: Sequence[ExposurePoint], data: ReportData) -> _Figure:
    days = _step_days({point.day for point in points}, data)
    by_wallet: defaultdict[str, dict[date, Decimal]] = defaultdict(dict)
    for point in points:
        by_wallet[point.wallet][point.day] = point.exposure
    return _Figure(
        f"Overdrawn balances, {_name(currency)}, at the end of the day",
        "line",
        days,
        money_style(points[0].minor_unit),
        tuple(
            _Series(WALLETS.get(wallet, wallet), _WALLET_COLOURS.get(wallet, "#52606D"), _held(own, days))
            for wallet, own in sorted(by_wallet.items(), reverse=True)
        ),
    )


def _step_days(changes: set[date], data: ReportData) -> tuple[date, ...]:
    """Return the days to draw steps with: those of changes, the day before each, and the ends."""
    return tuple(
        sorted(changes | {day - timedelta(days=1) for day in changes} | set(spanned_days(data, changes)))
    )


def _held(amounts: dict[date, Decimal], days: Sequence[date]) -> tuple[Decimal, ...]:
    """Return the amount of each day: that of the last change."""
    held, last = [], Decimal(0)
    for day in days:
        last = amounts.get(day, last)
        held.append(last)
    return tuple(held)


def _name(currency: str | None) -> str:
    return cut(visible(currency or UNSTATED), 20)


def _chart(workbook: Workbook, sheet: BlockSheet, figure: _Figure) -> Any:
    """Write the figure's table and return the chart over it."""
    sheet.heading(figure.title)
    sheet.header("Day", *(f"{series.label}>" for series in figure.series))
    first = sheet.row_number - 1
    for place, day in enumerate(figure.days):
        sheet.value(0, (day - _EXCEL_DAY_ZERO).days, "day")
        for column, series in enumerate(figure.series, start=1):
            sheet.value(column, series.values[place], figure.style)
        sheet.next_row()
    last = first + len(figure.days) - 1
    columns = figure.kind == "column"
    chart = workbook.add_chart({"type": figure.kind} | ({"subtype": "stacked"} if columns else {}))
    for column, series in enumerate(figure.series, start=1):
        look = (
            {"fill": {"color": series.colour}, "gap": 40} if columns else {"line": {"color": series.colour}}
        )
        chart.add_series(
            {
                "name": series.label,
                "categories": [CHARTS, first, 0, last, 0],
                "values": [CHARTS, first, column, last, column],
                **look,
            }
        )
    chart.set_title({"name": figure.title, "name_font": {"size": 11}})
    # Columns a week wide would be a day wide on an axis of dates.
    axis = {"text_axis": True} if columns else {"date_axis": True}
    chart.set_x_axis(axis | {"num_format": "yyyy-mm-dd", "label_position": "low"})
    grid = {"visible": True, "line": {"color": "#CBD2D9"}}
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": grid})
    chart.set_legend({"position": "bottom"})
    return chart
