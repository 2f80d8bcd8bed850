"""Application lines that cannot be what they say: forged by text that somebody logged, or pasted in it.

A string that is logged by itself is printed raw, so that a line of it may look like an event of its own. What
gives such an event away is that it does not fit where it stands: the time within it is not that of the event,
or the request that it names was not running. Both are judged within one piece of one source, and only where
that holds the evidence: a request whose START or END is missing, cut off or in another file proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.kinds import KINDS, OUTCOME_OF_KIND, ClassifiedEvents
from balance_sync.logs.rows import at_rows
from balance_sync.logs.split import STAMP_BYTES, read_stamps
from balance_sync.schema import SuspectReason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.sources.batching import TextPiece

_SECOND = 1_000_000
TIMES_AGREE = 300 * _SECOND
"""Microseconds by which the two times of a line may differ: AWS itself takes no clock that is off by more.

In a real export they are equal in every one of 44,585 lines.
"""

OUTSIDE_BY = 5 * _SECOND
"""Microseconds by which a line must lie outside an invocation to be outside: steps of a clock are smaller.

In a real export no line is outside its invocation at all.
"""

SAME_TIME = _SECOND
"""Where the two times of a line differ by more, it came late, and where it stands says nothing.

A container that was frozen writes when it goes on. Some forms of the logs leave milliseconds out.
"""

_MEANS_SOMETHING = np.array(
    [
        name in {"processing", "transaction", "sync_error", *OUTCOME_OF_KIND} - {"timeout", "crash"}
        for name in KINDS
    ]
)
_REASONS = tuple(SuspectReason)
_NEVER = np.iinfo(np.int64).max
_STAMP_WORDS = (0, 8, 16)


def find_suspects(
    classified: ClassifiedEvents, part: NDArray[np.int64], parts: int, pieces: Sequence[TextPiece]
) -> pl.DataFrame:
    """Find the events that cannot be what they say.

    Parameters
    ----------
    part, parts
        For each event the part of a request that it belongs to (-1 for none), and how many there are.

    Returns
    -------
    DataFrame
        ``event`` UInt32 and ``kind`` (what it would be), ``reason`` (of `SuspectReason`), ``said_at`` (its
        own time, null for none), and of the invocation that proves it, or of the pause between two,
        ``began_at`` and ``ended_at``; in the order of the events.
    """
    events = classified.events
    chosen = np.flatnonzero(_MEANS_SOMETHING[classified.kind] & (classified.message_at >= 0))
    said, is_time = _own_times(classified, chosen)
    off = np.abs(said - events.at[chosen])
    reason = np.full(len(chosen), -1, dtype=np.int64)
    reason[~is_time | (off > TIMES_AGREE)] = _REASONS.index(SuspectReason.OTHER_TIME)
    span = np.full((len(chosen), 2), _NEVER, dtype=np.int64)
    placed = is_time & (off <= SAME_TIME) & (part[chosen] >= 0)
    windows = _Windows(classified, part, parts)
    _judge_by_own_invocation(windows, chosen, placed, reason, span)
    _judge_by_others(windows, chosen, placed, pieces, reason, span)
    rows = np.flatnonzero(reason >= 0)
    return pl.DataFrame(
        {
            "event": pl.Series(chosen[rows], dtype=pl.UInt32),
            "kind": classified.kinds().gather(chosen[rows]).cast(pl.String),
            "reason": at_rows(pl.Series([str(one) for one in _REASONS]), reason[rows]),
            "said_at": _times(np.where(is_time, said, _NEVER)[rows]),
            "began_at": _times(span[rows, 0]),
            "ended_at": _times(span[rows, 1]),
        }
    )


def _times(moments: NDArray[np.int64]) -> pl.Series:
    known = pl.Series(moments).set(pl.Series(moments == _NEVER), None)
    return known.cast(pl.Datetime("us", "UTC"))


def _own_times(
    classified: ClassifiedEvents, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the time that each line states itself, and whether it is one."""
    events = classified.events
    start = events.start[chosen]
    differ = np.zeros(len(chosen), dtype=np.bool_)
    for offset in _STAMP_WORDS:
        words = events.octets.words(start + offset)
        differ |= words != events.octets.words(start + STAMP_BYTES + offset)
    said, is_time = events.at[chosen].copy(), np.ones(len(chosen), dtype=np.bool_)
    others = np.flatnonzero(differ)
    _, said[others], is_time[others] = read_stamps(events.octets, start[others] + STAMP_BYTES, behind=b"\t")
    return said, is_time


