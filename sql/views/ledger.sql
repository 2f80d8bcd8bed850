/*---
id = "ledger"
version = 1
title = "The ledger"
created = 2026-11-23
reads = ["transactions", "currencies"]
description = """
One row per transaction event: what was logged, and what follows from it.

- net_amount: amount - vat; what is not stated counts as 0.
- direction: the logged type. Without one: the direction whose expected balance fits within the
  tolerance (the closer one if both do); if none fits, CREDIT where the balance rose and DEBIT
  otherwise. The logged type itself is never touched.
- expected_balance: old balance plus the net amount of a CREDIT, or minus that of a DEBIT;
  balance_error = new_balance - expected_balance.
- applied: the event is a link of the subscriber's chain in its currency. Events that were
  rejected or failed are none, nor are those without subscriber or balances, nor is a repeat of a
  transaction id that states the same two balances as an earlier event of it (`repeats_earlier`).
  A repeat that states other balances was applied again and is a link.
- link_number and previous_*: of a link, its place in the chain and the link before it;
  gap = old_balance - previous_new_balance.

The chain's order is logged time, transaction id, source, line.
"""
---*/
WITH
repeated_ids AS (
    SELECT transaction_id
    FROM transactions
    WHERE transaction_id IS NOT NULL
    GROUP BY transaction_id
    HAVING count(*) > 1
),

repeats AS (
    SELECT t.rowid AS event
    FROM transactions AS t
    SEMI JOIN repeated_ids ON t.transaction_id = repeated_ids.transaction_id
    WHERE t.outcome IS NULL OR t.outcome NOT IN ('rejected_negative', 'failed')
    QUALIFY row_number() OVER (
        PARTITION BY t.transaction_id, t.user_id, t.currency, t.old_balance, t.new_balance
        ORDER BY t.logged_at, t.source_id, t.line
    ) > 1
),

links AS (
    SELECT
        t.rowid AS event,
        row_number() OVER chain AS link_number,
        lag(t.transaction_id) OVER chain AS previous_transaction_id,
        lag(t.old_balance) OVER chain AS previous_old_balance,
        lag(t.new_balance) OVER chain AS previous_new_balance,
        lag(t.logged_at) OVER chain AS previous_logged_at
    FROM transactions AS t
    ANTI JOIN repeats ON t.rowid = repeats.event
    WHERE
        (t.outcome IS NULL OR t.outcome NOT IN ('rejected_negative', 'failed'))
        AND t.user_id IS NOT NULL
        AND t.old_balance IS NOT NULL
        AND t.new_balance IS NOT NULL
    WINDOW chain AS (
        PARTITION BY t.user_id, t.currency
        ORDER BY t.logged_at, t.transaction_id, t.source_id, t.line
    )
)

SELECT
    t.transaction_id,
    t.user_id,
    t.logged_at,
    t.request_id,
    t.message_id,
    t.type,
    t.source_kind,
    t.action,
    t.currency,
    t.amount,
    t.vat,
    t.old_balance,
    t.new_balance,
    t.payment_balance,
    t.update_payment_balance,
    t.metadata,
    t.outcome,
    t.source_id,
    t.line,
    c.minor_unit,
    c.tolerance,
    coalesce(t.amount, 0) - coalesce(t.vat, 0) AS net_amount,
    CASE
        WHEN t.type IN ('CREDIT', 'DEBIT') THEN t.type
        WHEN
            abs(t.old_balance + net_amount - t.new_balance) <= c.tolerance
            AND abs(t.old_balance + net_amount - t.new_balance)
            <= abs(t.old_balance - net_amount - t.new_balance)
            THEN 'CREDIT'
        WHEN abs(t.old_balance - net_amount - t.new_balance) <= c.tolerance THEN 'DEBIT'
        WHEN t.new_balance > t.old_balance THEN 'CREDIT'
        WHEN t.new_balance <= t.old_balance THEN 'DEBIT'
    END AS direction,
    t.old_balance + CASE direction WHEN 'CREDIT' THEN net_amount WHEN 'DEBIT' THEN -net_amount END
        AS expected_balance,
    t.new_balance - expected_balance AS balance_error,
    links.event IS NOT NULL AS applied,
    repeats.event IS NOT NULL AS repeats_earlier,
    links.link_number,
    links.previous_transaction_id,
    links.previous_old_balance,
    links.previous_new_balance,
    links.previous_logged_at,
    t.old_balance - links.previous_new_balance AS gap
FROM transactions AS t
INNER JOIN currencies AS c ON coalesce(t.currency, '') = c.currency
LEFT JOIN links ON t.rowid = links.event
LEFT JOIN repeats ON t.rowid = repeats.event
