"""Lines of the history as measurements would leave them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from benchmarks.speed.history import Line


def line(case="tables", *, number=0, ratio=1.0, size="20MB", shape="export", seconds=1.0, peak_mb=200.0):
    """Return a line; `number` tells its place in time."""
    measured_at = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return Line(
        date=measured_at.isoformat(timespec="seconds"),
        commit=f"{number:012x}",
        dirty=False,
        case=case,
        size=size,
        shape=shape,
        repeats=5,
        seconds=seconds,
        seconds_range=[seconds, seconds * 1.1],
        mb_s=20 / seconds,
        rows_s=16_000 / seconds,
        cpu_s=seconds,
        peak_mb=peak_mb,
        yardstick="gzip -dc",
        yardstick_s=seconds / ratio,
        yardstick_range=[seconds / ratio, seconds / ratio],
        ratio=ratio,
        yardstick_misses=[],
        files=1500,
        cpu="a <processor>",
        cores=2,
        versions={"python": "3.11.7"},
    )


def lines(*ratios, **same):
    """Return one series with these ratios, oldest first."""
    return [line(number=number, ratio=ratio, **same) for number, ratio in enumerate(ratios)]
