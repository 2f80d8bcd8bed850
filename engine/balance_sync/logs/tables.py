"""One batch of text to the typed tables: the kernel that ingestion and lazy scans share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from balance_sync.logs.decoding import decoded
from balance_sync.logs.invocations import merge_invocations, read_invocations
from balance_sync.logs.kinds import PROCESSING_NOTICE, classify
from balance_sync.logs.messages import follow_messages, is_step
from balance_sync.logs.records import read_sync_errors, read_transactions
from balance_sync.logs.redaction import redact
from balance_sync.logs.split import STAMP_BYTES, split_events

if TYPE_CHECKING:
    from balance_sync.sources.batching import TextPiece

PARSER_VERSION = 2
"""Raised whenever the same text would give other tables: what older versions parsed is read again."""


PART = ("request_id", "source")
"""A batch follows the part of a request in each source for itself: what is kept of a source depends on
no other, for that may be a copy, be replaced or stand in another batch."""


@dataclass(frozen=True, slots=True)
class BatchTables:
    """What one batch holds. ``source`` UInt32 is the position of the piece in the batch.

    Attributes
    ----------
    events
        A row for each event, without its text: ``source, line, at, kind, request_id, outcome,
        fingerprint``.
        The fingerprint (UInt64) is of the event's text; equal events have equal ones.
    transactions, sync_errors, messages, invocations, rejects
        The tables of the schema, with ``source`` in place of ``source_id``. `invocations` has a row for
        each request and source, of status ``unseen`` where only other events are in the source.
    """

    events: pl.DataFrame
    transactions: pl.DataFrame
    sync_errors: pl.DataFrame
    messages: pl.DataFrame
    invocations: pl.DataFrame
    rejects: pl.DataFrame


def parse_batch(pieces: Sequence[TextPiece]) -> BatchTables:
    """Parse the text of `pieces`; every event is counted in exactly one kind."""
    events = classify(split_events(pieces)).rename({"piece": "source"})
    transactions, bad_transactions = read_transactions(events)
    sync_errors, bad_sync_errors = read_sync_errors(events)
    transactions = _located(transactions, events)
    messages, of_messages = follow_messages(_steps(events, transactions), by=PART)
    invocations = read_invocations(events)
    return BatchTables(
        events=events.select("source", "line", "at", "kind", "request_id", "outcome", _fingerprint()),
        transactions=transactions.join(of_messages, on=["source", "line"], how="left", maintain_order="left"),
        sync_errors=_located(sync_errors, events),
        messages=messages,
        invocations=merge_invocations(_placed(invocations, events), by=PART),
        rejects=_rejects(events, pl.concat([bad_transactions, bad_sync_errors])),
    )


def _fingerprint() -> pl.Expr:
    # The final line breaks depend on where the file was cut, not on the event.
    text = decoded(pl.col("text")).str.strip_chars_end("\n")
    return pl.when(text.is_null()).then(pl.col("text").hash()).otherwise(text.hash()).alias("fingerprint")


def _placed(records: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    rows = events.select(pl.col("source", "line").gather(records["event"]))
    return pl.concat([records.drop("event"), rows], how="horizontal")


def _located(records: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Add time, request and place of the event to each record."""
    rows = events.select(
        pl.col("at").alias("logged_at").gather(records["event"]),
        pl.col("request_id", "source", "line").gather(records["event"]),
    )
    return pl.concat([records.drop("event"), rows], how="horizontal")


def _steps(events: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    after_notice = pl.col("message_at") + len(PROCESSING_NOTICE)
    named = decoded(pl.col("text").bin.slice(after_notice, 100))
    message_id = pl.when(pl.col("kind") == "processing").then(named.str.split_exact("\n", 1).struct[0])
    steps = events.filter(is_step()).select(
        "request_id",
        "at",
        "source",
        "line",
        "kind",
        "outcome",
        message_id.str.strip_chars().alias("message_id"),
    )
    ids = transactions.select("source", "line", "transaction_id")
    return steps.join(ids, on=["source", "line"], how="left")


def _reason_of_preamble() -> pl.Expr:
    stamp = decoded(pl.col("text").bin.slice(0, STAMP_BYTES))
    is_stamped = stamp.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z $")
    impossible = pl.lit("the time of the event is impossible")
    return pl.when(is_stamped).then(impossible).otherwise(pl.lit("text before the first event"))


def _rejects(events: pl.DataFrame, unread: pl.DataFrame) -> pl.DataFrame:
    preamble = (
        events.with_row_index("event")
        .filter((pl.col("kind") == "preamble") & (pl.col("text").bin.size() > 0))
        .select("event", reason=_reason_of_preamble())
    )
    rejects = pl.concat([unread, preamble]).sort("event")
    texts = events["text"].gather(rejects["event"])
    redacted = [redact(bytes(text).decode("utf-8", "replace").rstrip("\n")) for text in texts]
    placed = _placed(rejects, events)
    return placed.with_columns(text=pl.Series(redacted, dtype=pl.String))
