"""Follows messages through their requests, and tells what became of each.

A message is one ``Processing message <id>`` inside a request, up to the next one, in the order (time,
source, line). Requests may interleave, and their events may stand in any order or in several sources:
neither position nor START and END decide anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

STEP_COLUMNS = ("request_id", "at", "source", "line", "kind", "outcome", "message_id", "transaction_id")
"""What an event must carry to be followed; ``source`` is anything that orders sources."""

STEP_KINDS = ("processing", "transaction")


def follow_messages(
    steps: pl.DataFrame, *, by: Sequence[str] = ("request_id",)
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Group the steps of requests into messages.

    Parameters
    ----------
    steps
        `STEP_COLUMNS` of the events that matter: each is a ``processing``, a ``transaction`` or
        shows an outcome. ``message_id`` stands on the first kind, ``transaction_id`` on the second.
    by
        What tells requests apart: with ``source`` the part of a request in each source is one.

    Returns
    -------
    messages
        ``message_id, request_id, started_at, outcome, transaction_id, source, line``, a row for each
        ``processing``; the outcome is the first that the message's events show, else ``incomplete``.
    transactions
        ``source, line, message_id, outcome`` for each ``transaction``; null before a request's first
        message.
    """
    ordered = steps.filter(pl.col("request_id").is_not_null()).sort(*by, "at", "source", "line")
    is_start = pl.col("kind") == "processing"
    new_request = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in by)
    marked = ordered.with_columns(segment=(is_start | new_request).cum_sum())
    outcomes = marked.filter(pl.col("outcome").is_not_null()).unique(
        "segment", keep="first", maintain_order=True
    )
    synced = marked.filter(pl.col("kind") == "transaction").unique(
        "segment", keep="first", maintain_order=True
    )
    messages = (
        marked.filter(is_start)
        .select("segment", "message_id", "request_id", pl.col("at").alias("started_at"), "source", "line")
        .join(outcomes.select("segment", pl.col("outcome").cast(pl.String)), on="segment", how="left")
        .join(synced.select("segment", "transaction_id"), on="segment", how="left", maintain_order="left")
        .with_columns(pl.col("outcome").fill_null("incomplete"))
    )
    transactions = (
        marked.filter(pl.col("kind") == "transaction")
        .select("segment", "source", "line")
        .join(messages.select("segment", "message_id", "outcome"), on="segment", how="left")
        .drop("segment")
    )
    columns = ("message_id", "request_id", "started_at", "outcome", "transaction_id", "source", "line")
    return messages.select(columns), transactions


def is_step() -> pl.Expr:
    """Return which events `follow_messages` needs."""
    return pl.col("outcome").is_not_null() | pl.col("kind").cast(pl.String).is_in(STEP_KINDS)
