"""What each event is: every event is of exactly one kind, told by how it begins.

The order of the tables below decides where two kinds could apply. Only the start of a message is looked at
(a whole first line for the two notices that vary), so that text inside a dump is never taken for an
event of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync import compiled
from balance_sync.logs.octets import Octets, blocks, words_of
from balance_sync.logs.rows import at_rows
from balance_sync.logs.split import STAMP_BYTES, Events

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = (
    "start",
    "end",
    "report",
    "init_start",
    "init_report",
    "restore",
    "metrics",
    "timeout",
    "crash",
    "unknown_error",
    "extension",
    "processing",
    "transaction",
    "sync_error",
    "published",
    "already_synced",
    "skipped_create",
    "skipped_flag",
    "rejected_negative",
    "application_error",
    "application",
    "preamble",
    "other",
    "suspect",
    "logs_dropped",
)
Kind = pl.Enum(KINDS)
"""Dtype of the ``kind`` column."""

CODES = {name: code for code, name in enumerate(KINDS)}
"""Position of each kind in `KINDS`."""

OUTCOME_OF_KIND = {
    "published": "published",
    "already_synced": "already_synced",
    "skipped_create": "skipped_create",
    "skipped_flag": "skipped_flag",
    "rejected_negative": "rejected_negative",
    "application_error": "failed",
    "timeout": "failed",
    "crash": "failed",
}
"""The outcome that an event of a kind shows for the message it belongs to."""

OUTCOMES = ("published", "already_synced", "skipped_create", "skipped_flag", "rejected_negative", "failed")
OutcomeName = pl.Enum(OUTCOMES)
"""Dtype of the ``outcome`` column of events."""

LEVELS = ("INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL")
_ERRORS = [LEVELS.index(name) for name in ("ERROR", "FATAL")]

TRANSACTION_NOTICE = b"Start syncing the balance"
SYNC_ERROR_NOTICE = b"Subscription balance and payment balance are not in sync"
PROCESSING_NOTICE = b"Processing message "
DROPPED_NOTICE = b"LOGS_DROPPED "
_NEGATIVE_NOTICE = b"Subscriber will have a negative balance due to this action"

ID_BYTES = 36
_NOTICE_BYTES = 128
_INNER = STAMP_BYTES + 24
"""Where the tab stands behind the inner time of an application line."""

ID_AT = _INNER + 1
"""Where the request id of an application line begins."""

_LEVEL_AT = ID_AT + ID_BYTES + 1
_HEAD_BYTES = _LEVEL_AT + 8
_BLOCK = 8192
"""Events that are looked at together: as many as the processor's cache holds."""
_TIMED_OUT_NOTICE = b" Task timed out "
_TIMED_OUT_AT = STAMP_BYTES + 25 + ID_BYTES
_PLATFORM_KINDS = (
    (b"START RequestId: ", "start"),
    (b"END RequestId: ", "end"),
    (b"REPORT RequestId: ", "report"),
    (b"INIT_START ", "init_start"),
    (b"INIT_REPORT ", "init_report"),
    (b"RESTORE_", "restore"),
    (b'{"_aws":', "metrics"),
    (b"Unknown application error occurred", "unknown_error"),
    (b"EXTENSION\t", "extension"),
    (b"TELEMETRY\t", "extension"),
    (b"LOGS\t", "extension"),
    (DROPPED_NOTICE, "logs_dropped"),
    (b"RequestId: ", "crash"),
)
_MESSAGE_KINDS = (
    (TRANSACTION_NOTICE, "transaction"),
    (SYNC_ERROR_NOTICE, "sync_error"),
    (PROCESSING_NOTICE, "processing"),
    (b"SubscriptionBalanceUpdated event published", "published"),
    (b"Skipping the balance sync for create", "skipped_create"),
    (b"Skipping the process, balance is already synced from other listeners", "already_synced"),
    (b"Balance is already synced from other listeners", "already_synced"),
    (b"Skipping the process, Update Payment Balance Flag is set to false", "skipped_flag"),
    (_NEGATIVE_NOTICE, "rejected_negative"),
    # Where Node writes to a console a dump's line breaks become carriage returns.
    *(
        (b"{%bmessage: '" % space + _NEGATIVE_NOTICE, "rejected_negative")
        for space in (b" ", b"\n  ", b"\r  ")
    ),
)
_SAID = (
    (b"alance is already synced from other listeners", "already_synced"),
    (b"Update Payment Balance Flag is set to false", "skipped_flag"),
)
"""Notices that stand somewhere among the words that a message begins with, before any dump."""

_ENDS_WORDS = b"{[\n\r'\"`"
_WORDS = re.compile(b"[^%b]*" % re.escape(_ENDS_WORDS))

_FAILED_STATUSES = (b"\tStatus: timeout", b"\tStatus: error")
REQUEST_AT = {
    "timeout": STAMP_BYTES + 25,
    "start": STAMP_BYTES + 17,
    "end": STAMP_BYTES + 15,
    "report": STAMP_BYTES + 18,
    "crash": STAMP_BYTES + 11,
}
"""Where the request id of a line of the platform begins."""

