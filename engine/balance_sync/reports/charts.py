"""Small charts as inline SVG: no script, no network, colours from the page's style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from balance_sync.reports.chart_scales import rounded_up, spanned_days, ticks, week_bars
from balance_sync.reports.labels import SEVERITIES, UNSTATED, WALLETS
from balance_sync.reports.phrases import counted, rounded_money
from balance_sync.reports.visible_text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from balance_sync.reports.data import ReportData
    from balance_sync.reports.figures import ExposurePoint

WIDTH, HEIGHT = 480, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 8, 12, 26
_DAY_WIDTH = 70


def findings_chart(data: ReportData) -> Markup | None:
    """Return bars of findings per week, stacked by severity; `None` where nothing has a time."""
    if not data.weeks:
        return None
    bars, step = week_bars(data.weeks)
    top = rounded_up(max(sum(bar.values()) for bar in bars.values()))
    days = sorted(bars)
    parts = [_grid([(value, f"{value:,.0f}") for value in ticks(top)], top)]
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
    top = rounded_up(float(depth))
    first, last = spanned_days(data, [point.day for point in points])
    parts = [_grid([(top - value, f"{-value:,.0f}" if value else "0") for value in ticks(top)], top)]
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


def _grid(marks: Sequence[tuple[float, str]], top: float) -> str:
    lines = []
    for value, label in marks:
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


def _svg(label: str, parts: Sequence[str]) -> Markup:
    from markupsafe import Markup, escape

    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 (figures, days and our own words; the label is escaped)
