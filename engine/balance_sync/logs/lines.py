"""Events as numbers: what judging needs of them, be their text at hand or read long ago."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = np.iinfo(np.int64).max
"""A moment that is none: later than all others."""

_EVER = np.iinfo(np.int64).min
_SECOND = 1_000_000
_EPOCH = date(1970, 1, 1).toordinal()

TIMES_AGREE = 300 * _SECOND
"""Microseconds by which the two times of a line may differ: AWS itself takes no clock that is off by more.

In a real export they are equal in every one of 44,585 lines.
"""


@dataclass(frozen=True, slots=True)
class Lines:
    """Events of some sources, or of pieces of them; each array has an element for each.

    Attributes
    ----------
    source
        The number of its source.
    line
        1-based line in its source.
    at
        When it was logged, in microseconds since 1970; `NEVER` where it has no time.
    kind
        Position in `KINDS`.
    part
        The number of the request that it belongs to, in its source; -1 for none.
    apart
        By how many microseconds the time within the line is later than `at`; 0 for all that has no other one.
    """

    source: NDArray[np.int64]
    line: NDArray[np.int64]
    at: NDArray[np.int64]
    kind: NDArray[np.uint8]
    part: NDArray[np.integer[Any]]
    apart: NDArray[np.int64]


class Chunks(Protocol):
    """All lines of some sources, in as many chunks as they were cut into, and in any order."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Lines]: ...


@dataclass(frozen=True, slots=True)
class Origins:
    """The sources of lines, by their numbers; all of a source is judged together.

    Attributes
    ----------
    limit
        What was logged earlier is older than the source's log stream; what `stream_limits` gives.
    is_one_stream
        Whether the source is known to hold one log stream alone.
    of_part
        For each request the number of its source.
    """

    limit: NDArray[np.int64]
    is_one_stream: NDArray[np.bool_]
    of_part: NDArray[np.integer[Any]]


def stream_begins(days: Sequence[date | None]) -> NDArray[np.int64]:
    """Return the moments before which log streams cannot have begun that began on `days`."""
    # The day 0 is none, and before everything.
    ordinals = np.array([day.toordinal() if day else 0 for day in days], dtype=np.int64)
    return (ordinals - _EPOCH) * 86_400 * _SECOND - TIMES_AGREE


def stream_limits(
    begins: NDArray[np.int64], early: NDArray[np.int64], events: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the moments before which what is logged in each source is too early.

    None where most of a source is: then the name of its log stream says nothing.

    Parameters
    ----------
    begins
        As `stream_begins` gives them.
    early, events
        How many events of each source are earlier than that, and how many there are.
    """
    return np.where((early > 0) & (early * 2 <= events), begins, _EVER)