_REQUEST_OFFSETS = np.array([REQUEST_AT.get(name, 0) for name in KINDS], dtype=np.int64)
_OUTCOME_OF_CODE = np.array(
    [OUTCOMES.index(OUTCOME_OF_KIND[name]) if name in OUTCOME_OF_KIND else -1 for name in KINDS],
    dtype=np.int8,
)


@dataclass(frozen=True, slots=True)
class ClassifiedEvents:
    """Events with what they are; each array has an element for each event.

    Attributes
    ----------
    kind
        Position in `KINDS`.
    level
        Position in `LEVELS`; -1 where the event is no application line.
    message_at
        Where in the text an application line's message begins; -1 for other events.
    request_at
        Where in the text something of the shape of a request id stands; -1 where nothing does.
    outcome
        Position in `OUTCOMES` of what the event shows for its message; -1 where it shows nothing.
    """

    events: Events
    kind: NDArray[np.uint8]
    level: NDArray[np.int8]
    message_at: NDArray[np.int64]
    request_at: NDArray[np.int64]
    outcome: NDArray[np.int8]

    def but_suspect(self, suspects: NDArray[np.int64]) -> ClassifiedEvents:
        """Return the same with the events at `suspects` of kind ``suspect``, which shows no outcome."""
        kind, outcome = self.kind.copy(), self.outcome.copy()
        kind[suspects], outcome[suspects] = CODES["suspect"], -1
        return replace(self, kind=kind, outcome=outcome)

    def but_failed(self, errors: NDArray[np.int64]) -> ClassifiedEvents:
        """Return the same with the events at `errors` showing that a message failed."""
        outcome = self.outcome.copy()
        outcome[errors] = OUTCOMES.index("failed")
        return replace(self, outcome=outcome)

    def of_kind(self, name: str) -> NDArray[np.int64]:
        """Return the positions of the events of one kind."""
        return np.flatnonzero(self.kind == CODES[name])

    def kinds(self) -> pl.Series:
        """Return ``kind`` as `Kind`."""
        return pl.Series("kind", self.kind).cat.to(Kind)

    def outcomes(self) -> pl.Series:
        """Return ``outcome`` as `OutcomeName`, null where nothing is shown."""
        return at_rows(pl.Series("outcome", OUTCOMES, dtype=OutcomeName), self.outcome.astype(np.int64))

    def levels(self) -> pl.Series:
        """Return ``level`` String, null where the event is no application line."""
        return at_rows(pl.Series("level", LEVELS), self.level.astype(np.int64))


def classify(events: Events) -> ClassifiedEvents:
    """Tell the kind of each event."""
    if compiled.are_used():
        first_ends = events.line_ends[events.first_line]
        text, is_time = events.octets.array, events.is_time.view(np.uint8)
        told = compiled.passes.classify(_notices(), text, events.start, events.end, first_ends, is_time)
        return ClassifiedEvents(events, *told)
    level, message_at = _application_lines(events)
    kind = np.full(len(events), CODES["other"], dtype=np.uint8)
    lines = np.flatnonzero(message_at >= 0)
    kind[lines] = _message_kinds(events.octets, events.end[lines], message_at[lines], level[lines])
    rest = np.flatnonzero(message_at < 0)
    kind[rest] = _platform_kinds(events.octets, events.start[rest], events.end[rest])
    kind[~events.is_time] = CODES["preamble"]
    request_at = _request_at(events, kind, message_at)
    return ClassifiedEvents(events, kind, level, message_at, request_at, _outcomes(events, kind))


@cache
def _notices() -> compiled.passes.Notices:
    def coded(table: Sequence[tuple[bytes, str]]) -> list[tuple[bytes, int]]:
        return [(text, CODES[name]) for text, name in table]

    unsaid = ("other", "preamble", "report", "application", "application_error")
    return compiled.passes.Notices(
        places=(_INNER, ID_AT, _LEVEL_AT, STAMP_BYTES, _TIMED_OUT_AT),
        lengths=(ID_BYTES, _NOTICE_BYTES),
        levels=[(f"{name}\t".encode(), code) for code, name in enumerate(LEVELS)],
        platform=coded(_PLATFORM_KINDS),
        messages=coded(_MESSAGE_KINDS),
        timeouts=coded([(_TIMED_OUT_NOTICE, "timeout")]),
        said=coded(_SAID),
        failures=[(status, 0) for status in _FAILED_STATUSES],
        ends_words=_ENDS_WORDS,
        errors=_ERRORS,
        codes=(*(CODES[name] for name in unsaid), OUTCOMES.index("failed")),
        request_offsets=_REQUEST_OFFSETS.tolist(),
        outcomes=_OUTCOME_OF_CODE.tolist(),
    )


