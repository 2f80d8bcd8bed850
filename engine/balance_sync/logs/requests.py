"""Which request each event belongs to, as numbers that are quick to sort and to join by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync import compiled
from balance_sync.logs.kinds import ID_BYTES, ClassifiedEvents

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.octets import Octets

_WORDS = (0, 8, 16, 24, ID_BYTES - 8)
"""Where words of eight octets begin that cover an id."""


def number_parts(classified: ClassifiedEvents) -> tuple[NDArray[np.int64], pl.DataFrame]:
    """Give numbers to the parts of requests, a part being what one source holds of one request.

    Returns
    -------
    part
        For each event, the row of `parts`; -1 where the event names no request.
    parts
        ``request_id`` String, ``source`` UInt32, in the order in which they first appear.
    """
    events = classified.events
    if compiled.are_used():
        octets, request_at = events.octets, classified.request_at
        part, first = compiled.passes.number_parts(octets.array, request_at, events.piece, ID_BYTES)
        return part, _named(octets, request_at[first], events.piece[first])
    return _number_parts(classified)


def _number_parts(classified: ClassifiedEvents) -> tuple[NDArray[np.int64], pl.DataFrame]:
    events = classified.events
    chosen = np.flatnonzero(classified.request_at >= 0)
    at = classified.request_at[chosen]
    source = events.piece[chosen]
    # Neighbours mostly share their request: only where it changes is it looked up.
    changed = events.octets.differ_from_last(at, ID_BYTES)
    changed[1:] |= source[1:] != source[:-1]
    heads = np.flatnonzero(changed)
    is_ascii = _are_ascii(events.octets, at[heads])
    named = _named(events.octets, at[heads[is_ascii]], source[heads[is_ascii]])
    parts = named.unique(maintain_order=True)
    number = np.full(len(heads), -1, dtype=np.int64)
    number[is_ascii] = _numbers(named, parts)
    part = np.full(len(events), -1, dtype=np.int64)
    part[chosen] = number[np.cumsum(changed) - 1]
    return part, parts


def _named(octets: Octets, at: NDArray[np.int64], source: NDArray[np.int64]) -> pl.DataFrame:
    ids = octets.strings(at, at + ID_BYTES)
    return pl.DataFrame({"request_id": ids, "source": pl.Series(source, dtype=pl.UInt32)})


def _are_ascii(octets: Octets, at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which request ids are ASCII: what is not is none, and might cut a character in two."""
    seen = np.zeros(len(at), dtype=np.uint64)
    for offset in _WORDS:
        seen |= octets.words(at + offset)
    are_ascii: NDArray[np.bool_] = (seen & np.uint64(0x8080808080808080)) == 0
    return are_ascii


def _numbers(named: pl.DataFrame, parts: pl.DataFrame) -> NDArray[np.int64]:
    """Return the row of `parts` for each row of `named`."""
    if parts.height == named.height:
        return np.arange(named.height)
    keys = ["request_id", "source"]
    numbered = parts.with_row_index("part")
    return named.join(numbered, on=keys, how="left", maintain_order="left")["part"].cast(pl.Int64).to_numpy()
