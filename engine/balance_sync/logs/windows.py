"""From when to when requests ran, as the lines of the platform say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from balance_sync.logs.kinds import CODES, KINDS
from balance_sync.logs.lines import NEVER, Lines, Origins

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLATFORM_KINDS = ("start", "end", "report", "timeout", "crash")
IS_PLATFORM = np.array([name in PLATFORM_KINDS for name in KINDS])
IS_ENDING = np.array([name in ("end", "report") for name in KINDS])


@dataclass(frozen=True, slots=True)
class PlatformLines:
    """What the platform says of requests; each array has an element for each line.

    Attributes
    ----------
    chunk, row
        Where the line is among those that it was found in.
    source, line, at, kind, part
        As of `Lines`.
    """

    chunk: NDArray[np.int32]
    row: NDArray[np.int32]
    source: NDArray[np.int32]
    line: NDArray[np.int64]
    at: NDArray[np.int64]
    kind: NDArray[np.uint8]
    part: NDArray[np.int32]

    @classmethod
    def among(cls, chunks: Iterable[Lines]) -> PlatformLines:
        """Find them: there are a few for each request, which is little beside all lines."""
        found = []
        for number, lines in enumerate(chunks):
            rows = np.flatnonzero(IS_PLATFORM[lines.kind] & (lines.part >= 0))
            source, part = (array[rows].astype(np.int32) for array in (lines.source, lines.part))
            chunk = np.full(len(rows), number, dtype=np.int32)
            own = (lines.line[rows], lines.at[rows], lines.kind[rows])
            found.append((chunk, rows.astype(np.int32), source, *own, part))
        return cls(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))

    def without(self, rows: NDArray[np.int64]) -> PlatformLines:
        """Return all but those at `rows`."""
        return PlatformLines(*(np.delete(getattr(self, one.name), rows) for one in fields(self)))


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

    def __init__(self, told: PlatformLines, origins: Origins) -> None:
        parts = len(origins.of_part)
        self._told, self._of_part, self._sources = told, origins.of_part, len(origins.limit)
        self.begin = np.full(parts, NEVER, dtype=np.int64)
        self.end = np.full(parts, -1, dtype=np.int64)
        self.is_told = np.zeros(parts, dtype=np.bool_)
        self.first_start = np.full(self._sources, NEVER, dtype=np.int64)
        starts, ends = self._starts, np.flatnonzero(IS_ENDING[told.kind])
        np.minimum.at(self.begin, told.part[starts], told.at[starts])
        np.maximum.at(self.end, told.part[ends], told.at[ends])
        np.minimum.at(self.first_start, told.source[starts], told.at[starts])
        self.is_told[told.part] = True
        self.is_whole = (self.begin < NEVER) & (self.end >= self.begin)

    @property
    def _starts(self) -> NDArray[np.int64]:
        return np.flatnonzero(self._told.kind == CODES["start"])

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """The requests that have a window, by source, begin, end and line of the START."""
        whole = np.flatnonzero(self.is_whole)
        source, begin = self._of_part[whole], self.begin[whole]
        if np.where(source[1:] == source[:-1], begin[1:] > begin[:-1], source[1:] > source[:-1]).all():
            return whole
        line = np.full(len(self.begin), NEVER, dtype=np.int64)
        starts = self._starts
        np.minimum.at(line, self._told.part[starts], self._told.line[starts])
        return whole[np.lexsort((line[whole], self.end[whole], begin, source))]

    @cached_property
    def source(self) -> NDArray[np.int64]:
        """The sources of `order`."""
        return self._of_part[self.order]

    @cached_property
    def overlaps(self) -> NDArray[np.bool_]:
        """Whether some requests of each source overlap.

        One container runs one after the other: what overlaps comes from several.
        """
        source, begin, end = self.source, self.begin[self.order], self.end[self.order]
        overlaps = np.zeros(self._sources, dtype=np.bool_)
        overlaps[source[1:][(source[1:] == source[:-1]) & (begin[1:] < end[:-1])]] = True
        return overlaps

    @cached_property
    def _moments(self) -> NDArray[np.int64]:
        return np.unique(self.begin[self.order])

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        """A number for each source and moment in `order`, in their order."""
        moment = np.searchsorted(self._moments, self.begin[self.order])
        return self.source * (len(self._moments) + 1) + moment

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
        moment = np.searchsorted(self._moments, at, side=side)
        last = np.searchsorted(self._keys, source * (len(self._moments) + 1) + moment) - 1
        is_own = (last >= 0) & (np.append(self.source, -1)[last] == source)
        return np.where(is_own, last, -1)
