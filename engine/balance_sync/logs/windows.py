"""From when to when requests ran, as the lines of the platform say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from balance_sync.logs.kinds import CODES, KINDS
from balance_sync.logs.lines import NEVER, Chunks, Lines, Origins

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLATFORM_KINDS = ("start", "end", "report", "timeout", "crash")
IS_PLATFORM = np.array([name in PLATFORM_KINDS for name in KINDS])
IS_ENDING = np.array([name in ("end", "report") for name in KINDS])

_AT_ONCE = 100_000
"""Requests that are compared with the next one at a time."""

_LANDMARK = 64
"""Requests from one whose begin is looked up first to the next."""


@dataclass(frozen=True, slots=True)
class PlatformLines:
    """What the platform says of requests; each array has an element for each line.

    Attributes
    ----------
    row
        Where the line is among those that it was found in.
    source, line, at, kind, part
        As of `Lines`.
    """

    row: NDArray[np.int64]
    source: NDArray[np.int64]
    line: NDArray[np.int64]
    at: NDArray[np.int64]
    kind: NDArray[np.uint8]
    part: NDArray[np.int64]

    @classmethod
    def among(cls, lines: Lines) -> PlatformLines:
        """Find them."""
        return cls.at_rows(lines, np.flatnonzero(IS_PLATFORM[lines.kind] & (lines.part >= 0)))

    @classmethod
    def at_rows(cls, lines: Lines, rows: NDArray[np.int64]) -> PlatformLines:
        """Return those that are at `rows`."""
        return cls(rows, *(getattr(lines, one.name)[rows] for one in fields(cls)[1:]))

    def without(self, rows: NDArray[np.int64]) -> PlatformLines:
        """Return all but those that are at `rows` of the lines that they were found in."""
        kept = ~np.isin(self.row, rows)
        return PlatformLines(*(getattr(self, one.name)[kept] for one in fields(self)))


class Told:
    """What the platform says in each of some chunks.

    It is looked up anew each time, unless there is one chunk: of a large file it does not fit in memory.
    """

    def __init__(self, chunks: Chunks, *, but: Mapping[int, NDArray[np.int64]] | None = None) -> None:
        self._chunks, self._but = chunks, but or {}
        self._kept = [self._of(0, lines) for lines in chunks] if len(chunks) == 1 else None

    def __iter__(self) -> Iterator[PlatformLines]:
        if self._kept is not None:
            return iter(self._kept)
        return (self._of(number, lines) for number, lines in enumerate(self._chunks))

    def _of(self, number: int, lines: Lines) -> PlatformLines:
        found = PlatformLines.among(lines)
        return found.without(self._but[number]) if number in self._but else found

    def without(self, rows: Mapping[int, NDArray[np.int64]]) -> Told:
        """Return it but for these `rows` of each chunk."""
        return Told(self._chunks, but=rows)


class Windows:
    """From when to when requests ran, by their numbers; one without a START or an END has no such window.

    Attributes
    ----------
    begin, end
        `NEVER` and -1 for none.
    is_whole
        Whether there are both. Where an end precedes its start, a clock went back and times prove nothing.
    is_told
        Whether the platform says anything of a request.
    first_start
        When the first request of each source began.
    """

    def __init__(self, told: Told, origins: Origins) -> None:
        parts, sources = len(origins.of_part), len(origins.limit)
        self._told, self._of_part = told, origins.of_part
        self.begin = np.full(parts, NEVER, dtype=np.int64)
        self.end = np.full(parts, -1, dtype=np.int64)
        self.is_told = np.zeros(parts, dtype=np.bool_)
        self.first_start = np.full(sources, NEVER, dtype=np.int64)
        for some in told:
            starts, ends = _starts(some), np.flatnonzero(IS_ENDING[some.kind])
            np.minimum.at(self.begin, some.part[starts], some.at[starts])
            np.maximum.at(self.end, some.part[ends], some.at[ends])
            np.minimum.at(self.first_start, some.source[starts], some.at[starts])
            self.is_told[some.part] = True
        self.is_whole = (self.begin < NEVER) & (self.end >= self.begin)

    @cached_property
    def order(self) -> NDArray[np.int32]:
        """The requests that have a window, by source, begin, end and line of the START."""
        whole = np.flatnonzero(self.is_whole).astype(np.int32)
        if self._follow_each_other(whole):
            return whole
        whole = whole[self._by_begin(whole)]
        source, begin = self._of_part[whole], self.begin[whole]
        ties = np.flatnonzero((source[1:] == source[:-1]) & (begin[1:] == begin[:-1]))
        if len(ties):
            equal = np.union1d(ties, ties + 1)
            tied = whole[equal]
            line = self._start_lines(tied)
            whole[equal] = tied[np.lexsort((line, self.end[tied], begin[equal], source[equal]))]
        return whole

    def _follow_each_other(self, parts: NDArray[np.int32]) -> bool:
        for some in _overlapping_pieces(parts):
            source, begin = self._of_part[some], self.begin[some]
            is_later = begin[1:] > begin[:-1]
            if not np.where(source[1:] == source[:-1], is_later, source[1:] > source[:-1]).all():
                return False
        return True

    def _by_begin(self, parts: NDArray[np.int32]) -> NDArray[np.int64]:
        source, begin = self._of_part[parts], self.begin[parts]
        is_one = (source == source[0]).all()
        return np.argsort(begin, kind="stable") if is_one else np.lexsort((begin, source))

    def _start_lines(self, parts: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return of some requests, each once, the line of the first START."""
        by_part = np.argsort(parts)
        known = parts[by_part]
        line = np.full(len(parts), NEVER, dtype=np.int64)
        for some in self._told:
            starts = _starts(some)
            part = some.part[starts]
            place = np.minimum(np.searchsorted(known, part), len(known) - 1)
            found = known[place] == part
            np.minimum.at(line, by_part[place[found]], some.line[starts[found]])
        return line

    @cached_property
    def source(self) -> NDArray[np.integer[Any]]:
        """The sources of `order`."""
        return self._of_part[self.order]

    @cached_property
    def overlaps(self) -> NDArray[np.bool_]:
        """Whether some requests of each source overlap.

        One container runs one after the other: what overlaps comes from several.
        """
        return self._overlap(self.order)

    def overlaps_without(self, excluded: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the same of all requests but some."""
        return self._overlap(self.order[~excluded[self.order]])

    def _overlap(self, ordered: NDArray[np.int32]) -> NDArray[np.bool_]:
        overlaps = np.zeros(len(self.first_start), dtype=np.bool_)
        for some in _overlapping_pieces(ordered):
            source, begin, end = self._of_part[some], self.begin[some], self.end[some]
            overlaps[source[1:][(source[1:] == source[:-1]) & (begin[1:] < end[:-1])]] = True
        return overlaps

    def last_begun(
        self, source: NDArray[np.int64], at: NDArray[np.int64], *, side: Literal["left", "right"]
    ) -> NDArray[np.int64]:
        """Return the place in `order` of the request of a source that began last before a moment.

        Parameters
        ----------
        side
            Whether one that began at that very moment is none of them (``left``) or is (``right``).

        Returns
        -------
        NDArray
            -1 where none had begun.
        """
        last = np.full(len(source), -1, dtype=np.int64)
        if not len(source):
            return last
        by_source = np.argsort(source, kind="stable")
        # Of the kind that they are compared with, as numpy would make a copy of all of these else.
        sources, first = np.unique(source[by_source].astype(self.source.dtype), return_index=True)
        spans = (np.searchsorted(self.source, sources, side=end) for end in ("left", "right"))
        for begin, end, own in zip(*spans, np.split(by_source, first[1:]), strict=True):
            begun = self._count_begun(begin, end, at[own], side)
            last[own] = np.where(begun > 0, begin + begun - 1, -1)
        return last

    def _count_begun(
        self, first: int, behind: int, at: NDArray[np.int64], side: Literal["left", "right"]
    ) -> NDArray[np.int64]:
        """Return how many of the requests ``order[first:behind]`` began before each moment `at`."""
        # Between landmarks by hand: numpy would want all times in one array.
        mark = -(-first // _LANDMARK)
        marks = self._landmarks[mark : -(-behind // _LANDMARK)]
        known = np.searchsorted(marks, at, side=side)
        low = np.where(known > 0, (mark + known - 1) * _LANDMARK + 1, first)
        high = np.minimum((mark + known) * _LANDMARK, behind)
        while len(searched := np.flatnonzero(low < high)):
            middle = (low[searched] + high[searched]) // 2
            begun = self.begin[self.order[middle]]
            is_before = begun <= at[searched] if side == "right" else begun < at[searched]
            low[searched[is_before]] = middle[is_before] + 1
            high[searched[~is_before]] = middle[~is_before]
        return low - first

    @cached_property
    def _landmarks(self) -> NDArray[np.int64]:
        """When every so manieth of `order` began."""
        return self.begin[self.order[::_LANDMARK]]


def _overlapping_pieces(parts: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    """Yield `parts` piece by piece; each begins with what the one before ends with."""
    return (parts[first : first + _AT_ONCE + 1] for first in range(0, len(parts), _AT_ONCE))


def _starts(told: PlatformLines) -> NDArray[np.int64]:
    return np.flatnonzero(told.kind == CODES["start"])
