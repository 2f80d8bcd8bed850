"""Where the bars, lines and labels of the printed charts stand, as fractions of the plot.

0 is the left and the lower end, 1 the right and the upper one. Only figures and our own words are in here.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from balance_sync.reports.labels import SEVERITIES, UNSTATED, WALLETS
from balance_sync.reports.phrases import counted, rounded_money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from balance_sync.reports.data import ReportData

MOST_BARS = 104
_MILLION = 1e6

Point = tuple[date, "Decimal"]


def findings_chart(data: ReportData) -> dict[str, Any] | None:
    """Return bars of findings per week, stacked by severity; `None` where nothing has a time."""
    if not data.weeks:
        return None
    first = data.weeks[0].week
    weeks = (data.weeks[-1].week - first).days // 7 + 1
    step = timedelta(weeks=-(-weeks // MOST_BARS))
    count = -(-weeks // (step.days // 7))
    bars = [dict.fromkeys(SEVERITIES, 0) for _ in range(count)]
    for row in data.weeks:
        bars[(row.week - first) // step][row.severity] += row.findings
    top = _round_up(max(sum(bar.values()) for bar in bars))
    parts = []
    for place, bar in enumerate(bars):
        base = 0
        for kind, number in bar.items():
            if number:
                parts.append([kind, (place + 0.12) / count, 0.76 / count, base / top, number / top])
            base += number
    total = sum(row.findings for row in data.weeks)
    return {
        "bars": parts,
        "lines": [],
        "ticks": [[value / top, _figure(value)] for value in _ticks(top)],
        "dates": _dates(first, first + step * count),
        "said": f"{counted(total, 'finding')} from {first} on, by week and severity",
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
    top = _round_up(max(abs(float(amount)) for amount in amounts))
    first, last = _span(data, [day for points in lines.values() for day, _ in points])
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
        "ticks": [
            [1 - value / top if below else value / top, _signed(value, below)] for value in _ticks(top)
        ],
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


def _span(data: ReportData, days: Sequence[date]) -> tuple[date, date]:
    """Return the business days that all of these charts span: those of the archive."""
    zone = ZoneInfo(data.context.timezone)
    ends = [
        moment.astimezone(zone).date() for moment in (data.totals.first_at, data.totals.last_at) if moment
    ]
    return min([*ends, *days]), max([*ends, *days])


def _dates(first: date, last: date, most: int = 4) -> list[list[Any]]:
    """Return up to `most` + 1 days under the axis, evenly apart."""
    days = max((last - first).days, 1)
    count = min(most, days)
    return [[place / count, str(first + timedelta(days=days * place // count))] for place in range(count + 1)]


def _ticks(top: float) -> list[float]:
    return [top * part / 4 for part in range(5)] if top >= 4 else [0, top]


def _signed(value: float, below: bool) -> str:
    return f"−{_figure(value)}" if below and value else _figure(value)


def _figure(value: float) -> str:
    """Return the label of an axis: in millions where it is long, as a power of ten where it is longer."""
    if value < 10 * _MILLION:
        return f"{value:,.0f}" if value >= 4 or value == round(value) else f"{value:g}"
    if value < _MILLION * _MILLION:
        return f"{value / _MILLION:,.0f} M"
    return f"{value:.1e}"


def _round_up(value: float) -> float:
    """Return the next 1, 2, 4, 6 or 8 times a power of ten: four ticks below it are round, too."""
    if value <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 2, 4, 6, 8, 10) if power > 1 else (1, 2, 4, 8, 12)
    return next((step * power for step in steps if step * power >= value), 10 * power)
