"""Which lines of a source cannot be what they say, and whose errors are, by all that the source says.

Judged is a source as a whole, in as many chunks as it was cut into: what is found does not depend on where.
A request whose START or END is missing or in another file proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from balance_sync.logs.forged_invocations import find_forged
from balance_sync.logs.found_suspects import Found
from balance_sync.logs.kinds import CODES, KINDS, OUTCOME_OF_KIND
from balance_sync.logs.lines import NEVER, Chunks, Lines, Origins
from balance_sync.logs.unknown_errors import Owned, Owners
from balance_sync.logs.windows import IS_PLATFORM, Told, Windows
from balance_sync.vocabulary import SuspectReason

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SECOND = 1_000_000
OUTSIDE_BY = 5 * _SECOND
"""Microseconds by which a line must lie outside an invocation to be outside: steps of a clock are smaller.

In a real export no line is outside its invocation at all.
"""

SAME_TIME = _SECOND
"""Where the two times of a line differ by more, it came late, and where it stands says nothing.

A container that was frozen writes when it goes on. Some forms of the logs leave milliseconds out.
"""

MEANS_SOMETHING = np.array(
    [
        name in {"processing", "transaction", "sync_error", *OUTCOME_OF_KIND} - {"timeout", "crash"}
        for name in KINDS
    ]
)
"""Which kinds of application lines are judged: of others nothing depends."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in a chunk.

    Attributes
    ----------
    chunk
        Its number.
    lines
        The chunk itself.
    found
        What is suspect.
    owned
        The errors that name no request, and end one.
    """

    chunk: int
    lines: Lines
    found: Found
    owned: Owned


def judge(chunks: Chunks, origins: Origins) -> Iterator[Judged]:
    """Yield what was found in those of the `chunks` in which there is something.

    They are looked through twice, and a few times more where the platform contradicts itself: of one large
    file little is kept in between, a few numbers for each request.
    """
    believed = _ButEarly(chunks, origins)
    told = Told(believed)
    windows = Windows(told, origins)
    forged = find_forged(told, windows, believed, origins)
    rows, span = forged.rows(), (windows.begin[forged.host], windows.end[forged.host])
    if len(forged):
        windows = Windows(told.without(rows), origins)
    del told
    owners = Owners(windows)
    for number, lines in enumerate(chunks):
        here = np.flatnonzero(forged.chunk == number)
        early = _early(lines, origins)
        found = Found.joined(
            [
                Found.of(SuspectReason.BEFORE_STREAM, early),
                Found.of(SuspectReason.INSIDE_ANOTHER, forged.row[here], *(times[here] for times in span)),
                *_judge_by_windows(_without(lines, early), windows, origins),
            ]
        )
        owned = owners.among(lines)
        if len(found.row) or len(owned.row):
            yield Judged(number, lines, found, owned)


def judge_again(lines: Lines, origins: Origins) -> Judged:
    """Return what is found of lines that were doubted, by all that their log streams say.

    Parameters
    ----------
    lines
        The doubted ones, and those of the platform in all sources of each stream, which count as one.
        Where they stand means nothing: the sources of a stream have no order.
    """
    windows = Windows(Told([lines]), origins)
    found = Found.joined(list(_judge_by_windows(lines, windows, origins)))
    return Judged(0, lines, found, Owners(windows).among(lines))


@dataclass(frozen=True, slots=True)
class _ButEarly:
    """Lines without those that are older than their stream."""

    chunks: Chunks
    origins: Origins

    def __len__(self) -> int:
        return len(self.chunks)

    def __iter__(self) -> Iterator[Lines]:
        return (_without(lines, _early(lines, self.origins)) for lines in self.chunks)


def _early(lines: Lines, origins: Origins) -> NDArray[np.int64]:
    """Return which lines are of a day before their log stream began, as its name says."""
    if origins.limit.max(initial=-NEVER) <= -NEVER:
        return np.empty(0, dtype=np.int64)
    is_early = (lines.at < origins.limit[lines.source]) & (IS_PLATFORM | MEANS_SOMETHING)[lines.kind]
    return np.flatnonzero(is_early)


def _without(lines: Lines, suspects: NDArray[np.int64]) -> Lines:
    if not len(suspects):
        return lines
    kind = lines.kind.copy()
    kind[suspects] = CODES["suspect"]
    return replace(lines, kind=kind)


def _placed(lines: Lines) -> NDArray[np.int64]:
    """Return the lines that name a request and did not come late."""
    rows = np.flatnonzero(MEANS_SOMETHING[lines.kind] & (lines.part >= 0))
    return rows[np.abs(lines.apart[rows]) <= SAME_TIME] if lines.apart.any() else rows


def _are_evidence(windows: Windows, origins: Origins) -> NDArray[np.bool_]:
    """Return in which sources it says something what else was running."""
    return origins.is_one_stream & ~windows.overlaps


def _judge_by_windows(lines: Lines, windows: Windows, origins: Origins) -> Iterator[Found]:
    """Judge what has no reason against it so far."""
    rows = _placed(lines)
    yield _judge_by_own_invocation(lines, rows, windows)
    unknown = rows[~windows.is_told[lines.part[rows]]]
    if len(unknown):
        yield from _judge_by_others(lines, unknown, windows, origins)


def _judge_by_own_invocation(lines: Lines, rows: NDArray[np.int64], windows: Windows) -> Found:
    """Find what was logged well before the START or well after the END of its own request."""
    own, at = lines.part[rows], lines.at[rows]
    far = np.flatnonzero((at > windows.end[own] + OUTSIDE_BY) | (at < windows.begin[own] - OUTSIDE_BY))
    rows, own, at = rows[far], own[far], at[far]
    # Before the first START of all the text begins within an invocation, which may be an earlier try.
    is_begun = windows.first_start[lines.source[rows]] <= at
    outside = windows.is_whole[own] & ((at > windows.end[own] + OUTSIDE_BY) | is_begun)
    own = own[outside]
    return Found.of(SuspectReason.OUTSIDE_INVOCATION, rows[outside], windows.begin[own], windows.end[own])


def _judge_by_others(
    lines: Lines, unknown: NDArray[np.int64], windows: Windows, origins: Origins
) -> Iterator[Found]:
    """Find what names a request of which the stream says nothing, although it says what else was running."""
    rows = unknown[_are_evidence(windows, origins)[lines.source[unknown]]]
    last = windows.last_begun(lines.source[rows], lines.at[rows], side="right")
    rows, last = rows[last >= 0], last[last >= 0]
    running = windows.order[last]
    inside = lines.at[rows] <= windows.end[running]
    host = running[inside]
    yield Found.of(SuspectReason.INSIDE_ANOTHER, rows[inside], windows.begin[host], windows.end[host])
    rows, last = rows[~inside], last[~inside]
    followed = last + 1 < len(windows.order)
    rows, last = rows[followed], last[followed]
    between = windows.source[last + 1] == lines.source[rows]
    before, after = (windows.order[place[between]] for place in (last, last + 1))
    yield Found.of(
        SuspectReason.BETWEEN_INVOCATIONS, rows[between], windows.end[before], windows.begin[after]
    )
