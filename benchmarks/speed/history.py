"""What was measured, kept in the repository: one JSON object a line for each case of each invocation.

Lines are only ever added, at the end, so that two branches merge by keeping both.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.speed.engine import SUITE_ROOT
from benchmarks.speed.session import Result

HISTORY = SUITE_ROOT / "benchmarks" / "history" / "speed.jsonl"
NOTHING = "-"
"""Stands for size and shape where no archive is read."""

_PACKAGES = ("polars", "duckdb", "numpy", "isal", "pyarrow")


@dataclass(frozen=True)
class Line:
    """What one case took.

    Attributes
    ----------
    date
        UTC, in ISO 8601.
    commit, dirty
        What was checked out, and whether files differed from it.
    seconds, yardstick_s
        Medians; `seconds_range` has the least and the most.
    mb_s
        MB of uncompressed text a second; null where no text is read.
    cpu_s
        The median of user and system time of all processes.
    peak_mb
        The most of any run (see `benchmarks.speed.measure`).
    ratio
        Of the medians of seconds per unit; less is better.
    yardstick_misses
        What the yardstick itself gets wrong, in words: rivals that match by regular expressions miss rows.
    """

    date: str
    commit: str
    dirty: bool
    case: str
    size: str
    shape: str
    repeats: int
    seconds: float
    seconds_range: list[float]
    mb_s: float | None
    rows_s: float
    cpu_s: float
    peak_mb: float
    yardstick: str
    yardstick_s: float
    yardstick_range: list[float]
    ratio: float
    yardstick_misses: list[str]
    files: int
    cpu: str
    cores: int
    versions: dict[str, str]

    @property
    def series(self) -> tuple[str, str, str, str]:
        """What lines must share to be compared."""
        return (self.case, self.shape, self.size, self.yardstick)


def line_of(result: Result) -> Line:
    """Make the line of a result without problems."""
    runs, yardsticks = result.runs, result.yardstick_runs
    text_bytes = result.archive.answer["bytes"] if result.archive and result.case.of_text else None
    commit, dirty = _checked_out()
    return Line(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit,
        dirty=dirty,
        case=result.case.name,
        size=result.archive.size if result.archive else NOTHING,
        shape=result.archive.shape if result.archive else NOTHING,
        repeats=len(runs),
        seconds=round(result.seconds, 4),
        seconds_range=_range(run.seconds for run in runs),
        mb_s=round(text_bytes / 1e6 / result.seconds, 1) if text_bytes else None,
        rows_s=round(median(run.rows / run.seconds for run in runs)),
        cpu_s=round(median(run.cpu_s for run in runs), 3),
        peak_mb=round(result.peak_mb, 1),
        yardstick=result.case.yardstick.name,
        yardstick_s=round(result.yardstick_s, 4),
        yardstick_range=_range(run.seconds for run in yardsticks),
        ratio=round(result.ratio, 4),
        yardstick_misses=yardsticks[0].wrong,
        files=result.archive.answer["files"] if result.archive else 0,
        cpu=cpu_model(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        versions={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    )


def _range(values: Iterable[float]) -> list[float]:
    ordered = sorted(values)
    return [round(ordered[0], 4), round(ordered[-1], 4)]


def append(lines: Iterable[Line], path: Path = HISTORY) -> None:
    """Add lines at the end of the history."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")


def read(path: Path = HISTORY) -> list[Line]:
    """Return all lines in the order of their dates; fields that are not known are passed over."""
    if not path.exists():
        return []
    known = set(Line.__dataclass_fields__)
    rows: list[dict[str, Any]] = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    lines = [Line(**{name: value for name, value in row.items() if name in known}) for row in rows]
    return sorted(lines, key=lambda line: line.date)


def series(lines: Iterable[Line]) -> dict[tuple[str, str, str, str], list[Line]]:
    """Return the lines of each series, oldest first."""
    found: dict[tuple[str, str, str, str], list[Line]] = {}
    for line in lines:
        found.setdefault(line.series, []).append(line)
    return found


def cpu_model() -> str:
    """Return what the machine calls its processor."""
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in described.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def _checked_out() -> tuple[str, bool]:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=SUITE_ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    # What earlier invocations added to the history is no change of the program.
    changed = git("status", "--porcelain", "--", ".", ":!benchmarks/history")
    return git("rev-parse", "--short=12", "HEAD") or "unknown", bool(changed)
