"""What each event is: every event is of exactly one kind, told by how it begins.

The order of `MESSAGE_KINDS` decides where two could apply. Only the start of a message is looked at
(a whole first line for the two notices that vary), so that text inside a dump is never taken for an
event of its own.
"""

from __future__ import annotations

import polars as pl

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

OutcomeName = pl.Enum(["published", "already_synced", "skipped_create", "skipped_flag", "rejected_negative", "failed"])
"""Dtype of the ``outcome`` column of events."""

TRANSACTION_NOTICE = b"Start syncing the balance"
SYNC_ERROR_NOTICE = b"Subscription balance and payment balance are not in sync"
PROCESSING_NOTICE = b"Processing message "
_NEGATIVE_NOTICE = b"Subscriber will have a negative balance due to this action"

_BODY_BYTES = 80
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
    kind = pl.when(pl.col("at").is_null()).then(pl.lit("preamble"))
    kind = kind.when(pl.col("message_at").is_not_null()).then(_message_kind(pl.col("message")))
    for prefix, name in _PLATFORM_KINDS:
        kind = kind.when(body.bin.starts_with(prefix)).then(pl.lit(name))
    kind = kind.when(body.bin.slice(25 + _ID_BYTES, 16) == b" Task timed out ").then(pl.lit("timeout"))
    kind = kind.when(body.bin.starts_with(b"RequestId: ")).then(pl.lit("crash"))
    return kind.otherwise(pl.lit("other"))


def _application_lines(events: pl.DataFrame) -> pl.DataFrame:
    """Add ``level`` and ``message_at``: ``<inner time>\\t<request id>\\t<LEVEL>\\t<message>``."""
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
    ends = {name: len(name) + 1 for name in ("INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL")}
    name, width = pl.when(False).then(pl.lit("")), pl.when(False).then(pl.lit(0))
    for known, length in ends.items():
        is_level = level.bin.starts_with(f"{known}\t".encode())
        name, width = name.when(is_level).then(pl.lit(known)), width.when(is_level).then(pl.lit(length))
    return lines.with_columns(level=name.otherwise(None), width=width.otherwise(None)).select(
        *events.columns, "level", (pl.col("level_at") + pl.col("width")).alias("message_at")
    )


def _odd_level_at(inner: int) -> pl.Expr:
    """Return where the level stands after a request id that is not a UUID, such as ``undefined``."""
    head = pl.col("text").bin.slice(inner + 1, 80).cast(pl.String, strict=False)
    return head.str.find("\t", literal=True).cast(pl.Int64) + inner + 2


def _message_kind(message: pl.Expr) -> pl.Expr:
    kind = pl.when(message.bin.starts_with(_MESSAGE_KINDS[0][0])).then(pl.lit(_MESSAGE_KINDS[0][1]))
    for prefix, name in _MESSAGE_KINDS[1:]:
        kind = kind.when(message.bin.starts_with(prefix)).then(pl.lit(name))
    # The notices whose beginning varies stand at the start of a message, before any dump.
    words = ~message.bin.starts_with(b"{")
    synced = words & message.bin.contains(b"alance is already synced from other listeners")
    kind = kind.when(synced).then(pl.lit("already_synced"))
    flagged = words & message.bin.contains(b"Update Payment Balance Flag is set to false")
    kind = kind.when(flagged).then(pl.lit("skipped_flag"))
    says_negative = message.bin.starts_with(_NEGATIVE_NOTICE) | (
        message.bin.starts_with(b"{") & message.bin.contains(b"message: '" + _NEGATIVE_NOTICE)
    )
    kind = kind.when(says_negative).then(pl.lit("rejected_negative"))
    is_error = pl.col("level").is_in(["ERROR", "FATAL"])
    return kind.when(is_error).then(pl.lit("application_error")).otherwise(pl.lit("application"))


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
    return pl.when(shaped & (found.bin.size() == _ID_BYTES)).then(found).cast(pl.String, strict=False)


def _outcome() -> pl.Expr:
    """Return the outcome that the event shows for its message, or null."""
    status = pl.col("text").bin.contains(b"\tStatus: timeout") | pl.col("text").bin.contains(b"\tStatus: error")
    failed_report = (pl.col("kind") == "report") & status
    shown = pl.col("kind").cast(pl.String).replace_strict(OUTCOME_OF_KIND, default=None)
    return pl.when(failed_report).then(pl.lit("failed")).otherwise(shown).cast(OutcomeName)
