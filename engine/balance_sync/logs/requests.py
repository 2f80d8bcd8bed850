"""Which request each event belongs to, as numbers that are quick to sort and to join by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.kinds import ID_BYTES, ClassifiedEvents

if TYPE_CHECKING:
    from numpy.typing import NDArray


def number_parts(classified: ClassifiedEvents) -> tuple[NDArray[np.int64], pl.DataFrame]:
    """Number the parts of requests: what one source holds of one request.

    Returns
    -------
    part
        For each event, the row of `parts`; -1 where the event names no request.
    parts
        ``request_id`` String, ``source`` UInt32, in the order in which they first appear.
    """
    events = classified.events
    chosen = np.flatnonzero(classified.request_at >= 0)
    at = classified.request_at[chosen]
    source = events.piece[chosen]
    # Neighbours mostly share their request: only where it changes is it looked up.
    changed = np.ones(len(chosen), dtype=np.bool_)
    changed[1:] = source[1:] != source[:-1]
    for offset in (0, 8, 16, 24, ID_BYTES - 8):
        words = events.octets.words(at + offset)
        changed[1:] |= words[1:] != words[:-1]
    heads = np.flatnonzero(changed)
    named = pl.DataFrame(
        {
            "request_id": classified.request_ids(chosen[heads]),
            "source": pl.Series(source[heads], dtype=pl.UInt32),
        }
    )
    parts = named.unique(maintain_order=True)
    numbers = named.join(
        parts.with_row_index("part"), on=["request_id", "source"], how="left", maintain_order="left"
    )["part"].to_numpy()
    part = np.full(len(events), -1, dtype=np.int64)
    part[chosen] = numbers[np.cumsum(changed) - 1]
    return part, parts
