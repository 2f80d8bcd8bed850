"""Lines of the platform that somebody's text imitates: a request within another one's invocation.

They state no second time. What gives them away is that one container runs one request after the other: a
request that began while another one ran cannot be true. Which of the two is not, their places say: text that
was printed stands between two lines of the request that printed it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from balance_sync.logs.lines import NEVER, Chunks, Origins
from balance_sync.logs.windows import IS_ENDING, PlatformLines, Told, Windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from balance_sync.logs.lines import Lines

_MOST_NESTED = 8
"""Requests within each other that are looked through for the one that printed a line."""


@dataclass(frozen=True, slots=True)
class Forged:
    """Lines of the platform that a request printed; each array has an element for each line.

    Attributes
    ----------
    chunk, row
        Where it is.
    source, line
        As of `Lines`.
    host
        The number of the request that printed it.
    """

    chunk: NDArray[np.int32]
    row: NDArray[np.int64]
    source: NDArray[np.int32]
    line: NDArray[np.int64]
    host: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.row)

    def at(self, places: NDArray[np.integer[Any]] | NDArray[np.bool_]) -> Forged:
        """Return those at `places`."""
        return Forged(*(getattr(self, one.name)[places] for one in fields(self)))

    def rows(self) -> dict[int, NDArray[np.int64]]:
        """Return the rows by chunk."""
        chunks = np.unique(self.chunk).tolist()
        return {chunk: self.row[self.chunk == chunk] for chunk in chunks}


_NOTHING = Forged(
    np.empty(0, dtype=np.int32),
    np.empty(0, dtype=np.int64),
    np.empty(0, dtype=np.int32),
    np.empty(0, dtype=np.int64),
    np.empty(0, dtype=np.int32),
)


def find_forged(told: Told, windows: Windows, chunks: Chunks, origins: Origins) -> Forged:
    """Return the forged lines in `told`, by chunk and row.

    None where a source holds several streams, or still has requests that overlap without them.

    Parameters
    ----------
    chunks
        All lines. They are looked through only where the platform contradicts itself.
    """
    is_doubtful = _contradict(told, windows, origins.is_one_stream)
    if not is_doubtful.any():
        return _NOTHING
    search = _Search(told, windows, _spans(chunks, len(windows.begin)))
    is_doubtful &= ~windows.overlaps_without(search.requests(is_doubtful))
    likely = Forged(*(np.concatenate(arrays) for arrays in zip(*search.pairs(is_doubtful), strict=True)))
    del search
    likely = likely.at(_are_enclosed(chunks, likely.line, likely.host, len(windows.begin)))
    # With the first of the requests that may have printed it.
    _, first = np.unique(likely.chunk.astype(np.int64) << 32 | likely.row, return_index=True)
    forged = likely.at(first)
    if not len(forged):
        return forged
    believed = ~Windows(told.without(forged.rows()), origins).overlaps
    return forged.at(believed[forged.source])


def _contradict(told: Told, windows: Windows, is_one_stream: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return of which of some sources the platform tells of some request while another one ran."""
    contradict = windows.overlaps & is_one_stream
    is_open = windows.is_told & ~windows.is_whole
    for some in told if len(windows.order) and (is_one_stream & ~contradict).any() else ():
        is_outside = (some.at < windows.begin[some.part]) | (some.at > windows.end[some.part])
        # Of requests without a window, and outside of their own, the lines are looked up one by one.
        rows = np.flatnonzero((is_open[some.part] | is_outside) & (is_one_stream & ~contradict)[some.source])
        source, at = some.source[rows], some.at[rows]
        last = windows.last_begun(source, at, side="left")
        inside = (last >= 0) & (at < windows.end[windows.order[last]])
        contradict[source[inside]] = True
    return contradict


