"""Lines of the platform that somebody's text imitates: a request within another one's invocation.

They state no second time. What gives them away is that one container runs one request after the other: a
request that began while another one ran cannot be true. Which of the two is not, their places say: text that
was printed stands between two lines of the request that printed it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from balance_sync.logs.lines import Lines, Origins
from balance_sync.logs.windows import IS_ENDING, PlatformLines, Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_NESTED = 8
"""Requests within each other that are looked through for the one that printed a line."""


def find_forged(
    told: PlatformLines, windows: Windows, chunks: Iterable[Lines], origins: Origins
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the forged lines in `told`, and for each the request that printed it.

    None where a source holds several streams, or still has requests that overlap without them.

    Parameters
    ----------
    chunks
        All lines. They are looked through only where the platform contradicts itself.
    """
    is_doubtful = _contradict(told, windows) & origins.is_one_stream
    if not is_doubtful.any():
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    likely, others = _within_others(told, windows, np.flatnonzero(is_doubtful[told.source]))
    enclosed = _are_enclosed(chunks, told.line[likely], others, len(windows.begin))
    rows, first = np.unique(likely[enclosed].astype(np.int64), return_index=True)
    hosts = others[enclosed][first].astype(np.int64)
    believed = ~Windows(told.without(rows), origins).overlaps[told.source[rows]]
    return rows[believed], hosts[believed]


def _contradict(told: PlatformLines, windows: Windows) -> NDArray[np.bool_]:
    """Return of which sources the platform tells of some request while another one ran."""
    contradict = windows.overlaps.copy()
    is_open = windows.is_told & ~windows.is_whole
    is_outside = (told.at < windows.begin[told.part]) | (told.at > windows.end[told.part])
    # Of requests without a window, and outside of their own, the lines are looked up one by one.
    lines = np.flatnonzero(is_open[told.part] | is_outside)
    if len(lines) and len(windows.order):
        last = windows.last_begun(told.source[lines].astype(np.int64), told.at[lines], side="left")
        inside = (last >= 0) & (told.at[lines] < windows.end[windows.order[last]])
        contradict[told.source[lines[inside]]] = True
    return contradict


def _within_others(
    told: PlatformLines, windows: Windows, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return those of `rows` that were logged while others ran, with each: first with all that began last."""
    source, at = told.source[rows].astype(np.int64), told.at[rows]
    last = windows.last_begun(source, at, side="left")
    row, host = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
    for nested in range(min(_MOST_NESTED, len(windows.order))):
        place = last - nested
        place[(place < 0) | (windows.source[place] != source)] = -1
        other = windows.order[place]
        inside = np.flatnonzero((place >= 0) & (other != told.part[rows]) & (at < windows.end[other]))
        # Millions, where a file holds many streams: in half of the memory.
        row = np.append(row, rows[inside].astype(np.int32))
        host = np.append(host, other[inside].astype(np.int32))
    return row, host


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
        its_part, its_line = lines.part[own], lines.line[own]
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
