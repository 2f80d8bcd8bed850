"""What each event is: every event is of exactly one kind, told by how it begins.

The order of `MESSAGE_KINDS` decides where two could apply. Only the start of a message is looked at
(a whole first line for the two notices that vary), so that text inside a dump is never taken for an
event of its own.
"""

from __future__ import annotations

import polars as pl

from balance_sync.logs.decoding import decoded
from balance_sync.logs.split import STAMP_BYTES

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
)
Kind = pl.Enum(KINDS)
"""Dtype of the ``kind`` column."""

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

OutcomeName = pl.Enum(
    ["published", "already_synced", "skipped_create", "skipped_flag", "rejected_negative", "failed"]
)
"""Dtype of the ``outcome`` column of events."""

TRANSACTION_NOTICE = b"Start syncing the balance"
SYNC_ERROR_NOTICE = b"Subscription balance and payment balance are not in sync"
PROCESSING_NOTICE = b"Processing message "
_NEGATIVE_NOTICE = b"Subscriber will have a negative balance due to this action"

_BODY_BYTES = 80
_LEVELS = ("INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL")
_ID_BYTES = 36
_NOTICE_BYTES = 128
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
)
_MESSAGE_KINDS = (
    (TRANSACTION_NOTICE, "transaction"),
    (SYNC_ERROR_NOTICE, "sync_error"),
    (PROCESSING_NOTICE, "processing"),
    (b"SubscriptionBalanceUpdated event published", "published"),
    (b"Skipping the balance sync for create", "skipped_create"),
)


def classify(events: pl.DataFrame) -> pl.DataFrame:
    """Tell the kind of each event.

    Parameters
    ----------
    events
        As `split_events` gives them.

    Returns
    -------
    DataFrame
        `events` with ``kind`` (`Kind`), ``request_id`` String (null where the event names none),
        ``level`` String (application lines only), ``message_at`` Int64, the offset in bytes of an
        application line's message in ``text`` (null for other events), and ``outcome``
        (`OutcomeName`), what the event shows for the message that it belongs to.
    """
    lines = _application_lines(events)
    text = pl.col("text")
    heads = lines.select(
        pl.col("at", "level", "message_at"),
        body=text.bin.slice(STAMP_BYTES, _BODY_BYTES),
        message=text.bin.slice(pl.col("message_at"), _NOTICE_BYTES),
    )
    lines = lines.with_columns(heads.select(kind=_kind().cast(Kind)).to_series())
    return lines.with_columns(request_id=_request_id(), outcome=_outcome())


def _kind() -> pl.Expr:
    """Tell the kind from ``at``, ``level``, and the heads ``body`` and ``message``."""
    body = pl.col("body")
    timed_out = body.bin.slice(25 + _ID_BYTES, 16) == b" Task timed out "
    message_kind = _first(_message_conditions(), otherwise=_plain_application())
    platform = [(body.bin.starts_with(prefix), name) for prefix, name in _PLATFORM_KINDS]
    conditions = [*platform, (timed_out, "timeout"), (body.bin.starts_with(b"RequestId: "), "crash")]
    platform_kind = _first(conditions, otherwise=pl.lit("other"))
    is_message = pl.col("message_at").is_not_null()
    kind = pl.when(is_message).then(message_kind).otherwise(platform_kind)
    return pl.when(pl.col("at").is_null()).then(pl.lit("preamble")).otherwise(kind)


def _first(conditions: list[tuple[pl.Expr, str]], *, otherwise: pl.Expr) -> pl.Expr:
    """Return the name beside the first condition that holds."""
    chosen = otherwise
    for condition, name in reversed(conditions):
        chosen = pl.when(condition).then(pl.lit(name)).otherwise(chosen)
    return chosen


