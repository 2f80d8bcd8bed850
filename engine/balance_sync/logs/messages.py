"""Follows messages through their requests, and tells what became of each.

A message is one ``Processing message <id>`` inside a request, up to the next one, in the order (time,
source, line). Requests may interleave, and their events may stand in any order or in several sources:
neither position nor START and END decide anything. What ends an invocation by a timeout or a crash fails all
of its messages that have shown no outcome before.
"""

from __future__ import annotations

from dataclasses import dataclass
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

BREAK_KINDS = ("report", "timeout", "crash", "unknown_error")
"""What ends an invocation by a timeout or a crash, where it shows an outcome."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Events that matter to messages, in the order (source, line); each array has an element for each.

    Attributes
    ----------
    part
        A number that tells requests apart, or the parts of a request in each source.
    at
        The time of the step, as a number.
    is_start, is_synced, is_shown, is_break
        Whether the step begins a message, syncs a transaction, shows an outcome, and shows it for all
        messages of the request.
    """

    part: NDArray[np.int64]
    at: NDArray[np.int64]
    is_start: NDArray[np.bool_]
    is_synced: NDArray[np.bool_]
    is_shown: NDArray[np.bool_]
    is_break: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Followed:
    """Messages as rows of `Steps`.

    Attributes
    ----------
    start
        The step that begins each message.
    outcome, transaction
        The first step of each message that shows an outcome, or syncs a transaction; -1 for none. A message
        without one of its own has the last step behind it that breaks its invocation.
    synced, owner
        Each step that syncs a transaction, and the place in `start` of its message: -1 before a part's first.
    """

    start: NDArray[np.int64]
    outcome: NDArray[np.int64]
    transaction: NDArray[np.int64]
    synced: NDArray[np.int64]
    owner: NDArray[np.int64]


def follow(steps: Steps) -> Followed:
    """Group the steps of requests into messages."""
    order = _order(steps.part, steps.at)
    part, is_start = steps.part[order], steps.is_start[order]
    # What precedes a part's first message is a segment too, and no message.
    begins = is_start.copy()
    begins[:1] = True
    begins[1:] |= part[1:] != part[:-1]
    segment = np.cumsum(begins) - 1
    starts = np.flatnonzero(is_start)
    synced = np.flatnonzero(steps.is_synced[order])
    shown = np.flatnonzero(steps.is_shown[order])
    outcome = _first_rows(segment, shown)[segment[starts]]
    broken = np.flatnonzero(steps.is_break[order])
    if len(broken):
        last = _last_rows(part, broken)[part[starts]]
        outcome = np.where((outcome < 0) & (last > starts), last, outcome)
    # One element more, so that -1 stays -1.
    rows = np.append(order, -1)
    return Followed(
        start=order[starts],
        outcome=rows[outcome],
        transaction=rows[_first_rows(segment, synced)[segment[starts]]],
        synced=order[synced],
        owner=rows_of(segment[starts], len(segment))[segment[synced]],
    )


def _order(part: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows by part, time and place."""
    # One request after the other, as they mostly are, costs next to nothing to sort.
    order = np.argsort(part, kind="stable")
    own, time = part[order], at[order]
    late = own[1:][(own[1:] == own[:-1]) & (time[1:] < time[:-1])]
    if len(late):
        disturbed = np.flatnonzero(np.isin(own, late))
        rows = order[disturbed]
        order[disturbed] = rows[np.lexsort((at[rows], part[rows]))]
    return order


def _first_rows(segment: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first of `rows` in each segment; -1 where a segment has none."""
    first = np.full(len(segment), -1, dtype=np.int64)
    own = segment[rows]
    is_first = np.ones(len(rows), dtype=np.bool_)
    is_first[1:] = own[1:] != own[:-1]
    first[own[is_first]] = rows[is_first]
    return first


def _last_rows(part: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the last of `rows` of each part, by its number; -1 where it has none."""
    last = np.full(int(part.max()) + 1, -1, dtype=np.int64)
    np.maximum.at(last, part[rows], rows)
    return last


def follow_messages(steps: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Follow the steps that a table holds.

    Parameters
    ----------
    steps
        `STEP_COLUMNS` of the events that matter: each is a ``processing``, a ``transaction`` or
        shows an outcome. ``message_id`` stands on the first kind, ``transaction_id`` on the second. Steps
        without a ``part`` are left out.

    Returns
    -------
    messages
        ``message_id, request_id, started_at, outcome, transaction_id, source, line``, a row for each
        ``processing``; the outcome is the first that the message's events show, else ``failed`` where the
        invocation was broken off behind them, else ``incomplete``.
    transactions
        ``source, line, message_id, outcome`` for each ``transaction``; null before a request's first
        message.
    """
    own = steps.filter(pl.col("part").is_not_null()).sort("source", "line")
    part, at = (own[name].to_physical().cast(pl.Int64).to_numpy() for name in ("part", "at"))
    is_start, is_synced = ((own["kind"] == name).to_numpy() for name in STEP_KINDS)
    is_shown = own["outcome"].is_not_null().to_numpy()
    is_break = is_shown & own["kind"].cast(pl.String).is_in(BREAK_KINDS).to_numpy()
    followed = follow(Steps(part, at, is_start, is_synced, is_shown, is_break))
    messages = own.select(
        pl.col("message_id", "request_id").gather(followed.start),
        pl.col("at").gather(followed.start).alias("started_at"),
        at_rows(own["outcome"], followed.outcome).cast(pl.String).fill_null("incomplete"),
        at_rows(own["transaction_id"], followed.transaction),
        pl.col("source", "line").gather(followed.start),
    )
    transactions = own.select(pl.col("source", "line").gather(followed.synced)).with_columns(
        at_rows(messages["message_id"], followed.owner), at_rows(messages["outcome"], followed.owner)
    )
    return messages, transactions


def is_step() -> pl.Expr:
    """Return which events `follow_messages` needs."""
    return pl.col("outcome").is_not_null() | pl.col("kind").cast(pl.String).is_in(STEP_KINDS)
