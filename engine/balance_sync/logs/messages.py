"""Follows messages through their requests, and tells what became of each.

A message is one ``Processing message <id>`` inside a request, up to the next one, in the order (time,
source, line). Requests may interleave, and their events may stand in any order or in several sources:
neither position nor START and END decide anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.rows import at_rows, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP_COLUMNS = (
    *("part", "request_id", "at", "source", "line", "kind", "outcome", "message_id", "transaction_id"),
)
"""What an event must carry to be followed."""

STEP_KINDS = ("processing", "transaction")


def follow_messages(steps: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Group the steps of requests into messages.

    Parameters
    ----------
    steps
        `STEP_COLUMNS` of the events that matter: each is a ``processing``, a ``transaction`` or
        shows an outcome. ``message_id`` stands on the first kind, ``transaction_id`` on the second.
        ``part`` is a number that tells requests apart, or the parts of a request in each source; steps
        without one are left out. ``source`` is anything that orders sources.

    Returns
    -------
    messages
        ``message_id, request_id, started_at, outcome, transaction_id, source, line``, a row for each
        ``processing``; the outcome is the first that the message's events show, else ``incomplete``.
    transactions
        ``source, line, message_id, outcome`` for each ``transaction``; null before a request's first
        message.
    """
    ordered = _in_order(steps.filter(pl.col("part").is_not_null()))
    part = ordered["part"].to_numpy()
    is_start = (ordered["kind"] == "processing").to_numpy()
    # What precedes a request's first message is a segment too, and no message.
    begins = is_start.copy()
    begins[:1] = True
    begins[1:] |= part[1:] != part[:-1]
    segment = np.cumsum(begins) - 1
    starts = np.flatnonzero(is_start)
    synced = (ordered["kind"] == "transaction").to_numpy().nonzero()[0]
    shown = ordered["outcome"].is_not_null().to_numpy().nonzero()[0]
    outcome = at_rows(ordered["outcome"], _first_rows(segment, shown)[segment[starts]])
    messages = ordered.select(
        pl.col("message_id", "request_id").gather(starts),
        pl.col("at").gather(starts).alias("started_at"),
        outcome.cast(pl.String).fill_null("incomplete"),
        at_rows(ordered["transaction_id"], _first_rows(segment, synced)[segment[starts]]),
        pl.col("source", "line").gather(starts),
    )
    owner = rows_of(segment[starts], len(segment))[segment[synced]]
    transactions = ordered.select(pl.col("source", "line").gather(synced)).with_columns(
        at_rows(messages["message_id"], owner), at_rows(messages["outcome"], owner)
    )
    return messages, transactions


def is_step() -> pl.Expr:
    """Return which events `follow_messages` needs."""
    return pl.col("outcome").is_not_null() | pl.col("kind").cast(pl.String).is_in(STEP_KINDS)


def _in_order(steps: pl.DataFrame) -> pl.DataFrame:
    """Sort by part, time, source and line; what is nearly in order, as logs are, costs nearly nothing."""
    keys = [steps[name].to_physical().to_numpy() for name in ("line", "source", "at", "part")]
    order = np.lexsort(keys)
    return steps if (order[1:] > order[:-1]).all() else steps[order]


def _first_rows(segment: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first of `rows` in each segment; -1 where a segment has none."""
    first = np.full(len(segment), -1, dtype=np.int64)
    own = segment[rows]
    is_first = np.ones(len(rows), dtype=np.bool_)
    is_first[1:] = own[1:] != own[:-1]
    first[own[is_first]] = rows[is_first]
    return first

