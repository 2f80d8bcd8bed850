"""From when to when requests ran, as the lines of the platform say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from balance_sync.logs.kinds import ClassifiedEvents

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = np.iinfo(np.int64).max


class Windows:
    """From when to when requests ran, by their parts; a part without a START or an END has none.

    Parameters
    ----------
    part, parts
        For each event the part of a request that it belongs to (-1 for none), and how many there are.
    """

    def __init__(self, classified: ClassifiedEvents, part: NDArray[np.int64], parts: int) -> None:
        events = classified.events
        self.classified = classified
        self.at, self.part, self.piece = events.at, part, events.piece
        self.begin = np.full(parts, NEVER, dtype=np.int64)
        self.end = np.full(parts, -1, dtype=np.int64)
        self.piece_of_part = np.full(parts, -1, dtype=np.int64)
        starts = self._named(classified, "start")
        ends = np.concatenate([self._named(classified, name) for name in ("end", "report")])
        told = np.concatenate([ends, *(self._named(classified, name) for name in ("timeout", "crash"))])
        np.minimum.at(self.begin, part[starts], self.at[starts])
        np.maximum.at(self.end, part[ends], self.at[ends])
        self.piece_of_part[part[starts]] = self.piece[starts]
        # Where an end precedes its start, a clock went back and times prove nothing.
        self.is_whole = (self.begin < NEVER) & (self.end >= self.begin)
        self.is_told = np.zeros(parts, dtype=np.bool_)
        self.is_told[part[np.concatenate([starts, told])]] = True
        pieces = int(self.piece.max(initial=-1)) + 1
        self.first_start = np.full(pieces, NEVER, dtype=np.int64)
        np.minimum.at(self.first_start, self.piece[starts], self.at[starts])

    def _named(self, classified: ClassifiedEvents, name: str) -> NDArray[np.int64]:
        rows = classified.of_kind(name)
        return rows[self.part[rows] >= 0]

    def without(self, suspects: Sequence[int]) -> Windows:
        """Return what the other lines say, without these events."""
        believed = self.classified.but_suspect(np.array(suspects, dtype=np.int64))
        return Windows(believed, self.part, len(self.begin))

    def holds(self, part: int, at: int) -> bool:
        """Return whether a request ran at a moment, and before and after it."""
        return bool(self.is_whole[part] and self.begin[part] < at < self.end[part])

    def of_piece(self, piece: int) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Return begins and ends of the invocations in a piece, in order; `None` where some overlap.

        One container runs one after the other: what overlaps comes from several.
        """
        own = np.flatnonzero((self.piece_of_part == piece) & self.is_whole)
        own = own[np.lexsort((self.end[own], self.begin[own]))]
        begin, end = self.begin[own], self.end[own]
        return None if (begin[1:] < end[:-1]).any() else (begin, end)

    def overlap(self, piece: int) -> bool:
        """Return whether some invocations in a piece overlap."""
        return self.of_piece(piece) is None
