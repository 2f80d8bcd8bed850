"""Which lines of a source cannot be what they say, by all that the source says.

Judged is a source as a whole, in as many chunks as it was cut into: what is found does not depend on where.
A request whose START or END is missing or in another file proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from balance_sync.logs.forged_invocations import find_forged
from balance_sync.logs.found_suspects import Found
from balance_sync.logs.kinds import CODES, KINDS, OUTCOME_OF_KIND
from balance_sync.logs.lines import NEVER, Chunks, Lines, Origins
from balance_sync.logs.windows import IS_PLATFORM, PlatformLines, Windows
from balance_sync.schema import SuspectReason

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


def judge(chunks: Chunks, origins: Origins) -> Iterator[tuple[int, Lines, Found]]:
    """Yield of the `chunks` in which something was found the number, the chunk itself, and what it is.

    They are looked through once, again where the platform contradicts itself, and those for a last time in
    which there may be suspects.
    """
    believed = _ButEarly(chunks, origins)
    placed: list[_Placed] | None = [] if len(chunks) > 1 else None
    told = PlatformLines.among(_noting(believed, placed))
    windows = Windows(told, origins)
    forged, hosts = find_forged(told, windows, believed, origins)
    chunk, row = told.chunk[forged], told.row[forged].astype(np.int64)
    span = windows.begin[hosts], windows.end[hosts]
    if len(forged):
        windows = Windows(told.without(forged), origins)
    for number in range(len(chunks)):
        here = np.flatnonzero(chunk == number)
        is_clear = placed is not None and not placed[number].may_be_suspect(windows, origins)
        if is_clear and not len(here):
            continue
        lines = chunks[number]
        early = _early(lines, origins)
        found = Found.joined(
            [
                Found.of(SuspectReason.BEFORE_STREAM, early),
                Found.of(SuspectReason.INSIDE_ANOTHER, row[here], *(times[here] for times in span)),
                *_judge_by_windows(_without(lines, early), windows, origins),
            ]
        )
        if len(found.row):
            yield number, lines, found


@dataclass(frozen=True, slots=True)
class _Placed:
    """From when to when lines of requests stand in a chunk that are judged by where they stand.

    Attributes
    ----------
    part
        Their requests, of lines that follow each other and are of one.
    first, last
        When the first and the last of these were logged.
    has_early
        Whether there are suspects for another reason.
    """

    part: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    has_early: bool

    @classmethod
    def among(cls, lines: Lines) -> _Placed:
        rows = _placed(lines)
        has_early = bool((lines.kind == CODES["suspect"]).any())
        if not len(rows):
            return cls(rows, rows, rows, has_early)
        part, at = lines.part[rows], lines.at[rows]
        begins = np.flatnonzero(np.diff(part, prepend=-1))
        first, last = np.minimum.reduceat(at, begins), np.maximum.reduceat(at, begins)
        return cls(part[begins], first, last, has_early)

    def may_be_suspect(self, windows: Windows, origins: Origins) -> bool:
        begin, end = windows.begin[self.part], windows.end[self.part]
        is_far = (self.last > end + OUTSIDE_BY) | (self.first < begin - OUTSIDE_BY)
        is_unknown = ~windows.is_told[self.part] & _are_evidence(windows, origins)[origins.of_part[self.part]]
        return self.has_early or bool((windows.is_whole[self.part] & is_far | is_unknown).any())


def _noting(chunks: Iterable[Lines], placed: list[_Placed] | None) -> Iterator[Lines]:
    """Yield the `chunks`, and add to `placed` what is in each."""
    for lines in chunks:
        if placed is not None:
            placed.append(_Placed.among(lines))
        yield lines


@dataclass(frozen=True, slots=True)
class _ButEarly:
    """Lines without those that are older than their stream."""

    chunks: Iterable[Lines]
    origins: Origins

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
    begin, end = windows.begin[windows.order], windows.end[windows.order]
    inside = lines.at[rows] <= end[last]
    yield Found.of(SuspectReason.INSIDE_ANOTHER, rows[inside], begin[last[inside]], end[last[inside]])
    following = np.append(windows.source, -1)[last + 1] == lines.source[rows]
    between = ~inside & following
    last = last[between]
    yield Found.of(SuspectReason.BETWEEN_INVOCATIONS, rows[between], end[last], begin[last + 1])
