"""A series of ratios as a small SVG: a point a measurement, and the bar as a dashed line."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.speed.history import Line

WIDTH, HEIGHT = 360, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 24
_MOST_POINTS = 40


def ratio_chart(lines: Sequence[Line], *, bar: float | None, is_worse: bool) -> str:
    """Return the chart of one series, oldest to the left; a worse newest point is marked.

    The scale starts at zero, so that a doubled ratio looks doubled.
    """
    shown = lines[-_MOST_POINTS:]
    highest = max([line.ratio for line in shown]) * 1.15
    # A bar far above everything would press the curve flat: then only its number is told.
    bar_shown = bar is not None and bar < 4 * highest
    if bar_shown and bar is not None:
        highest = max(highest, bar * 1.1)
    points = [(_x(at, len(shown)), _y(line.ratio, highest)) for at, line in enumerate(shown)]
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(_words(shown))}">',
        *_axis(highest),
        *([_bar_line(bar, highest)] if bar_shown and bar is not None else []),
        f'<polyline class="curve" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>',
    ]
    for place, ((x, y), line) in enumerate(zip(points, shown, strict=True), start=1):
        newest = place == len(shown)
        look = " worse" if newest and is_worse else " newest" if newest else ""
        title = escape(f"{line.commit}{'+' if line.dirty else ''}, {line.date[:10]}: {line.ratio:.3g}")
        parts.append(
            f'<circle class="point{look}" cx="{x:.1f}" cy="{y:.1f}" r="{3.5 if newest else 2.5}">'
            f"<title>{title}</title></circle>"
        )
    parts.extend(_commits(shown))
    return "".join([*parts, "</svg>"])


def _x(at: int, count: int) -> float:
    width = WIDTH - _LEFT - _RIGHT
    return _LEFT + (width / 2 if count == 1 else at * width / (count - 1))


def _y(ratio: float, highest: float) -> float:
    return HEIGHT - _BOTTOM - ratio / highest * (HEIGHT - _TOP - _BOTTOM)


def _axis(highest: float) -> list[str]:
    parts = []
    for share in (0, 0.5, 1):
        y = _y(highest * share, highest)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        label = f"{highest * share:.2g}"
        parts.append(f'<text class="scale" x="{_LEFT - 6}" y="{y + 3.5:.1f}">{label}</text>')
    return parts


def _bar_line(bar: float, highest: float) -> str:
    y = _y(bar, highest)
    return (
        f'<line class="bar" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}">'
        f"<title>bar: {bar:g}</title></line>"
    )


def _commits(shown: Sequence[Line]) -> list[str]:
    y = HEIGHT - 8
    first = f'<text class="commit" x="{_LEFT}" y="{y}">{escape(shown[0].commit[:7])}</text>'
    last = f'<text class="commit end" x="{WIDTH - _RIGHT}" y="{y}">{escape(shown[-1].commit[:7])}</text>'
    return [first, last] if len(shown) > 1 else [last]


def _words(shown: Sequence[Line]) -> str:
    line = shown[-1]
    return f"ratio of {line.case} to {line.yardstick} over {len(shown)} measurements, now {line.ratio:.3g}"
