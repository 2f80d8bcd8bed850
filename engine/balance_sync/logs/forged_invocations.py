"""Lines of the platform that somebody's text imitates: a request within another one's invocation.

They state no second time. What gives them away is that one container runs one request after the other: a
request that began while another one ran cannot be true. Which of the two is not, their places say: text that
was printed stands between two lines of the request that printed it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from balance_sync.logs.kinds import CODES, KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.windows import Windows
    from balance_sync.sources.batching import TextPiece

_MOST_NESTED = 8
"""Requests within each other that are looked through for the one that printed a line."""

PLATFORM_KINDS = ("start", "end", "report", "timeout", "crash")
_IS_PLATFORM = np.array([name in PLATFORM_KINDS for name in KINDS])
_ENDING_CODES = frozenset(CODES[name] for name in ("end", "report"))


def find_forged(windows: Windows, pieces: Sequence[TextPiece]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the forged lines of the platform, and for each the part of the request that printed it.

    None where a file holds several streams, or still has requests that overlap without them.
    """
    events: list[int] = []
    hosts: list[int] = []
    for number in _contradictory(windows).tolist():
        source = pieces[number].source
        if source.stream == source.label:
            continue
        begin, end = np.searchsorted(windows.piece, [number, number + 1])
        printed = _printed(windows, int(begin), int(end))
        if printed and not windows.without([event for event, _ in printed]).overlap(number):
            events += [event for event, _ in printed]
            hosts += [host for _, host in printed]
    return np.array(events, dtype=np.int64), np.array(hosts, dtype=np.int64)


def _contradictory(windows: Windows) -> NDArray[np.int64]:
    """Return the pieces in which the platform tells of some request while another one ran."""
    whole = np.flatnonzero(windows.is_whole)
    whole = whole[np.lexsort((windows.begin[whole], windows.piece_of_part[whole]))]
    piece, begin, end = windows.piece_of_part[whole], windows.begin[whole], windows.end[whole]
    overlapping = piece[1:][(piece[1:] == piece[:-1]) & (begin[1:] < end[:-1])]
    # Of requests without a window the lines are looked up one by one; one element more, for no request.
    is_open = np.append(windows.is_told & ~windows.is_whole, False)
    if not is_open.any() or not len(whole):
        return np.unique(overlapping)
    lines = np.flatnonzero(is_open[windows.part] & _IS_PLATFORM[windows.classified.kind])
    moments = np.unique(begin)
    # A number for each piece and moment, in their order.
    keys = piece * (len(moments) + 1) + np.searchsorted(moments, begin)
    of_line, at = windows.piece[lines], windows.at[lines]
    last = np.searchsorted(keys, of_line * (len(moments) + 1) + np.searchsorted(moments, at)) - 1
    inside = (last >= 0) & (piece[last] == of_line) & (at < end[last])
    return np.unique(np.concatenate([overlapping, of_line[inside]]))


def _printed(windows: Windows, begin: int, end: int) -> list[tuple[int, int]]:
    """Return lines of the platform that stand among those of another request, with that request."""
    rows = (begin + np.flatnonzero(windows.part[begin:end] >= 0)).tolist()
    kind, part = windows.classified.kind, windows.part
    places: dict[int, list[int]] = {}
    for row in rows:
        places.setdefault(int(part[row]), []).append(row)
    whole = sorted((int(windows.begin[one]), one) for one in places if windows.is_whole[one])
    begins = [moment for moment, _ in whole]
    printed = []
    for row in rows:
        if _IS_PLATFORM[kind[row]]:
            at = int(windows.at[row])
            last = bisect_left(begins, at)
            for _, other in reversed(whole[max(0, last - _MOST_NESTED) : last]):
                if part[row] != other and windows.holds(other, at) and _encloses(kind, places[other], row):
                    printed.append((row, other))
                    break
    return printed


def _encloses(kind: NDArray[np.uint8], places: list[int], row: int) -> bool:
    """Return whether a request, whose lines are at `places`, goes on behind `row` and had not ended."""
    following = bisect_left(places, row)
    return 0 < following < len(places) and kind[places[following - 1]] not in _ENDING_CODES
