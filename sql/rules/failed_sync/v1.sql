/*---
id = "failed_sync"
version = 1
title = "A sync failed"
severity = "critical"
status = "active"
nature = "event"
created = 2026-11-23
changed = "First version."
reads = ["messages", "ledger"]
description = """
A message ended with an error, a timeout or a crash, so the change it carried did not reach the other
wallet. Expected is the change that was to be made, actual what the log shows of it: nothing.
"""
known_gaps = [
    "A failure that the service swallowed without an ERROR line is not seen.",
]
false_positives = [
    "The queue delivered the message again and the second attempt succeeded.",
    "An ERROR line of something else within the same message.",
]
triage = """
Read the error and the lines after it. Check whether a later message synced the same transaction; if none
did, apply it again.
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
    WHERE m.outcome = 'failed'
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
    'Message ' || coalesce(s.message_id, 'without id') || ' failed'
    || CASE
        WHEN s.transaction_id IS NULL THEN ' before it named a transaction.'
        ELSE
            ' to sync transaction ' || s.transaction_id || ': a change of '
            || money_words(s.change, s.currency, s.minor_unit) || ' did not reach the other wallet.'
    END AS explanation,
    s.source_id,
    s.line
FROM started AS s
