"""How long things take: gaps between log events, drawn from the quantiles of the real export."""

from __future__ import annotations

import random
from collections.abc import Sequence

_STEPS = 256
_POINTS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


def spread(quantiles: Sequence[float]) -> tuple[int, ...]:
    """Return 256 equally likely values whose quantiles at 0, 5, 25, 50, 75, 95, 99, 100 % are these."""
    values = []
    for step in range(_STEPS):
        at = (step + 0.5) / _STEPS
        upper = next(i for i, point in enumerate(_POINTS) if point >= at)
        low, high = _POINTS[upper - 1], _POINTS[upper]
        part = (at - low) / (high - low)
        values.append(round(quantiles[upper - 1] + part * (quantiles[upper] - quantiles[upper - 1])))
    return tuple(values)


INIT_TO_START = spread((560, 714, 754, 997, 1179, 1271, 1327, 1493))
START_TO_MESSAGE = spread((1, 15, 25, 28, 62, 160, 218, 316))
MESSAGE_TO_SYNC = spread((4, 5, 5, 6, 7, 44, 79, 329))
SYNC_TO_PUBLISHED = spread((31, 38, 43, 46, 54, 106, 150, 532))
TO_MISMATCH = spread((8, 11, 13, 14, 16, 56, 192, 313))
TO_NEXT_MESSAGE = spread((8, 11, 13, 15, 18, 37, 200, 352))
TO_END = spread((10, 12, 14, 16, 24, 62, 190, 800))
SKIP_TO_END = spread((1, 1, 2, 3, 11, 20, 34, 38))
SHORT = spread((0, 0, 0, 0, 1, 8, 16, 20))
BETWEEN_REQUESTS = spread((2, 8, 20, 60, 160, 700, 2500, 9000))
MEMORY_MB = spread((92, 100, 108, 118, 129, 145, 152, 155))


class Clock:
    """Draws from these tables; one seeded source for all."""

    def __init__(self, rng: random.Random) -> None:
        self._random = rng.random

    def draw(self, table: Sequence[int]) -> int:
        """Return one of `table`'s values."""
        return table[int(self._random() * len(table))]
