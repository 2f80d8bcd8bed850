/*---
id = "overdraft"
version = 1
title = "Balance below zero"
severity = "critical"
status = "active"
nature = "state"
created = 2026-11-23
changed = "First version."
reads = ["ledger"]
description = """
A subscriber's balance is below zero: in the subscription wallet as the transaction left it, or in
the payment wallet as the transaction found it. Each wallet is a finding of its own. The subscriber
was served without having paid, or money was taken twice.
"""
known_gaps = [
    "Older records do not carry the payment balance, so the payment wallet cannot be checked there.",
    "A balance that was below zero between two logged transactions is not seen.",
]
false_positives = [
    """A sync that was rejected because it would make the balance negative states that balance all the \
    same; the explanation says so.""",
    "A manual correction in two steps may leave the balance negative for a minute.",
]
triage = """
Look at the subscriber's next transactions: did a credit bring the balance back? If not, the amount
below zero is what the subscriber owes. Compare both wallets: if only one is negative, the sync is at
fault and not the subscriber.
"""

[params.lowest_balance]
type = "DECIMAL(38, 18)"
default = "0"
help = "Balances below this are overdrawn."
---*/
WITH
balances AS (
    SELECT
        l.transaction_id,
        l.user_id,
        l.request_id,
        l.logged_at,
        l.currency,
        l.minor_unit,
        l.outcome,
        l.source_id,
        l.line,
        'subscription' AS wallet,
        l.new_balance AS balance
    FROM ledger AS l
    WHERE l.new_balance < $lowest_balance
    UNION ALL
    SELECT
        l.transaction_id,
        l.user_id,
        l.request_id,
        l.logged_at,
        l.currency,
        l.minor_unit,
        l.outcome,
        l.source_id,
        l.line,
        'payment' AS wallet,
        l.payment_balance AS balance
    FROM ledger AS l
    WHERE l.payment_balance < $lowest_balance
)

SELECT
    coalesce(b.transaction_id, b.request_id, '') || '/' || b.wallet AS subject,
    b.user_id,
    b.transaction_id,
    b.request_id,
    b.logged_at,
    b.currency,
    b.wallet,
    $lowest_balance AS expected,
    b.balance AS actual,
    b.balance - $lowest_balance AS difference,
    'The ' || b.wallet || ' balance is ' || money_words(b.balance, b.currency, b.minor_unit)
    || ' with this transaction; it must not be below '
    || money_words($lowest_balance, b.currency, b.minor_unit) || '.'
    || CASE
        WHEN b.outcome = 'rejected_negative' THEN ' The sync was rejected for that reason.'
        WHEN b.outcome = 'failed' THEN ' The sync failed.'
        ELSE ''
    END AS explanation,
    b.source_id,
    b.line
FROM balances AS b
