/*---
id = "repeated_message"
version = 1
title = "A message was processed more than once"
severity = "warning"
status = "active"
nature = "event"
created = 2026-11-23
changed = "First version."
reads = ["messages", "ledger"]
description = """
The queue delivered a message that had been processed before, and the service processed it again. That
is normal for a queue and does harm only where the service does not notice.
"""
known_gaps = [
    "A message sent twice under two ids is not seen.",
]
false_positives = [
    "The first processing failed and the queue did what it is for.",
]
triage = """
Look for a duplicate_transaction or lost_update finding of the same transaction. Without one, nothing was
harmed.
"""
---*/
WITH
repeated_ids AS (
    SELECT m.message_id
    FROM messages AS m
    WHERE m.message_id IS NOT NULL
    GROUP BY m.message_id
    HAVING count(*) > 1
),

processings AS (
    SELECT
        m.message_id,
        m.request_id,
        m.started_at,
        m.transaction_id,
        m.outcome,
        m.source_id,
        m.line,
        row_number() OVER earlier AS processing_number,
        first_value(m.started_at) OVER earlier AS first_started_at
    FROM messages AS m
    SEMI JOIN repeated_ids ON m.message_id = repeated_ids.message_id
    WINDOW earlier AS (
        PARTITION BY m.message_id
        ORDER BY m.started_at, m.source_id, m.line
        ROWS UNBOUNDED PRECEDING
    )
),

identified AS (
    SELECT
        p.message_id,
        p.request_id,
        p.started_at,
        p.transaction_id,
        p.outcome,
        p.source_id,
        p.line,
        p.processing_number,
        p.first_started_at,
        l.user_id,
        l.currency
    FROM processings AS p
    LEFT JOIN ledger AS l ON p.transaction_id = l.transaction_id
    WHERE p.processing_number > 1
    QUALIFY row_number() OVER (
        PARTITION BY p.source_id, p.line
        ORDER BY l.logged_at, l.source_id, l.line
    ) = 1
)

SELECT
    i.message_id AS subject,
    i.user_id,
    i.transaction_id,
    i.request_id,
    i.started_at AS logged_at,
    i.currency,
    NULL AS wallet,
    NULL AS expected,
    NULL AS actual,
    NULL AS difference,
    'Message ' || i.message_id || ' was processed before, first at '
    || strftime(i.first_started_at, '%Y-%m-%d %H:%M:%S') || ' UTC; this is processing number '
    || i.processing_number::VARCHAR || ', with the outcome '
    || coalesce(replace(i.outcome, '_', ' '), 'unknown') || '.' AS explanation,
    i.source_id,
    i.line
FROM identified AS i
