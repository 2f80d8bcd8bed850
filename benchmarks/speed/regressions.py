"""Which cases became slower: the newest line of a series against what its last five were before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from benchmarks.speed.history import Line, series

EARLIER = 5
"""Lines before the newest that say what is usual."""

FEWEST = 3
"""With fewer lines before it, nobody can say what is usual: small archives are over in a moment."""

WORSE = 1.15
"""A ratio this many times the usual one is a regression."""


@dataclass(frozen=True)
class Regression:
    """A case whose ratio is worse than it was.

    Attributes
    ----------
    usual
        The median ratio of the lines before.
    """

    line: Line
    usual: float

    @property
    def worse_by(self) -> float:
        """By which part of the usual ratio, e.g. 0.25."""
        return self.line.ratio / self.usual - 1

    def __str__(self) -> str:
        line = self.line
        return (
            f"{line.case} ({line.size}, {line.shape}) at {line.commit}: ratio {line.ratio:.3g} is "
            f"{self.worse_by:.0%} worse than the {self.usual:.3g} that is usual"
        )


def regressions(lines: Iterable[Line]) -> list[Regression]:
    """Return the series whose newest ratio is worse than usual, the worst first."""
    found = []
    for measured in series(lines).values():
        *before, newest = measured
        if len(before) < FEWEST:
            continue
        usual = median(line.ratio for line in before[-EARLIER:])
        if newest.ratio > WORSE * usual:
            found.append(Regression(newest, usual))
    return sorted(found, key=lambda each: -each.worse_by)
