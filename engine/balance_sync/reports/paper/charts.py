"""Where the bars, lines and labels of the printed charts stand, as fractions of the plot.

0 is the left and the lower end, 1 the right and the upper one. Only figures and our own words are in here.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from balance_sync.reports.chart_scales import rounded_up, spanned_days, ticks, week_bars
from balance_sync.reports.labels import UNSTATED, WALLETS
from balance_sync.reports.phrases import counted, rounded_money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from balance_sync.reports.data import ReportData

_MILLION = 1e6

Point = tuple[date, "Decimal"]


def findings_chart(data: ReportData) -> dict[str, Any] | None:
    """Return bars of findings per week, stacked by severity; `None` where nothing has a time."""
    if not data.weeks:
        return None
    bars, _ = week_bars(data.weeks)
    days, count = sorted(bars), len(bars)
    top = rounded_up(max(sum(bar.values()) for bar in bars.values()))
    parts = []
    for place, bar in enumerate(bars[day] for day in days):
        base = 0
        for kind, number in bar.items():
            if number:
                parts.append([kind, (place + 0.12) / count, 0.76 / count, base / top, number / top])
            base += number
    total = sum(row.findings for row in data.weeks)
    return {
        "bars": parts,
        "lines": [],
        "ticks": [[value / top, _figure(value)] for value in ticks(top)],
        "dates": _bar_dates(days),
        "said": f"{counted(total, 'finding')} from {days[0]} on, by week and severity",
    }


def overdraft_charts(data: ReportData) -> list[dict[str, Any]]:
    """Return a chart for each currency that was ever overdrawn, with a line a wallet."""
    charts = []
    for currency, points in groupby(data.overdraft_days, key=lambda point: point.currency):
        rows = list(points)
        lines = {
            wallet: [(point.day, point.exposure) for point in own]
            for wallet, own in groupby(rows, key=lambda point: point.wallet)
        }
        charts.append(_over_time(currency, lines, data, minor_unit=rows[0].minor_unit))
    return charts


def gap_charts(data: ReportData) -> list[dict[str, Any]]:
    """Return a chart for each currency in which the two balances ever differed."""
    charts = []
    for currency, points in groupby(data.gap_days, key=lambda point: point.currency):
        rows = list(points)
        lines = {"gap": [(point.day, point.gap) for point in rows]}
        charts.append(_over_time(currency, lines, data, minor_unit=rows[0].minor_unit))
    return charts


def _over_time(
    currency: str | None, lines: Mapping[str, Sequence[Point]], data: ReportData, *, minor_unit: int
) -> dict[str, Any]:
    """Return steps over the days of the archive, above zero or below it."""
    amounts = [amount for points in lines.values() for _, amount in points]
    below = min(amounts) < 0
    top = rounded_up(max(abs(float(amount)) for amount in amounts))
    first, last = spanned_days(data, [day for points in lines.values() for day, _ in points])
    ends = {kind: rounded_money(points[-1][1], minor_unit) for kind, points in lines.items()}
    said = ", ".join(
        f"{WALLETS[kind].lower()} {end}" if kind in WALLETS else end for kind, end in ends.items()
    )
    name = currency or UNSTATED
    return {
        "heading": name,
        "ends": [[kind, end] for kind, end in ends.items()],
        "bars": [],
        "lines": [[kind, _steps(points, (first, last), top, below=below)] for kind, points in lines.items()],
        "ticks": [[1 - value / top if below else value / top, _signed(value, below)] for value in ticks(top)],
        "dates": _dates(first, last, most=2),
        "said": f"{name} from {first} to {last}; at the end: {said}",
    }


def _steps(
    points: Sequence[Point], span: tuple[date, date], top: float, *, below: bool
) -> list[tuple[float, float]]:
    days = max((span[1] - span[0]).days, 1)
    y = 1.0 if below else 0.0
    path = [(0.0, y)]
    for day, amount in points:
        x = (day - span[0]).days / days
        path.append((x, y))
        y = (1.0 if below else 0.0) + float(amount) / top
        path.append((x, y))
    return [*path, (1.0, y)]


def _dates(first: date, last: date, most: int = 4) -> list[list[Any]]:
    """Return up to `most` + 1 days under the axis, evenly apart."""
    days = max((last - first).days, 1)
    count = min(most, days)
    return [[place / count, str(first + timedelta(days=days * place // count))] for place in range(count + 1)]


def _bar_dates(days: Sequence[date], most: int = 5) -> list[list[Any]]:
    """Return the first days of up to `most` bars, evenly apart, each under the middle of its own."""
    last = len(days) - 1
    shown = min(most, len(days))
    places = [last * number // max(shown - 1, 1) for number in range(shown)]
    return [[(place + 0.5) / len(days), str(days[place])] for place in places]


def _signed(value: float, below: bool) -> str:
    return f"−{_figure(value)}" if below and value else _figure(value)


def _figure(value: float) -> str:
    """Return the label of an axis: in millions where it is long, as a power of ten where it is longer."""
    if value < 10 * _MILLION:
        return f"{value:,.0f}" if value >= 4 or value == round(value) else f"{value:g}"
    if value < _MILLION * _MILLION:
        return f"{value / _MILLION:,.0f} M"
    return f"{value:.1e}"
