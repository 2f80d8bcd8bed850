"""Requests whose id is no UUID: Lambda itself has none, other runtimes and anonymised logs do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.kinds import ID_AT, KINDS, REQUEST_AT, ClassifiedEvents

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ID = re.compile(rb"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,62}[A-Za-z0-9])?(?=[\t \n])")
"""What may be an id and hold no text of a person: it is kept as it stands."""

_OFFSETS = np.array([REQUEST_AT.get(name, 0) for name in KINDS], dtype=np.int64)
_NONE = frozenset({b"undefined", b"null", b"None"})
"""What is printed where a line was logged outside of any request."""


def add_odd_parts(
    classified: ClassifiedEvents, part: NDArray[np.int64], parts: pl.DataFrame
) -> tuple[NDArray[np.int64], pl.DataFrame]:
    """Give numbers to the requests with odd ids, behind all others; both as `number_parts` has them."""
    rows, begins = _places(classified)
    data, piece, message_at = classified.events.octets.data, classified.events.piece, classified.message_at
    numbers: dict[tuple[str, int], int] = {}
    for row, begin in zip(rows.tolist(), begins.tolist(), strict=True):
        found = _ID.match(data, begin)
        if found and found[0] not in _NONE and (message_at[row] < 0 or data[found.end()] == ord("\t")):
            name = (found[0].decode("ascii"), int(piece[row]))
            part[row] = numbers.setdefault(name, parts.height + len(numbers))
    if not numbers:
        return part, parts
    odd = pl.DataFrame(list(numbers), schema=parts.schema, orient="row")
    return part, pl.concat([parts, odd])


def _places(classified: ClassifiedEvents) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the events that should name a request and have no UUID there, and where it should stand."""
    rows = np.flatnonzero(classified.request_at < 0)
    offset = _OFFSETS[classified.kind[rows]]
    offset[classified.message_at[rows] >= 0] = ID_AT
    should = (offset > 0) & classified.events.is_time[rows]
    rows = rows[should]
    return rows, classified.events.start[rows] + offset[should]