def _spans(chunks: Iterable[Lines], parts: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last line of each request."""
    first, last = np.full(parts, NEVER, dtype=np.int64), np.full(parts, -1, dtype=np.int64)
    for lines in chunks:
        own = np.flatnonzero(lines.part >= 0)
        np.minimum.at(first, lines.part[own], lines.line[own])
        np.maximum.at(last, lines.part[own], lines.line[own])
    return first, last


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for lines of the platform that were logged while another request ran, between lines of it."""

    told: Told
    windows: Windows
    spans: tuple[NDArray[np.int64], NDArray[np.int64]]

    def requests(self, is_doubtful: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whether each request has such lines.

        What all others say stays as it is, and where they overlap none is believed to be forged.
        """
        has_some = np.zeros(len(self.windows.begin), dtype=np.bool_)
        for some in self.told:
            for place, _ in self._within_others(some, is_doubtful):
                has_some[some.part[place]] = True
        return has_some

    def pairs(self, is_doubtful: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.integer[Any]], ...]]:
        """Yield the lines, with each request that it may be of: first those that began last."""
        yield tuple(getattr(_NOTHING, one.name) for one in fields(Forged))
        for number, some in enumerate(self.told if is_doubtful.any() else ()):
            for place, host in self._within_others(some, is_doubtful):
                chunk = np.full(len(place), number, dtype=np.int32)
                yield chunk, some.row[place], some.source[place].astype(np.int32), some.line[place], host

    def _within_others(
        self, told: PlatformLines, is_doubtful: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
        windows, (first, behind) = self.windows, self.spans
        rows = np.flatnonzero(is_doubtful[told.source])
        source, at, line = told.source[rows], told.at[rows], told.line[rows]
        last = windows.last_begun(source, at, side="left")
        for nested in range(min(_MOST_NESTED, len(windows.order))):
            place = last - nested
            place[(place < 0) | (windows.source[place] != source)] = -1
            other = windows.order[place]
            inside = (place >= 0) & (other != told.part[rows]) & (at < windows.end[other])
            between = np.flatnonzero(inside & (first[other] < line) & (line < behind[other]))
            yield rows[between], other[between]


def _are_enclosed(
    chunks: Iterable[Lines], line: NDArray[np.int64], host: NDArray[np.int32], parts: int
) -> NDArray[np.bool_]:
    """Return which lines stand between two of a request that had not ended before them."""
    is_host = np.zeros(parts, dtype=np.bool_)
    is_host[host] = True
    by_host = np.argsort(host, kind="stable")
    hosts, last_line = host[by_host], int(line.max(initial=0))
    before = np.full(len(line), -1, dtype=np.int64)
    has_ended, goes_on = np.zeros(len(line), dtype=np.bool_), np.zeros(len(line), dtype=np.bool_)
    for lines in chunks:
        own = np.flatnonzero(lines.part >= 0)
        own = own[is_host[lines.part[own]]]
        if not len(own):
            continue
        own = own[np.lexsort((lines.line[own], lines.part[own]))]
        its_part, its_line = lines.part[own].astype(np.int64), lines.line[own]
        asked = by_host[_places_of(np.unique(its_part), hosts)]
        width = max(int(its_line.max()), last_line) + 1
        place = np.searchsorted(
            its_part * width + its_line, host[asked].astype(np.int64) * width + line[asked]
        )
        following, previous = np.minimum(place, len(own) - 1), np.maximum(place - 1, 0)
        goes_on[asked] |= (place < len(own)) & (its_part[following] == host[asked])
        is_nearer = (place > 0) & (its_part[previous] == host[asked]) & (its_line[previous] > before[asked])
        nearer, previous = asked[is_nearer], previous[is_nearer]
        before[nearer] = its_line[previous]
        has_ended[nearer] = IS_ENDING[lines.kind[own[previous]]]
    enclosed: NDArray[np.bool_] = goes_on & (before >= 0) & ~has_ended
    return enclosed


def _places_of(wanted: NDArray[np.int64], values: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the places of the `wanted` (each once) in sorted `values`."""
    # Of one kind, as numpy would make another copy of all else.
    wanted = wanted.astype(values.dtype)
    begin, end = (np.searchsorted(values, wanted, side=side) for side in ("left", "right"))
    counts = end - begin
    places: NDArray[np.int64] = np.arange(counts.sum()) + np.repeat(
        begin - (np.cumsum(counts) - counts), counts
    )
    return places