def _application_lines(events: Events) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Return level and place of the message of lines ``<time>TAB<request id>TAB<LEVEL>TAB<message>``.

    Both are -1 where the event is none.
    """
    level = np.empty(len(events), dtype=np.int8)
    message_at = np.empty(len(events), dtype=np.int64)
    for block in blocks(len(events), _BLOCK):
        start = events.start[block]
        line_bytes = events.line_ends[events.first_line[block]] - start
        rows = events.octets.rows(start, _HEAD_BYTES)
        identified = (rows.octets[:, _INNER] == ord("\t")) & (line_bytes > _INNER)
        full = rows.octets[:, _LEVEL_AT - 1] == ord("\t")
        words = np.where(identified & full & (line_bytes > _LEVEL_AT), rows.words(_LEVEL_AT), 0)
        level_at = start + _LEVEL_AT
        odd = np.flatnonzero(identified & ~full)
        level_at[odd] = [
            _odd_level_at(events.octets, *place) for place in zip(start[odd], line_bytes[odd], strict=True)
        ]
        words[odd] = events.octets.words(level_at[odd])
        level[block], message_at[block] = _levels(words, level_at)
    return level, message_at


def _odd_level_at(octets: Octets, start: int, line_bytes: int) -> int:
    """Return where the level stands behind a request id that is not a UUID, such as ``undefined``."""
    begin = int(start) + ID_AT
    limit = min(int(start) + int(line_bytes), begin + _NOTICE_BYTES)
    # What ends without a tab has no level: none stands at the end of the text.
    return octets.data.find(b"\t", begin, limit) + 1 or octets.size


def _levels(
    words: NDArray[np.uint64], level_at: NDArray[np.int64]
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    level = np.full(len(words), -1, dtype=np.int8)
    message_at = np.full(len(words), -1, dtype=np.int64)
    for code, name in enumerate(LEVELS):
        tag = f"{name}\t".encode()
        ((_, wanted, mask),) = words_of(tag)
        said = np.flatnonzero((words & mask) == wanted)
        level[said] = code
        message_at[said] = level_at[said] + len(tag)
    return level, message_at


def _message_kinds(
    octets: Octets, end: NDArray[np.int64], message_at: NDArray[np.int64], level: NDArray[np.int8]
) -> NDArray[np.uint8]:
    kinds = _named_kinds(octets, message_at, _MESSAGE_KINDS)
    plain = np.flatnonzero(kinds == CODES["other"])
    is_error = np.isin(level[plain], _ERRORS)
    kinds[plain] = np.where(is_error, CODES["application_error"], CODES["application"])
    heads = octets.binaries(message_at[plain], np.minimum(message_at[plain] + _NOTICE_BYTES, end[plain]))
    for notice, name in reversed(_SAID):
        said = heads.bin.contains(notice).arg_true().to_numpy()
        among_words = [notice in _first_words(heads[place]) for place in said.tolist()]
        kinds[plain[said[np.array(among_words, dtype=np.bool_)]]] = CODES[name]
    return kinds


def _first_words(message: bytes) -> bytes:
    words = _WORDS.match(message)
    return words[0] if words else b""


def _platform_kinds(octets: Octets, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.uint8]:
    kinds = _named_kinds(octets, start + STAMP_BYTES, _PLATFORM_KINDS)
    other = np.flatnonzero(kinds == CODES["other"])
    timed_out = octets.begins(start[other] + _TIMED_OUT_AT, _TIMED_OUT_NOTICE)
    timed_out &= end[other] - start[other] > _TIMED_OUT_AT + len(_TIMED_OUT_NOTICE)
    kinds[other[timed_out]] = CODES["timeout"]
    return kinds


def _named_kinds(
    octets: Octets, at: NDArray[np.int64], table: Sequence[tuple[bytes, str]]
) -> NDArray[np.uint8]:
    """Return the kind whose prefix stands at each place, the first of the table; else ``other``."""
    words = octets.words(at)
    kinds = np.full(len(at), CODES["other"], dtype=np.uint8)
    for prefix, name in reversed(table):
        (_, first, mask), *others = words_of(prefix)
        near = np.flatnonzero((words & mask) == first)
        for offset, wanted, _ in others:
            near = near[octets.words(at[near] + offset) == wanted]
        kinds[near] = CODES[name]
    return kinds


def _request_at(events: Events, kind: NDArray[np.uint8], message_at: NDArray[np.int64]) -> NDArray[np.int64]:
    octets = events.octets.array
    offset = np.where(message_at >= 0, ID_AT, _REQUEST_OFFSETS[kind])
    at = events.start + offset
    shaped = (offset > 0) & (at + ID_BYTES <= events.line_ends[events.first_line])
    shaped &= (octets[at + 8] == ord("-")) & (octets[at + 23] == ord("-"))
    return np.where(shaped, at, -1)


def _outcomes(events: Events, kind: NDArray[np.uint8]) -> NDArray[np.int8]:
    outcome = _OUTCOME_OF_CODE[kind]
    reports = np.flatnonzero(kind == CODES["report"])
    texts = events.octets.binaries(events.start[reports], events.end[reports])
    told = texts.bin.contains(b"\tStatus: ").to_numpy()
    failed = [any(status in text for status in _FAILED_STATUSES) for text in texts.filter(pl.Series(told))]
    outcome[reports[told][np.array(failed, dtype=np.bool_)]] = OUTCOMES.index("failed")
    return outcome
