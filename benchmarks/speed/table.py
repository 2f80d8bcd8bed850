"""Results as a table in Markdown, for terminals and pages alike."""

from __future__ import annotations

from benchmarks.speed.catalogue import CASES
from benchmarks.speed.history import Line

HEADER = (
    "| case | size | shape | seconds (least–most) | MB/s | rows/s | CPU s | peak MB "
    "| yardstick | its seconds | ratio | bar |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def row(line: Line) -> str:
    """Return the row of a line."""
    speed = f"{line.mb_s:,.0f}" if line.mb_s else "–"
    rows = f"{line.rows_s:,.0f}" if line.rows_s else "–"
    bar = f"≤ {CASES[line.case].bar:g}" if line.case in CASES else "–"
    cells = (
        line.case,
        line.size,
        line.shape,
        f"{line.seconds:.3g} ({line.seconds_range[0]:.3g}–{line.seconds_range[1]:.3g})",
        *(speed, rows, f"{line.cpu_s:.3g}", f"{line.peak_mb:,.0f}"),
        line.yardstick,
        f"{line.yardstick_s:.3g}",
        f"**{line.ratio:.3g}**",
        bar,
    )
    return f"| {' | '.join(cells)} |"
