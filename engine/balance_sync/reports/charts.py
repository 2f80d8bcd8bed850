"""Small charts as inline SVG: no script, no network, colours from the page's style sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.reports.labels import SEVERITIES, UNSTATED, WALLETS
from balance_sync.reports.phrases import counted, rounded_money
from balance_sync.reports.visible_text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from balance_sync.reports.data import ReportData
    from balance_sync.reports.figures import ExposurePoint, WeekFindings

WIDTH, HEIGHT = 480, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 8, 12, 26
_MOST_BARS = 104
_DAY_WIDTH = 70


def findings_chart(data: ReportData) -> Markup | None:
    """Return bars of findings per week, stacked by severity; `None` where nothing has a time."""
    if not data.weeks:
        return None
    bars, step = week_bars(data.weeks)
    top = _round_up(max(sum(bar.values()) for bar in bars.values()))
    days = sorted(bars)
    parts = [_grid([(value, f"{value:,.0f}") for value in _ticks(top)], top)]
    slot = (WIDTH - _LEFT - _RIGHT) / len(days)
    for place, day in enumerate(days):
        base = 0.0
        said = ", ".join(
            f"{count:,} {SEVERITIES[name].lower()}" for name, count in bars[day].items() if count
        )
        parts.append(f"<g><title>{day} to {day + step - timedelta(days=1)}: {said or 'none'}</title>")
        for name, count in bars[day].items():
            height = (HEIGHT - _TOP - _BOTTOM) * count / top
            y = HEIGHT - _BOTTOM - base - height
            x = _LEFT + slot * place + slot * 0.12
            if count:
                parts.append(_rect(x, y, slot * 0.76, height, name))
            base += height
        parts.append("</g>")
    parts.append(_bar_dates(days, slot))
    total = sum(row.findings for row in data.weeks)
    return _svg(f"{counted(total, 'finding')} from {days[0]} on, by week and severity", parts)


def week_bars(weeks: Sequence[WeekFindings]) -> tuple[dict[date, dict[str, int]], timedelta]:
    """Return the findings by severity of each bar's first day, and what a bar spans: whole weeks."""
    first, last = weeks[0].week, weeks[-1].week
    count = (last - first).days // 7 + 1
    step = timedelta(weeks=-(-count // _MOST_BARS))
    bars = {
        first + step * place: dict.fromkeys(SEVERITIES, 0) for place in range(-(-count // (step.days // 7)))
    }
    for row in weeks:
        bars[first + step * ((row.week - first) // step)][row.severity] += row.findings
    return bars, step


@dataclass(frozen=True)
class OverdraftChart:
    """A currency's overdrafts over time, a line a wallet."""

    heading: str
    chart: Markup
    wallets: tuple[str, ...]


def overdraft_charts(data: ReportData) -> list[OverdraftChart]:
    """Return a chart for each currency that was ever overdrawn."""
    return [
        _overdraft_chart(currency or UNSTATED, list(points), data)
        for currency, points in groupby(data.overdraft_days, key=lambda point: point.currency)
    ]


def _overdraft_chart(currency: str, points: list[ExposurePoint], data: ReportData) -> OverdraftChart:
    unit = points[0].minor_unit
    depth = max((-point.exposure for point in points), default=Decimal(0))
    top = _round_up(float(depth))
    first, last = shown_span(points, data)
    parts = [_grid([(top - value, f"{-value:,.0f}" if value else "0") for value in _ticks(top)], top)]
    said = []
    for wallet, group in groupby(points, key=lambda point: point.wallet):
        own = list(group)
        parts.append(_step_line(own, wallet, (first, last), top))
        said.append(f"{WALLETS[wallet].lower()} {rounded_money(own[-1].exposure, unit)}")
    parts.append(_dates(first, last))
    name = visible(currency)
    return OverdraftChart(
        heading=f"{name}: {', '.join(said)}",
        chart=_svg(f"Overdrafts in {name} from {first} to {last}; at the end: {', '.join(said)}", parts),
        wallets=tuple(dict.fromkeys(point.wallet for point in points)),
    )


def shown_span(points: Sequence[ExposurePoint], data: ReportData) -> tuple[date, date]:
    """Return the business days that all of these charts span: those of the archive."""
    zone = ZoneInfo(data.context.timezone)
    ends = [
        moment.astimezone(zone).date() for moment in (data.totals.first_at, data.totals.last_at) if moment
    ]
    days = [*ends, *(point.day for point in points)]
    return min(days), max(days)


def _step_line(points: Sequence[ExposurePoint], wallet: str, span: tuple[date, date], top: float) -> str:
    days = max((span[1] - span[0]).days, 1)
    plot_width, plot_height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    path, y = [f"M{_LEFT} {_TOP}"], float(_TOP)
    for point in points:
        x = _LEFT + plot_width * (point.day - span[0]).days / days
        y = _TOP + plot_height * float(-point.exposure) / top
        path.append(f"H{x:.1f}V{y:.1f}")
    path.append(f"H{WIDTH - _RIGHT}")
    last = points[-1]
    return (
        f'<path class="line {wallet}" d="{"".join(path)}"><title>{WALLETS[wallet]}: '
        f"{rounded_money(last.exposure, last.minor_unit)} since {last.day}</title></path>"
    )


def _grid(ticks: Sequence[tuple[float, str]], top: float) -> str:
    lines = []
    for value, label in ticks:
        y = HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    return "".join(lines)


def _dates(first: date, last: date) -> str:
    """Return up to four days under the axis, evenly apart."""
    days = max((last - first).days, 1)
    count = min(3, days)
    texts = []
    for place in range(count + 1):
        x = _LEFT + (WIDTH - _LEFT - _RIGHT) * place / count
        anchor = "start" if place == 0 else "end" if place == count else "middle"
        day = first + timedelta(days=days * place // count)
        texts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{day}</text>')
    return "".join(texts)


def _bar_dates(days: Sequence[date], slot: float) -> str:
    """Return the first days of up to four bars, each under its bar."""
    places = sorted({round((len(days) - 1) * part / 3) for part in range(4)})
    texts = []
    for place in places:
        # In the middle of its bar, but not beyond the edges.
        x = min(max(_LEFT + slot * (place + 0.5), _LEFT + _DAY_WIDTH / 2), WIDTH - _RIGHT - _DAY_WIDTH / 2)
        texts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{days[place]}</text>')
    return "".join(texts)


def _rect(x: float, y: float, width: float, height: float, name: str) -> str:
    return f'<rect class="{name}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"/>'


def _ticks(top: float) -> list[float]:
    return [top * part / 4 for part in range(5)] if top >= 4 else [0, top]


def _round_up(value: float) -> float:
    """Return the next 1, 2, 4, 6 or 8 times a power of ten: four ticks below it are round, too."""
    if value <= 0:
        return 1
    power = 10 ** math.floor(math.log10(value))
    steps = (1, 2, 4, 6, 8, 10) if power > 1 else (1, 2, 4, 8, 12)
    return float(next(step * power for step in steps if step * power >= value))


def _svg(label: str, parts: Sequence[str]) -> Markup:
    from markupsafe import Markup, escape

    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 (figures, days and our own words; the label is escaped)
