"""Application lines that cannot be what they say: forged by text that somebody logged, or pasted in it.

A string that is logged by itself is printed raw, so that a line of it may look like an event of its own. What
gives such an event away is that it does not fit where it stands: the time within it is not that of the event,
or the request that it names was not running. The first is told by the line alone, the second by all that its
source says (`balance_sync.logs.judgement`); and so are lines of the platform that imitate a request within
another one, and all that is older than its stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.found_suspects import Found
from balance_sync.logs.judgement import MEANS_SOMETHING, judge
from balance_sync.logs.kinds import CODES, ClassifiedEvents
from balance_sync.logs.lines import NEVER, TIMES_AGREE, Lines, Origins, stream_begins, stream_limits
from balance_sync.logs.split import STAMP_BYTES, Events, read_stamps
from balance_sync.logs.unknown_errors import Owned
from balance_sync.vocabulary import SuspectReason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.sources.reading import TextPiece


@dataclass(frozen=True, slots=True)
class Suspects:
    """What is suspect, and what it takes to judge the pieces of sources that go on elsewhere.

    Attributes
    ----------
    found
        ``event`` UInt32 and ``kind`` (what it would be), ``reason`` (of `SuspectReason`), ``said_at`` (its
        own time, null for none), and of the invocation that proves it, or of the pause between two,
        ``began_at`` and ``ended_at``; in the order of the events. In pieces that are no whole source only
        what the line alone tells.
    apart
        For each event by how many microseconds the time within it is later, if that is believed; else 0.
    early
        For each piece how many of its events are of a day before its log stream began.
    owned
        The errors that name no request and end one; none in pieces that are no whole source.
    """

    found: pl.DataFrame
    apart: NDArray[np.int64]
    early: NDArray[np.int64]
    owned: Owned


def find_suspects(
    classified: ClassifiedEvents,
    part: NDArray[np.int64],
    parts: pl.DataFrame,
    pieces: Sequence[TextPiece],
    *,
    judged: bool = True,
) -> Suspects:
    """Find the events that cannot be what they say.

    Parameters
    ----------
    part, parts
        As `number_parts` gives them.
    judged
        Whether sources that are whole are judged by all that they say.
    """
    events = classified.events
    apart = _apart(classified)
    off = np.flatnonzero(np.abs(apart) > TIMES_AGREE)
    begins = stream_begins([piece.source.stream_date for piece in pieces])
    early = _count_early(events, begins)
    origins = Origins(
        limit=stream_limits(begins, early, np.bincount(events.piece, minlength=len(pieces))),
        is_one_stream=np.array([one.source.stream != one.source.label for one in pieces], dtype=np.bool_),
        of_part=parts["source"].to_numpy().astype(np.int64),
    )
    lines = _lines(classified, part, apart)
    unjudged = _in_cut_pieces(events, pieces) if judged else np.arange(len(events))
    judgements = list(judge([_but(lines, off, unjudged)], origins))
    found = Found.joined([Found.of(SuspectReason.OTHER_TIME, off), *(one.found for one in judgements)])
    frame = found.frame(lines)
    apart[off] = 0
    return Suspects(frame, apart, early, judgements[0].owned if judgements else Owned.none())


def _lines(classified: ClassifiedEvents, part: NDArray[np.int64], apart: NDArray[np.int64]) -> Lines:
    events = classified.events
    at = events.at if events.is_time.all() else np.where(events.is_time, events.at, NEVER)
    return Lines(events.piece, events.line, at, classified.kind, part, apart)


def _in_cut_pieces(events: Events, pieces: Sequence[TextPiece]) -> NDArray[np.int64]:
    """Return the events of pieces that are no whole source."""
    are_cut = np.array([not piece.is_whole for piece in pieces], dtype=np.bool_)
    return np.flatnonzero(are_cut[events.piece]) if are_cut.any() else np.empty(0, dtype=np.int64)


def _but(lines: Lines, suspects: NDArray[np.int64], unjudged: NDArray[np.int64]) -> Lines:
    """Return lines of which the `suspects` are such, and the `unjudged` say nothing."""
    if not len(suspects) and not len(unjudged):
        return lines
    kind, part = lines.kind.copy(), lines.part.copy()
    kind[suspects] = CODES["suspect"]
    kind[unjudged], part[unjudged] = CODES["other"], -1
    return replace(lines, kind=kind, part=part)


def _count_early(events: Events, begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many events of each piece are earlier than the moment that `begins` says."""
    first = np.flatnonzero(np.diff(events.piece, prepend=-1))
    if not len(first) or (np.minimum.reduceat(events.at, first) >= begins[events.piece[first]]).all():
        return np.zeros(len(begins), dtype=np.int64)
    are_early = events.is_time & (events.at < begins[events.piece])
    return np.bincount(events.piece[are_early], minlength=len(begins))


def _apart(classified: ClassifiedEvents) -> NDArray[np.int64]:
    """Return for each event by how much its own time is later: where that is none, until `NEVER`."""
    events = classified.events
    chosen = np.flatnonzero(MEANS_SOMETHING[classified.kind] & (classified.message_at >= 0))
    start = events.start[chosen]
    # All of a stamp but the sign behind it.
    differ = events.octets.differ_within(start, STAMP_BYTES, STAMP_BYTES - 1)
    apart = np.zeros(len(events), dtype=np.int64)
    others = chosen[differ]
    if len(others):
        _, said, is_time = read_stamps(events.octets, start[differ] + STAMP_BYTES, behind=b"\t")
        apart[others] = np.where(is_time, said, NEVER) - events.at[others]
    return apart
