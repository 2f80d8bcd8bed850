/*---
id = "arithmetic"
version = 1
title = "New balance is not what the amount makes it"
severity = "error"
status = "active"
nature = "event"
created = 2026-11-23
changed = "First version."
reads = ["ledger"]
description = """
Within one transaction the figures do not add up: the old balance plus (CREDIT) or minus (DEBIT) the
amount without VAT is not the new balance, by more than half a minor unit of the currency.
"""
known_gaps = [
    """Records without a type are read in the direction that fits, so a credit booked as a debit is not \
    found there.""",
]
false_positives = [
    "A discount or fee that the service applied to the balance and did not log in amount or VAT.",
]
triage = """
Compare the difference with the VAT, a discount or the whole amount: often it is one of them. If not,
ask for the record in the subscription service.
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
    l.expected_balance AS expected,
    l.new_balance AS actual,
    l.balance_error AS difference,
    'A ' || l.direction || ' of ' || money_words(l.net_amount, l.currency, l.minor_unit)
    || ' excluding VAT should take the balance from '
    || money_words(l.old_balance, l.currency, l.minor_unit) || ' to '
    || money_words(l.expected_balance, l.currency, l.minor_unit) || '; the log states '
    || money_words(l.new_balance, l.currency, l.minor_unit) || '.' AS explanation,
    l.source_id,
    l.line
FROM ledger AS l
WHERE abs(l.balance_error) > l.tolerance
