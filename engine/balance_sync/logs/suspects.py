"""Application lines that cannot be what they say: forged by text that somebody logged, or pasted in it.

A string that is logged by itself is printed raw, so that a line of it may look like an event of its own. What
gives such an event away is that it does not fit where it stands: the time within it is not that of the event,
or the request that it names was not running. Both are judged within one piece of one source, and only where
that holds the evidence: a request whose START or END is missing, cut off or in another file proves nothing.
So are lines of the platform that imitate a request within another one, and all that is older than its stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.forged_invocations import PLATFORM_KINDS, find_forged
from balance_sync.logs.kinds import KINDS, OUTCOME_OF_KIND, ClassifiedEvents
from balance_sync.logs.octets import blocks
from balance_sync.logs.rows import at_rows
from balance_sync.logs.split import STAMP_BYTES, read_stamps
from balance_sync.logs.windows import NEVER, Windows
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
_IS_PLATFORM = np.array([name in PLATFORM_KINDS for name in KINDS])
_REASONS = tuple(SuspectReason)
_EPOCH = date(1970, 1, 1).toordinal()
_STAMP_WORDS = (0, 8, 16)
_BLOCK = 4096
"""Lines that are looked at together: as many as the processor's cache holds."""


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
    is_early = _are_early(classified, pieces)
    windows, platform = _believed(classified, part, parts, pieces, is_early)
    chosen = np.flatnonzero(_MEANS_SOMETHING[classified.kind] & (classified.message_at >= 0))
    said, is_time = _own_times(classified, chosen)
    off = np.abs(said - events.at[chosen])
    reason = np.full(len(chosen), -1, dtype=np.int64)
    reason[is_early[chosen]] = _REASONS.index(SuspectReason.BEFORE_STREAM)
    reason[~is_time | (off > TIMES_AGREE)] = _REASONS.index(SuspectReason.OTHER_TIME)
    span = np.full((len(chosen), 2), NEVER, dtype=np.int64)
    placed = is_time & (off <= SAME_TIME) & (part[chosen] >= 0) & (reason < 0)
    _judge_by_own_invocation(windows, chosen, placed, pieces, reason, span)
    _judge_by_others(windows, chosen, placed, pieces, reason, span)
    rows = np.flatnonzero(reason >= 0)
    said = np.where(is_time, said, NEVER)
    found = _suspects(classified, chosen[rows], reason[rows], said[rows], span[rows])
    return pl.concat([found, platform]).sort("event") if platform.height else found


def _suspects(
    classified: ClassifiedEvents,
    chosen: NDArray[np.int64],
    reason: NDArray[np.int64],
    said: NDArray[np.int64],
    span: NDArray[np.int64],
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event": pl.Series(chosen, dtype=pl.UInt32),
            "kind": at_rows(pl.Series(KINDS), classified.kind[chosen].astype(np.int64)),
            "reason": at_rows(pl.Series(_REASONS, dtype=pl.String), reason),
            "said_at": _times(said),
            "began_at": _times(span[:, 0]),
            "ended_at": _times(span[:, 1]),
        }
    )


def _are_early(classified: ClassifiedEvents, pieces: Sequence[TextPiece]) -> NDArray[np.bool_]:
    """Return which events are of a day before their log stream began, as its name says.

    None where most of a piece are: then the name says nothing.
    """
    events = classified.events
    # The day 0 is none, and before everything.
    days = [day.toordinal() if (day := piece.source.stream_date) else 0 for piece in pieces]
    firsts = (np.array(days, dtype=np.int64) - _EPOCH) * 86_400 * _SECOND - TIMES_AGREE
    begins = np.flatnonzero(np.diff(events.piece, prepend=-1))
    if not len(begins) or (np.minimum.reduceat(events.at, begins) >= firsts[events.piece[begins]]).all():
        return np.zeros(len(events), dtype=np.bool_)
    are_early: NDArray[np.bool_] = events.is_time & (events.at < firsts[events.piece])
    early, all_ = (np.bincount(p, minlength=len(days)) for p in (events.piece[are_early], events.piece))
    are_early &= (early * 2 <= all_)[events.piece]
    return are_early


