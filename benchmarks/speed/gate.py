"""What continuous integration refuses: a wrong answer, too much memory, a ratio far out of line.

Never a wall clock, and no ratio that is merely worse: machines are shared, and a small archive is over before
Python has started. So a ratio may be three times its bar, and what starting costs is added, measured in the
same minutes by importing what every run imports.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.speed.case import Case

TOLERANCE = 3.0
"""How many times its bar a ratio may be."""


@dataclass(frozen=True)
class Figures:
    """What is judged of a case; `start_s` is what starting a run cost in the same minutes."""

    ratio: float
    yardstick_s: float
    peak_mb: float
    start_s: float


def ratio_limit(case: Case, figures: Figures) -> float:
    """Return the ratio that is out of line."""
    allowance = figures.start_s / figures.yardstick_s if case.starts else 0.0
    return TOLERANCE * (case.bar + allowance)


def objections(case: Case, figures: Figures) -> list[str]:
    """Say in words what is refused; nothing if all is well."""
    found = []
    if figures.peak_mb > case.memory_mb:
        found.append(f"took {figures.peak_mb:.0f} MB; the ceiling is {case.memory_mb:.0f} MB")
    limit = ratio_limit(case, figures)
    if figures.ratio > limit:
        found.append(
            f"takes {figures.ratio:.3g} times as long as {case.yardstick.name}; "
            f"beyond {limit:.3g} it is out of line (bar {case.bar:g})"
        )
    return found
