"""What balance-sync promises of its speed and memory, and what the history says about it.

The newest line of a size keeps or misses a promise about that size; one that nobody has measured says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.speed.archives import SHAPES
from benchmarks.speed.history import NOTHING, Line

Key = tuple[str, str, str]
"""Case, size, shape."""

TINY_FILES = "160MB"
"""Text of about 100,000 tiny files."""


@dataclass(frozen=True)
class Bar:
    """A promise.

    Attributes
    ----------
    needs
        The lines that it is about.
    figure
        Makes one number of them, which must not exceed `limit`.
    """

    promise: str
    needs: tuple[Key, ...]
    figure: Callable[[list[Line]], float]
    limit: float


@dataclass(frozen=True)
class Standing:
    """A promise beside the newest measurement; `found` is None where there is none."""

    bar: Bar
    found: float | None
    commits: tuple[str, ...]

    @property
    def word(self) -> str:
        """Whether it is kept."""
        if self.found is None:
            return "not measured"
        return "kept" if self.found <= self.bar.limit else "missed"


def _ratio(lines: list[Line]) -> float:
    return lines[0].ratio


def _peak(lines: list[Line]) -> float:
    return lines[0].peak_mb


def _growth(lines: list[Line]) -> float:
    return lines[1].seconds / lines[0].seconds


def _peak_growth(lines: list[Line]) -> float:
    return lines[1].peak_mb / lines[0].peak_mb


def _seconds(lines: list[Line]) -> float:
    return lines[0].seconds


def _of_both_sizes(case: str, shape: str) -> tuple[Key, Key]:
    return (case, "1GB", shape), (case, "10GB", shape)


BARS: tuple[Bar, ...] = (
    Bar("logs to tables, time of `gzip -dc`", (("tables", "1GB", "export"),), _ratio, 0.8),
    Bar("whole job without reports, time of `gzip -dc`", (("job", "1GB", "export"),), _ratio, 1.8),
    Bar("100,000 tiny files to tables, time of `gzip -dc`", (("tables", TINY_FILES, "tiny"),), _ratio, 1.2),
    Bar("logs that no cache holds to tables", (("cold-tables", "1GB", "export"),), _ratio, 0.8),
    *(
        Bar(f"{words}, peak MB at {size}, {shape}", ((case, size, shape),), _peak, limit)
        for case, words, limit in (("tables", "logs to tables", 500.0), ("job", "whole job", 1500.0))
        for shape in SHAPES
        for size in ("1GB", "10GB")
    ),
    *(
        Bar(f"{words}, peak at 10 GB over 1 GB, {shape}", _of_both_sizes(case, shape), _peak_growth, 1.15)
        for case, words in (("tables", "logs to tables"), ("job", "whole job"))
        for shape in SHAPES
    ),
    Bar("logs to tables, time at 10 GB over 1 GB", _of_both_sizes("tables", "export"), _growth, 10.5),
    Bar("whole job, time at 10 GB over 1 GB", _of_both_sizes("job", "export"), _growth, 10.5),
    Bar("a day more to tables, time of reading all", (("increment-tables", "1GB", "export"),), _ratio, 0.05),
    Bar("whole job on a day more, time of a full run", (("increment-job", "1GB", "export"),), _ratio, 0.05),
    Bar("time of a script of pandas and re", (("against-pandas", "1GB", "export"),), _ratio, 1 / 25),
    Bar("workbook, time a cell of `write_excel`", (("workbook", "1GB", "export"),), _ratio, 1 / 4),
    Bar("workbook of 1,000,000 rows, peak MB", (("workbook", "1GB", "export"),), _peak, 400),
    Bar("`--help`, seconds", (("help", NOTHING, NOTHING),), _seconds, 0.3),
    Bar("`import balance_sync`, seconds", (("import", NOTHING, NOTHING),), _seconds, 0.1),
)


def standings(lines: Sequence[Line]) -> list[Standing]:
    """Return each promise with what the newest lines say."""
    newest = {(line.case, line.size, line.shape): line for line in lines}
    found = []
    for bar in BARS:
        needed = [newest[key] for key in bar.needs if key in newest]
        complete = len(needed) == len(bar.needs)
        figure = bar.figure(needed) if complete else None
        found.append(Standing(bar, figure, tuple(dict.fromkeys(line.commit for line in needed))))
    return found
