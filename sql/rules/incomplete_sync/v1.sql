/*---
id = "incomplete_sync"
version = 1
title = "A sync was started and never finished"
severity = "error"
status = "active"
nature = "event"
created = 2026-11-23
changed = "First version."
reads = ["messages", "ledger"]
description = """
A message began to sync a transaction and nothing logged after it says what became of it: not published,
not already synced, not skipped, not rejected, not failed. Expected is the change that was to be made,
actual what the log shows of it: nothing.
"""
known_gaps = [
    "A message that never came to name its transaction is not seen here.",
]
false_positives = [
    "The archive ends, or a source is cut off, in the middle of the request.",
]
triage = """
Look at the end of the request: a timeout, a crash, or the end of the archive? Then check whether a later
message synced the same transaction.
"""
---*/
WITH
started AS (
    SELECT
        m.message_id,
        m.request_id,
        m.started_at,
        m.transaction_id,
        m.source_id,
        m.line,
        l.user_id,
        l.currency,
        l.minor_unit,
        CASE l.direction WHEN 'DEBIT' THEN -l.net_amount ELSE l.net_amount END AS change
    FROM messages AS m
    LEFT JOIN ledger AS l
        ON
            m.request_id = l.request_id
            AND m.message_id = l.message_id
            AND m.transaction_id = l.transaction_id
            AND m.started_at <= l.logged_at
    WHERE m.outcome = 'incomplete' AND m.transaction_id IS NOT NULL
    QUALIFY row_number() OVER (
        PARTITION BY m.source_id, m.line
        ORDER BY l.logged_at, l.source_id, l.line
    ) = 1
)

SELECT
    coalesce(s.message_id, s.request_id, '') AS subject,
    s.user_id,
    s.transaction_id,
    s.request_id,
    s.started_at AS logged_at,
    s.currency,
    NULL AS wallet,
    s.change AS expected,
    CASE WHEN s.change IS NOT NULL THEN 0::DECIMAL(38, 18) END AS actual,
    -s.change AS difference,
    'Message ' || coalesce(s.message_id, 'without id') || ' started to sync transaction '
    || s.transaction_id || ', a change of ' || money_words(s.change, s.currency, s.minor_unit)
    || ', and the log shows no outcome: neither published, nor skipped, nor rejected, nor failed.'
        AS explanation,
    s.source_id,
    s.line
FROM started AS s
