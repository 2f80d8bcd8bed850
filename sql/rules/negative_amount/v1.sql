/*---
id = "negative_amount"
version = 1
title = "Amount below zero"
severity = "error"
status = "active"
nature = "event"
created = 2026-11-23
changed = "First version."
reads = ["ledger"]
description = """
A transaction has a negative amount: a debit that credits, or a credit that debits. The figures add up
all the same, so no other rule notices.
"""
known_gaps = []
false_positives = [
    "A correction may have been entered as a negative amount on purpose.",
]
triage = """
Ask whether the amount was meant to be positive. If so the balance is off by twice the amount.
"""
---*/
SELECT
    coalesce(l.transaction_id, l.request_id, '') AS subject,
    l.user_id,
    l.transaction_id,
    l.request_id,
    l.logged_at,
    l.currency,
    'subscription' AS wallet,
    0::DECIMAL(38, 18) AS expected,
    l.amount AS actual,
    l.amount AS difference,
    'A ' || coalesce(l.direction, 'transaction') || ' of ' || money_words(l.amount, l.currency, l.minor_unit)
    || ' took the balance from ' || money_words(l.old_balance, l.currency, l.minor_unit) || ' to '
    || money_words(l.new_balance, l.currency, l.minor_unit) || '; an amount must not be negative.'
        AS explanation,
    l.source_id,
    l.line
FROM ledger AS l
WHERE l.amount < 0
