"""One batch of text to the typed tables: the kernel that ingestion and lazy scans share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.invocations import merge_invocations, read_invocations
from balance_sync.logs.kinds import CODES, PROCESSING_NOTICE, ClassifiedEvents, classify
from balance_sync.logs.messages import STEP_KINDS, follow_messages
from balance_sync.logs.records import read_sync_errors, read_transactions
from balance_sync.logs.redaction import redact
from balance_sync.logs.requests import number_parts
from balance_sync.logs.rows import at_rows, rows_of
from balance_sync.logs.split import Events, split_events

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.sources.batching import TextPiece

PARSER_VERSION = 3
"""Raised whenever the same text would give other tables: what older versions parsed is read again."""

_MESSAGE_ID_BYTES = 100
_PREAMBLE_REASONS = {True: "the time of the event is impossible", False: "text before the first event"}


@dataclass(frozen=True, slots=True)
class BatchTables:
    """What one batch holds. ``source`` UInt32 is the position of the piece in the batch.

    A batch follows the part of a request in each source for itself: what is kept of a source depends on
    no other, for that may be a copy, be replaced or stand in another batch.

    Attributes
    ----------
    events
        A row for each event, without its text: ``source, line, at, kind, part, outcome, fingerprint``.
        ``part`` (UInt32) is that of the row of `invocations` that the event belongs to, null for none. The
        fingerprint (UInt64) is of the event's text; equal events have equal ones.
    transactions, sync_errors, messages, invocations, rejects
        The tables of the schema, with ``source`` in place of ``source_id``. `invocations` has a row for
        each request and source, numbered by ``part``, of status ``unseen`` where only other events are in the
        source.
    """

    events: pl.DataFrame
    transactions: pl.DataFrame
    sync_errors: pl.DataFrame
    messages: pl.DataFrame
    invocations: pl.DataFrame
    rejects: pl.DataFrame


def parse_batch(pieces: Sequence[TextPiece]) -> BatchTables:
    """Parse the text of `pieces`; every event is counted in exactly one kind."""
    classified = classify(split_events(pieces))
    part, parts = number_parts(classified)
    events = _events(classified, part)
    request_ids = at_rows(parts["request_id"], part)
    transactions, bad_transactions = read_transactions(classified)
    sync_errors, bad_sync_errors = read_sync_errors(classified)
    messages, of_messages = follow_messages(_steps(classified, events.with_columns(request_ids), part, transactions))
    transactions = _located(transactions, events, request_ids).join(
        of_messages, on=["source", "line"], how="left", maintain_order="left"
    )
    invocations = merge_invocations(read_invocations(classified, part))
    return BatchTables(
        events=events,
        transactions=transactions,
        sync_errors=_located(sync_errors, events, request_ids),
        messages=messages,
        invocations=invocations.with_columns(parts["request_id"].gather(invocations["part"])),
        rejects=_rejects(classified, pl.concat([bad_transactions, bad_sync_errors])),
    )


def _events(classified: ClassifiedEvents, part: NDArray[np.int64]) -> pl.DataFrame:
    events = classified.events
    return pl.DataFrame(
        {
            "source": pl.Series(events.piece, dtype=pl.UInt32),
            "line": events.line,
            "at": events.times(),
            "kind": classified.kinds(),
            "part": pl.Series(part).cast(pl.UInt32, strict=False),
            "outcome": classified.outcomes(),
            "fingerprint": _fingerprints(events),
        }
    )


def _fingerprints(events: Events) -> pl.Series:
    # The final line breaks depend on where the file was cut, not on the event.
    end = events.end.copy()
    while (blank := (end > events.start) & (events.octets.array[end - 1] == ord("\n"))).any():
        end -= blank
    return events.octets.binaries(events.start, end).hash()


def _located(records: pl.DataFrame, events: pl.DataFrame, request_ids: pl.Series) -> pl.DataFrame:
    """Add time, request and place of the event to each record."""
    rows = events.select(
        pl.col("at").alias("logged_at").gather(records["event"]),
        request_ids.gather(records["event"]),
        pl.col("source", "line").gather(records["event"]),
    )
    return pl.concat([records.drop("event"), rows], how="horizontal")


def _steps(
    classified: ClassifiedEvents, events: pl.DataFrame, part: NDArray[np.int64], transactions: pl.DataFrame
) -> pl.DataFrame:
    kinds = [CODES[name] for name in STEP_KINDS]
    is_step = (classified.outcome >= 0) | np.isin(classified.kind, kinds)
    steps = np.flatnonzero(is_step & (part >= 0))
    processing = classified.of_kind("processing")
    of_processing = rows_of(processing, len(part))[steps]
    of_transaction = rows_of(transactions["event"].to_numpy(), len(part))[steps]
    chosen = events.select(pl.col("request_id", "at", "source", "line", "kind", "outcome").gather(steps))
    return chosen.with_columns(
        part=pl.Series(part[steps]),
        message_id=at_rows(_message_ids(classified, processing), of_processing),
        transaction_id=at_rows(transactions["transaction_id"], of_transaction),
    )


def _message_ids(classified: ClassifiedEvents, processing: NDArray[np.int64]) -> pl.Series:
    events = classified.events
    begin = classified.message_at[processing] + len(PROCESSING_NOTICE)
    end = np.minimum(events.line_ends[events.first_line[processing]], begin + _MESSAGE_ID_BYTES)
    # No character is cut in two.
    while (within := (events.octets.array[end] & 0xC0 == 0x80) & (end > begin)).any():
        end -= within
    return events.octets.strings(begin, end).str.strip_chars()


def _rejects(classified: ClassifiedEvents, unread: pl.DataFrame) -> pl.DataFrame:
    events = classified.events
    preamble = classified.of_kind("preamble")
    reasons = [_PREAMBLE_REASONS[stamped] for stamped in events.is_stamped[preamble].tolist()]
    found = pl.DataFrame({"event": preamble, "reason": reasons}, schema=unread.schema)
    rejects = pl.concat([unread, found]).sort("event")
    rows = rejects["event"].to_numpy()
    texts = [
        redact(events.octets.data[begin:end].decode("utf-8", "replace").rstrip("\n"))
        for begin, end in zip(events.start[rows].tolist(), events.end[rows].tolist(), strict=True)
    ]
    return rejects.select("reason").with_columns(
        source=pl.Series(events.piece[rows], dtype=pl.UInt32),
        line=pl.Series(events.line[rows], dtype=pl.Int64),
        text=pl.Series(texts, dtype=pl.String),
    )