def _believed(
    classified: ClassifiedEvents,
    part: NDArray[np.int64],
    parts: int,
    pieces: Sequence[TextPiece],
    is_early: NDArray[np.bool_],
) -> tuple[Windows, pl.DataFrame]:
    """Return when requests ran, and the lines of the platform that are not believed, as `find_suspects`."""
    windows = Windows(classified, part, parts)
    early = np.flatnonzero(is_early)
    if len(early):
        early = early[_IS_PLATFORM[classified.kind[early]]]
        windows = windows.without(early.tolist())
    forged, hosts = find_forged(windows, pieces)
    if len(forged):
        windows = windows.without(forged.tolist())
    if not len(early) and not len(forged):
        return windows, pl.DataFrame()
    reason = np.repeat(
        [_REASONS.index(one) for one in (SuspectReason.BEFORE_STREAM, SuspectReason.INSIDE_ANOTHER)],
        [len(early), len(forged)],
    )
    span = np.full((len(reason), 2), NEVER, dtype=np.int64)
    span[len(early) :, 0], span[len(early) :, 1] = windows.begin[hosts], windows.end[hosts]
    nothing = np.full(len(reason), NEVER, dtype=np.int64)
    return windows, _suspects(classified, np.concatenate([early, forged]), reason, nothing, span)


def _times(moments: NDArray[np.int64]) -> pl.Series:
    known = pl.Series(moments).set(pl.Series(moments == NEVER), None)
    return known.cast(pl.Datetime("us", "UTC"))


def _own_times(
    classified: ClassifiedEvents, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the time that each line states itself, and whether it is one."""
    events = classified.events
    start = events.start[chosen]
    differ = np.zeros(len(chosen), dtype=np.bool_)
    for block in blocks(len(chosen), _BLOCK):
        rows = events.octets.rows(start[block], 2 * STAMP_BYTES)
        for offset in _STAMP_WORDS:
            differ[block] |= rows.words(offset) != rows.words(STAMP_BYTES + offset)
    said, is_time = events.at[chosen].copy(), np.ones(len(chosen), dtype=np.bool_)
    others = np.flatnonzero(differ)
    if len(others):
        _, said[others], is_time[others] = read_stamps(
            events.octets, start[others] + STAMP_BYTES, behind=b"\t"
        )
    return said, is_time


def _judge_by_own_invocation(
    windows: Windows,
    chosen: NDArray[np.int64],
    placed: NDArray[np.bool_],
    pieces: Sequence[TextPiece],
    reason: NDArray[np.int64],
    span: NDArray[np.int64],
) -> None:
    """Find what was logged well before the START or well after the END of its own request.

    Only in whole files: where a large one is cut, another try of the request may be in the other piece.
    """
    are_whole = np.array([_is_whole(piece) for piece in pieces], dtype=np.bool_)
    rows = np.flatnonzero(placed & are_whole[windows.piece[chosen]])
    own, at = windows.part[chosen[rows]], windows.at[chosen[rows]]
    far = np.flatnonzero((at > windows.end[own] + OUTSIDE_BY) | (at < windows.begin[own] - OUTSIDE_BY))
    rows, own, at = rows[far], own[far], at[far]
    # Before the first START of all the text begins within an invocation, which may be an earlier try.
    is_begun = windows.first_start[windows.piece[chosen[rows]]] <= at
    outside = (at > windows.end[own] + OUTSIDE_BY) | is_begun
    found = rows[outside & windows.is_whole[own]]
    reason[found] = _REASONS.index(SuspectReason.OUTSIDE_INVOCATION)
    span[found, 0] = windows.begin[windows.part[chosen[found]]]
    span[found, 1] = windows.end[windows.part[chosen[found]]]


def _is_whole(piece: TextPiece) -> bool:
    return piece.number == 0 and piece.is_last


def _judge_by_others(
    windows: Windows,
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
        is_all = _is_whole(pieces[number])
        for row in unknown[piece == number].tolist():
            at = windows.at[chosen[row]]
            last = int(np.searchsorted(begin, at, side="right")) - 1
            if last >= 0 and at <= end[last]:
                reason[row] = _REASONS.index(SuspectReason.INSIDE_ANOTHER)
                span[row] = begin[last], end[last]
            elif is_all and 0 <= last < len(begin) - 1:
                reason[row] = _REASONS.index(SuspectReason.BETWEEN_INVOCATIONS)
                span[row] = end[last], begin[last + 1]
