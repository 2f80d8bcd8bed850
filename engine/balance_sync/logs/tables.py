"""One batch of text to the typed tables: the kernel that ingestion and lazy scans share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.dropped import read_dropped
from balance_sync.logs.invocations import Told
from balance_sync.logs.kinds import CODES, KINDS, OUTCOMES, PROCESSING_NOTICE, ClassifiedEvents, classify
from balance_sync.logs.messages import BREAK_KINDS, STEP_KINDS, Steps, follow
from balance_sync.logs.odd_requests import add_odd_parts
from balance_sync.logs.records import read_sync_errors, read_transactions
from balance_sync.logs.redaction import redact
from balance_sync.logs.requests import number_parts
from balance_sync.logs.rows import at_rows, rows_of
from balance_sync.logs.split import Events, split_events
from balance_sync.logs.suspects import Suspects, find_suspects
from balance_sync.vocabulary import OUTSIDE_OF_EVENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.sources.reading import TextPiece

_MESSAGE_ID_BYTES = 100
_ARE_NO_SPACES = np.array([octet < 0x80 and chr(octet).isalnum() for octet in range(256)])
_LARGEST_TEXT = 1 << 20
"""Bytes of its text that are kept of a reject: CloudWatch takes no larger event."""

_ALONE_REASON = "a message that belongs to no request: where its id should stand is none"
_IS_BREAK = np.array([name in BREAK_KINDS for name in KINDS])
_OUTCOME_WORDS = pl.Series([*OUTCOMES, "incomplete"])
_PREAMBLE_REASONS = dict(zip((False, True), OUTSIDE_OF_EVENTS, strict=True))
"""By whether a time stands before it."""


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
    transactions, sync_errors, messages, invocations, suspects, dropped_logs, rejects
        The tables of the schema, with ``source`` in place of ``source_id``. `invocations` has a row for
        each request and source, numbered by ``part``, of status ``unseen`` where only other events are in the
        source.
    event_bytes
        Int64, for each piece how many bytes of its text its events hold.
    evidence
        Where something is not judged, tables by name of what judging it takes beside all of the above (see
        `balance_sync.logs.judged_tables`); else none. What is suspect there for another reason than its own
        time is still told as what it says, and errors that name no request belong to none.
    """

    events: pl.DataFrame
    transactions: pl.DataFrame
    sync_errors: pl.DataFrame
    messages: pl.DataFrame
    invocations: pl.DataFrame
    suspects: pl.DataFrame
    dropped_logs: pl.DataFrame
    rejects: pl.DataFrame
    evidence: dict[str, pl.DataFrame]
    event_bytes: pl.Series


@dataclass(frozen=True, slots=True)
class Understood:
    """The events of a batch with what they are.

    Attributes
    ----------
    part, parts
        As `number_parts` gives them, with the errors that name no request given to theirs.
    suspects
        As `find_suspects` gives them; the events found are of kind ``suspect``.
    """

    classified: ClassifiedEvents
    part: NDArray[np.int64]
    parts: pl.DataFrame
    suspects: Suspects


def understand(pieces: Sequence[TextPiece], *, judged: bool = True) -> Understood:
    """Tell what the events of `pieces` are, whose they are, and which cannot be what they say.

    The last by the line alone, unless it is `judged`, and in pieces that are no whole source.
    """
    classified = classify(split_events(pieces))
    part, parts = add_odd_parts(classified, *number_parts(classified))
    suspects = find_suspects(classified, part, parts, pieces, judged=judged)
    if suspects.found.height:
        classified = classified.but_suspect(suspects.found["event"].to_numpy())
    owned = suspects.owned
    if len(owned.row):
        part[owned.row] = owned.part
        classified = classified.but_failed(owned.row)
    return Understood(classified, part, parts, suspects)


def parse_batch(pieces: Sequence[TextPiece], *, judged: bool = True) -> BatchTables:
    """Parse the text of `pieces`; every event is counted in exactly one kind.

    Parameters
    ----------
    judged
        Whether sources that are whole are judged by all that they say; else they are told as pieces are.
    """
    understood = understand(pieces, judged=judged)
    classified, part, parts = understood.classified, understood.part, understood.parts
    request_ids = at_rows(parts["request_id"], part)
    events = _events(classified, part)
    transactions, bad_transactions = read_transactions(classified)
    sync_errors, bad_sync_errors = read_sync_errors(classified)
    messages, of_messages = _messages(classified, part, transactions)
    told = Told.read(classified, part)
    invocations = told.invocations(parts.height)
    dropped = read_dropped(classified)
    placed = pl.DataFrame([events["source"], events["line"], events["at"].alias("logged_at"), request_ids])
    return BatchTables(
        events=events,
        transactions=_at_events(transactions.hstack(of_messages), placed),
        sync_errors=_at_events(sync_errors, placed),
        messages=_at_events(messages, placed.rename({"logged_at": "started_at"})),
        invocations=invocations.hstack([parts["request_id"]]),
        suspects=_at_events(understood.suspects.found, placed),
        dropped_logs=_at_events(dropped, placed.drop("request_id")),
        rejects=_rejects(classified, part, pl.concat([bad_transactions, bad_sync_errors])),
        event_bytes=_event_bytes(classified.events, pieces),
        evidence=(
            {}
            if judged and all(piece.is_whole for piece in pieces)
            else _evidence(understood.suspects, told, parts.height, pieces)
        ),
    )