def _application_lines(events: pl.DataFrame) -> pl.DataFrame:
    """Add ``level`` and ``message_at`` of lines ``<time>TAB<request id>TAB<LEVEL>TAB<message>``."""
    text = pl.col("text")
    inner = STAMP_BYTES + 24
    identified = text.bin.slice(inner, 1) == b"\t"
    full_id = text.bin.slice(inner + 1 + _ID_BYTES, 1) == b"\t"
    level_at = pl.when(identified & full_id).then(inner + 2 + _ID_BYTES)
    lines = events.with_columns(level_at=level_at.cast(pl.Int64), odd_id=identified & ~full_id)
    if lines["odd_id"].any():
        lines = lines.with_columns(
            level_at=pl.when("odd_id").then(_odd_level_at(inner)).otherwise(pl.col("level_at"))
        )
    level = text.bin.slice(pl.col("level_at"), 6)
    is_level = {known: level.bin.starts_with(f"{known}\t".encode()) for known in _LEVELS}
    name = _first(
        [(condition, known) for known, condition in is_level.items()], otherwise=pl.lit(None, pl.String)
    )
    width = pl.when(name.is_not_null()).then(name.str.len_bytes() + 1)
    return lines.with_columns(level=name).select(
        *events.columns, "level", (pl.col("level_at") + width.cast(pl.Int64)).alias("message_at")
    )


def _odd_level_at(inner: int) -> pl.Expr:
    """Return where the level stands after a request id that is not a UUID, such as ``undefined``."""
    head = decoded(pl.col("text").bin.slice(inner + 1, 80))
    return head.str.find("\t", literal=True).cast(pl.Int64) + inner + 2


def _message_conditions() -> list[tuple[pl.Expr, str]]:
    message = pl.col("message")
    synced = _is_said(message, "alance is already synced from other listeners")
    flagged = _is_said(message, "Update Payment Balance Flag is set to false")
    # Where Node writes to a console a dump's line breaks become carriage returns.
    openings = [b"", *(b"{" + space + b"message: '" for space in (b" ", b"\n  ", b"\r  "))]
    negative = pl.any_horizontal(message.bin.starts_with(opening + _NEGATIVE_NOTICE) for opening in openings)
    told = [(message.bin.starts_with(notice), name) for notice, name in _MESSAGE_KINDS]
    return [*told, (synced, "already_synced"), (flagged, "skipped_flag"), (negative, "rejected_negative")]


def _is_said(message: pl.Expr, notice: str) -> pl.Expr:
    """Return where `notice` is among the words that a message begins with, before any dump."""
    present = message.bin.contains(notice.encode())
    text = decoded(pl.when(present).then(message))
    return text.str.contains(rf"^[^{{\[\n\r'\"`]*{notice}").fill_null(present)


def _plain_application() -> pl.Expr:
    is_error = pl.col("level").is_in(["ERROR", "FATAL"])
    return pl.when(is_error).then(pl.lit("application_error")).otherwise(pl.lit("application"))


def _request_id() -> pl.Expr:
    kind = pl.col("kind")
    text = pl.col("text")
    at = (
        pl.when(pl.col("message_at").is_not_null() | (kind == "timeout"))
        .then(STAMP_BYTES + 25)
        .when(kind == "start")
        .then(STAMP_BYTES + 17)
        .when(kind == "end")
        .then(STAMP_BYTES + 15)
        .when(kind == "report")
        .then(STAMP_BYTES + 18)
        .when(kind == "crash")
        .then(STAMP_BYTES + 11)
    )
    found = text.bin.slice(at, _ID_BYTES)
    shaped = (found.bin.slice(8, 1) == b"-") & (found.bin.slice(23, 1) == b"-")
    return decoded(pl.when(shaped & (found.bin.size() == _ID_BYTES)).then(found))


def _outcome() -> pl.Expr:
    """Return the outcome that the event shows for its message, or null."""
    status = pl.col("text").bin.contains(b"\tStatus: timeout") | pl.col("text").bin.contains(
        b"\tStatus: error"
    )
    failed_report = (pl.col("kind") == "report") & status
    shown = pl.col("kind").cast(pl.String).replace_strict(OUTCOME_OF_KIND, default=None)
    return pl.when(failed_report).then(pl.lit("failed")).otherwise(shown).cast(OutcomeName)
