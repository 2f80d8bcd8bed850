"""What all charts of a report share: the weeks of their bars, the days they span, the ticks of their axes."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.reports.labels import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from balance_sync.reports.data import ReportData
    from balance_sync.reports.figures import WeekFindings

MOST_BARS = 104
"""Beyond two years of weeks a bar spans several of them."""


def week_bars(weeks: Sequence[WeekFindings]) -> tuple[dict[date, dict[str, int]], timedelta]:
    """Return the findings by severity of each bar's first day, and what a bar spans: whole weeks.

    Weeks without findings have bars, too, so that equal distances are equal times.
    """
    first, last = weeks[0].week, weeks[-1].week
    count = (last - first).days // 7 + 1
    step = timedelta(weeks=-(-count // MOST_BARS))
    bars = {
        first + step * place: dict.fromkeys(SEVERITIES, 0) for place in range(-(-count // (step.days // 7)))
    }
    for row in weeks:
        bars[first + step * ((row.week - first) // step)][row.severity] += row.findings
    return bars, step


def spanned_days(data: ReportData, days: Iterable[date]) -> tuple[date, date]:
    """Return the first and the last business day of charts over time: those of the archive, and `days`."""
    zone = ZoneInfo(data.context.timezone)
    ends = [moment.astimezone(zone).date() for moment in data.period if moment]
    every = [*ends, *days]
    return min(every), max(every)


def ticks(top: float) -> list[float]:
    """Return the values that an axis up to `top` names."""
    return [top * part / 4 for part in range(5)] if top >= 4 else [0, top]


def rounded_up(value: float) -> float:
    """Return the next 1, 2, 4, 6 or 8 times a power of ten: four ticks below it are round, too."""
    if value <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 2, 4, 6, 8, 10) if power > 1 else (1, 2, 4, 8, 12)
    return next((step * power for step in steps if step * power >= value), 10 * power)