class _Windows:
    """From when to when requests ran, by their parts; a part without a START or an END has none."""

    def __init__(self, classified: ClassifiedEvents, part: NDArray[np.int64], parts: int) -> None:
        events = classified.events
        self.at, self.part, self.piece = events.at, part, events.piece
        self.begin = np.full(parts, _NEVER, dtype=np.int64)
        self.end = np.full(parts, -1, dtype=np.int64)
        self.piece_of_part = np.full(parts, -1, dtype=np.int64)
        starts = self._named(classified, "start")
        ends = np.concatenate([self._named(classified, name) for name in ("end", "report")])
        told = np.concatenate([ends, *(self._named(classified, name) for name in ("timeout", "crash"))])
        np.minimum.at(self.begin, part[starts], self.at[starts])
        np.maximum.at(self.end, part[ends], self.at[ends])
        self.piece_of_part[part[starts]] = self.piece[starts]
        # Where an end precedes its start, a clock went back and times prove nothing.
        self.is_whole = (self.begin < _NEVER) & (self.end >= self.begin)
        self.is_told = np.zeros(parts, dtype=np.bool_)
        self.is_told[part[np.concatenate([starts, told])]] = True
        pieces = int(self.piece.max(initial=-1)) + 1
        self.first_start = np.full(pieces, _NEVER, dtype=np.int64)
        np.minimum.at(self.first_start, self.piece[starts], self.at[starts])

    def _named(self, classified: ClassifiedEvents, name: str) -> NDArray[np.int64]:
        rows = classified.of_kind(name)
        return rows[self.part[rows] >= 0]

    def of_piece(self, piece: int) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Return begins and ends of the invocations in a piece, in order; `None` where some overlap.

        One container runs one after the other: what overlaps comes from several.
        """
        own = np.flatnonzero((self.piece_of_part == piece) & self.is_whole)
        own = own[np.lexsort((self.end[own], self.begin[own]))]
        begin, end = self.begin[own], self.end[own]
        return None if (begin[1:] < end[:-1]).any() else (begin, end)


def _judge_by_own_invocation(
    windows: _Windows,
    chosen: NDArray[np.int64],
    placed: NDArray[np.bool_],
    reason: NDArray[np.int64],
    span: NDArray[np.int64],
) -> None:
    """Find what was logged well before the START or well after the END of its own request."""
    rows = np.flatnonzero(placed)
    own, at = windows.part[chosen[rows]], windows.at[chosen[rows]]
    # Before the first START of all the text begins within an invocation, which may be an earlier try.
    is_begun = windows.first_start[windows.piece[chosen[rows]]] <= at
    outside = (at > windows.end[own] + OUTSIDE_BY) | (is_begun & (at < windows.begin[own] - OUTSIDE_BY))
    found = rows[outside & windows.is_whole[own]]
    reason[found] = _REASONS.index(SuspectReason.OUTSIDE_INVOCATION)
    span[found, 0] = windows.begin[windows.part[chosen[found]]]
    span[found, 1] = windows.end[windows.part[chosen[found]]]


def _judge_by_others(
    windows: _Windows,
    chosen: NDArray[np.int64],
    placed: NDArray[np.bool_],
    pieces: Sequence[TextPiece],
    reason: NDArray[np.int64],
    span: NDArray[np.int64],
) -> None:
    """Find what names a request of which the stream says nothing, although it says what else was running."""
    rows = np.flatnonzero(placed)
    unknown = rows[~windows.is_told[windows.part[chosen[rows]]]]
    piece = windows.piece[chosen[unknown]]
    for number in np.unique(piece).tolist():
        source = pieces[number].source
        running = windows.of_piece(number) if source.stream != source.label else None
        if running is None or not len(running[0]):
            continue
        begin, end = running
        is_all = pieces[number].number == 0 and pieces[number].is_last
        for row in unknown[piece == number].tolist():
            at = windows.at[chosen[row]]
            last = int(np.searchsorted(begin, at, side="right")) - 1
            if last >= 0 and at <= end[last]:
                reason[row] = _REASONS.index(SuspectReason.INSIDE_ANOTHER)
                span[row] = begin[last], end[last]
            elif is_all and 0 <= last < len(begin) - 1:
                reason[row] = _REASONS.index(SuspectReason.BETWEEN_INVOCATIONS)
                span[row] = end[last], begin[last + 1]
