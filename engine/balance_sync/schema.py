"""The tables that stages hand to each other: one Arrow schema each.

Every money column is ``decimal128(38, 18)``, every time ``timestamp[us, UTC]``. ``line`` is the
1-based line of an event's first line in the uncompressed text of its source. The tables that other
programs rely on are those of `PUBLISHED_TABLES`; their columns may grow and never shrink.
"""

from __future__ import annotations

import pyarrow as pa

MONEY = pa.decimal128(38, 18)
UTC_TIME = pa.timestamp("us", tz="UTC")


def _table(**columns: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])


SOURCES = _table(
    source_id=pa.string(),
    path=pa.string(),
    stream=pa.string(),
    log_group=pa.string(),
    size_bytes=pa.int64(),
    text_bytes=pa.int64(),
    event_bytes=pa.int64(),
    content_hash=pa.string(),
    events=pa.int64(),
    repeated_events=pa.int64(),
    first_at=UTC_TIME,
    last_at=UTC_TIME,
    status=pa.string(),
    reason=pa.string(),
)

TRANSACTIONS = _table(
    transaction_id=pa.string(),
    user_id=pa.string(),
    logged_at=UTC_TIME,
    request_id=pa.string(),
    message_id=pa.string(),
    type=pa.string(),
    source_kind=pa.string(),
    action=pa.string(),
    currency=pa.string(),
    amount=MONEY,
    vat=MONEY,
    old_balance=MONEY,
    new_balance=MONEY,
    payment_balance=MONEY,
    update_payment_balance=pa.bool_(),
    metadata=pa.string(),
    outcome=pa.string(),
    source_id=pa.string(),
    line=pa.int64(),
)

SYNC_ERRORS = _table(
    user_id=pa.string(),
    subscription_balance=MONEY,
    payment_balance=MONEY,
    logged_at=UTC_TIME,
    request_id=pa.string(),
    source_id=pa.string(),
    line=pa.int64(),
)

MESSAGES = _table(
    message_id=pa.string(),
    request_id=pa.string(),
    started_at=UTC_TIME,
    outcome=pa.string(),
    transaction_id=pa.string(),
    source_id=pa.string(),
    line=pa.int64(),
)

INVOCATIONS = _table(
    request_id=pa.string(),
    started_at=UTC_TIME,
    duration_ms=pa.decimal128(18, 2),
    billed_ms=pa.int64(),
    memory_mb=pa.int64(),
    max_memory_mb=pa.int64(),
    init_ms=pa.decimal128(18, 2),
    status=pa.string(),
    source_id=pa.string(),
    line=pa.int64(),
)

SUSPECTS = _table(
    source_id=pa.string(),
    line=pa.int64(),
    logged_at=UTC_TIME,
    said_at=UTC_TIME,
    request_id=pa.string(),
    kind=pa.string(),
    reason=pa.string(),
    began_at=UTC_TIME,
    ended_at=UTC_TIME,
)

DROPPED_LOGS = _table(
    source_id=pa.string(),
    line=pa.int64(),
    logged_at=UTC_TIME,
    records=pa.int64(),
    bytes=pa.int64(),
    reason=pa.string(),
)

REJECTS = _table(
    source_id=pa.string(),
    line=pa.int64(),
    reason=pa.string(),
    text=pa.string(),
)

BROUGHT_FORWARD = _table(
    user_id=pa.string(),
    currency=pa.string(),
    transaction_id=pa.string(),
    logged_at=UTC_TIME,
    old_balance=MONEY,
    new_balance=MONEY,
    outcome=pa.string(),
    link_number=pa.int64(),
    source_id=pa.string(),
    line=pa.int64(),
)

FINDINGS = _table(
    finding_id=pa.string(),
    rule=pa.string(),
    rule_version=pa.int32(),
    severity=pa.string(),
    user_id=pa.string(),
    transaction_id=pa.string(),
    request_id=pa.string(),
    logged_at=UTC_TIME,
    currency=pa.string(),
    wallet=pa.string(),
    expected=MONEY,
    actual=MONEY,
    difference=MONEY,
    explanation=pa.string(),
    source_id=pa.string(),
    line=pa.int64(),
)

RUNS = _table(
    run_id=pa.string(),
    started_at=UTC_TIME,
    finished_at=UTC_TIME,
    version=pa.string(),
    rules=pa.string(),
    options=pa.string(),
    counts=pa.string(),
)

PUBLISHED_TABLES: dict[str, pa.Schema] = {
    "sources": SOURCES,
    "transactions": TRANSACTIONS,
    "sync_errors": SYNC_ERRORS,
    "messages": MESSAGES,
    "invocations": INVOCATIONS,
    "suspects": SUSPECTS,
    "dropped_logs": DROPPED_LOGS,
    "rejects": REJECTS,
    "brought_forward": BROUGHT_FORWARD,
    "findings": FINDINGS,
    "runs": RUNS,
}