def _evidence(
    suspects: Suspects, told: Told, parts: int, pieces: Sequence[TextPiece]
) -> dict[str, pl.DataFrame]:
    differ = np.flatnonzero(suspects.apart)
    apart = pl.DataFrame({"event": pl.Series(differ), "apart": pl.Series(suspects.apart[differ])})
    days = [piece.source.stream_date for piece in pieces]
    streams = pl.DataFrame({"began_on": pl.Series(days, dtype=pl.Date), "early": pl.Series(suspects.early)})
    return {"times_apart": apart, "platform_lines": told.of_repeated(parts), "streams": streams}


def _at_events(rows: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` with what `placed` says of their ``event`` in its place."""
    joined = rows.hstack(placed[rows["event"]])
    # Unlike `drop`, this plans no query.
    joined.drop_in_place("event")
    return joined


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


def _event_bytes(events: Events, pieces: Sequence[TextPiece]) -> pl.Series:
    bounds = np.searchsorted(events.piece, np.arange(len(pieces) + 1))
    held = np.diff(np.append(0, np.cumsum(events.end - events.start))[bounds])
    # A last line that lacked its line feed was given one.
    given = [len(piece.text) > 0 and piece.text[-1] != ord("\n") for piece in pieces]
    return pl.Series("event_bytes", held - np.array(given))


def _fingerprints(events: Events) -> pl.Series:
    return events.octets.binaries(events.start, events.text_end).hash()


def _messages(
    classified: ClassifiedEvents, part: NDArray[np.int64], transactions: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return messages with their ``event``, and ``message_id, outcome`` of each of `transactions`."""
    events = classified.events
    is_start, is_synced = (classified.kind == CODES[name] for name in STEP_KINDS)
    steps = np.flatnonzero((is_start | is_synced | (classified.outcome >= 0)) & (part >= 0))
    is_shown = classified.outcome[steps] >= 0
    is_break = is_shown & _IS_BREAK[classified.kind[steps]]
    followed = follow(
        Steps(part[steps], events.at[steps], is_start[steps], is_synced[steps], is_shown, is_break)
    )
    start = steps[followed.start]
    # One element more, so that -1 stays -1.
    shown, carried = (np.append(steps, -1)[rows] for rows in (followed.outcome, followed.transaction))
    # The last of the words is that of what shows nothing.
    outcome = np.append(classified.outcome, -1)[shown] % len(_OUTCOME_WORDS)
    synced = transactions["event"].to_numpy()
    of_event = np.append(rows_of(synced, len(part)), -1)
    messages = pl.DataFrame(
        {
            "event": pl.Series(start),
            "message_id": _message_ids(classified, start),
            "outcome": at_rows(_OUTCOME_WORDS, outcome),
            "transaction_id": at_rows(transactions["transaction_id"], of_event[carried]),
        }
    )
    owner = np.full(len(part), -1, dtype=np.int64)
    owner[steps[followed.synced]] = followed.owner
    own = owner[synced]
    return messages, pl.DataFrame([at_rows(messages[name], own) for name in ("message_id", "outcome")])


def _message_ids(classified: ClassifiedEvents, processing: NDArray[np.int64]) -> pl.Series:
    events = classified.events
    begin = classified.message_at[processing] + len(PROCESSING_NOTICE)
    end = np.minimum(events.line_ends[events.first_line[processing]], begin + _MESSAGE_ID_BYTES)
    # No character is cut in two.
    while (within := (events.octets.array[end] & 0xC0 == 0x80) & (end > begin)).any():
        end -= within
    ids = events.octets.strings(begin, end)
    # Letters and digits are no spaces, and to look at both ends takes less than to strip.
    ends = events.octets.array[np.concatenate([begin, end - 1])]
    return ids if _ARE_NO_SPACES[ends].all() else ids.str.strip_chars()


def _rejects(classified: ClassifiedEvents, part: NDArray[np.int64], unread: pl.DataFrame) -> pl.DataFrame:
    events = classified.events
    preamble, processing = classified.of_kind("preamble"), classified.of_kind("processing")
    # Where a text was divided between an event and its final line breaks, those alone are nothing to read.
    preamble = preamble[events.text_end[preamble] > events.start[preamble]]
    reasons = [_PREAMBLE_REASONS[stamped] for stamped in events.is_stamped[preamble].tolist()]
    alone = processing[part[processing] < 0]
    found = pl.DataFrame(
        {
            "event": np.concatenate([preamble, alone]),
            "reason": [*reasons, *[_ALONE_REASON] * len(alone)],
        },
        schema=unread.schema,
    )
    rejects = pl.concat([unread, found]).sort("event")
    rows = rejects["event"].to_numpy()
    texts = [
        _kept_text(events.octets.data, begin, end)
        for begin, end in zip(events.start[rows].tolist(), events.end[rows].tolist(), strict=True)
    ]
    return pl.DataFrame(
        {
            "reason": rejects["reason"],
            "source": pl.Series(events.piece[rows], dtype=pl.UInt32),
            "line": pl.Series(events.line[rows], dtype=pl.Int64),
            "text": pl.Series(texts, dtype=pl.String),
        }
    )


def _kept_text(data: bytes, begin: int, end: int) -> str:
    kept = min(end, begin + _LARGEST_TEXT)
    text = redact(data[begin:kept].decode("utf-8", "replace").rstrip("\n"))
    return f"{text} ... {end - kept} more bytes" if kept < end else text
