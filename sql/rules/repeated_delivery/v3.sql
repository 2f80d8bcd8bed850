/*---
id = "repeated_delivery"
version = 3
title = "A delivery was deducted more than once"
severity = "error"
status = "active"
nature = "event"
created = 2026-11-27
changed = "Finds the same faster: in 8.4 s in place of 10.8 s among eight million transactions."
reads = ["ledger"]
description = """
A subscriber was debited for a delivery that an earlier transaction had already debited. The delivery
is the deliveryId of the transaction's metadata. Expected is the balance before this debit, so the
difference is what it took.
"""
known_gaps = [
    "Records without metadata or action name no delivery and are not checked.",
    "An event that repeats an earlier one of the same transaction is left to the duplicate_transaction rule.",
]
false_positives = [
    "The first debit was rejected or failed, or was refunded before the second.",
    "A second debit of the same delivery with another amount may be a correction.",
]
triage = """
Compare the two amounts, and look for a credit between them. Without one the subscriber paid twice.
"""

[params.action]
type = "VARCHAR"
default = "DELIVERY_DEDUCTION"
help = "The action of transactions that charge a delivery."
---*/
WITH
-- Of all debits the place and a number for the delivery: with their ids they would be too many to hold.
-- That two deliveries share one does no harm: debits are numbered by the ids.
deliveries AS (
    SELECT
        l.source_id,
        l.line,
        hash(l.user_id, try(json_extract_string(l.metadata, '$.deliveryId'))) AS delivery_hash
    FROM ledger AS l
    WHERE
        l.action = $action
        AND l.direction = 'DEBIT'
        AND l.user_id IS NOT NULL
        AND NOT l.repeats_earlier
        AND try(json_extract_string(l.metadata, '$.deliveryId')) != ''
),

repeated AS (
    SELECT d.delivery_hash
    FROM deliveries AS d
    GROUP BY d.delivery_hash
    HAVING count(*) > 1
),

places AS (
    SELECT
        d.source_id,
        d.line
    FROM deliveries AS d
    SEMI JOIN repeated AS r ON d.delivery_hash = r.delivery_hash
),

-- One event stands at each place, so these are debits for deliveries.
debits AS (
    SELECT
        l.transaction_id,
        l.user_id,
        l.request_id,
        l.logged_at,
        l.currency,
        l.minor_unit,
        l.outcome,
        l.old_balance,
        l.new_balance,
        l.net_amount,
        l.source_id,
        l.line,
        try(json_extract_string(l.metadata, '$.deliveryId')) AS delivery_id
    FROM ledger AS l
    SEMI JOIN places AS p ON l.source_id = p.source_id AND l.line = p.line
),

numbered AS (
    SELECT
        d.transaction_id,
        d.user_id,
        d.request_id,
        d.logged_at,
        d.currency,
        d.minor_unit,
        d.outcome,
        d.old_balance,
        d.new_balance,
        d.net_amount,
        d.source_id,
        d.line,
        d.delivery_id,
        row_number() OVER of_delivery AS debit_number,
        first_value(coalesce(d.transaction_id, 'unidentified')) OVER of_delivery AS first_transaction_id
    FROM debits AS d
    WINDOW of_delivery AS (
        PARTITION BY d.user_id, d.delivery_id
        ORDER BY d.logged_at, d.transaction_id, d.source_id, d.line
        ROWS UNBOUNDED PRECEDING
    )
)

SELECT
    coalesce(n.transaction_id, n.request_id, '') AS subject,
    n.user_id,
    n.transaction_id,
    n.request_id,
    n.logged_at,
    n.currency,
    'subscription' AS wallet,
    n.old_balance AS expected,
    CASE WHEN n.outcome IN ('rejected_negative', 'failed') THEN n.old_balance ELSE n.new_balance END
        AS actual,
    CASE WHEN n.outcome IN ('rejected_negative', 'failed') THEN 0 ELSE n.new_balance - n.old_balance END
        AS difference,
    'Delivery ' || n.delivery_id || ' was debited before, first by transaction '
    || n.first_transaction_id || '; this is debit number ' || n.debit_number::VARCHAR || ' for it, of '
    || money_words(n.net_amount, n.currency, n.minor_unit) || '.'
    || CASE WHEN n.outcome IN ('rejected_negative', 'failed') THEN ' It took no effect.' ELSE '' END
        AS explanation,
    n.source_id,
    n.line
FROM numbered AS n
WHERE n.debit_number > 1
