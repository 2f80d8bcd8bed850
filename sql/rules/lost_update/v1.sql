/*---
id = "lost_update"
version = 1
title = "Two changes started from the same balance"
severity = "critical"
status = "active"
nature = "event"
created = 2026-11-23
changed = "First version."
reads = ["ledger"]
description = """
A transaction started from the balance that the subscriber's previous applied transaction started
from, not from the one it left. Both changes were made to the same balance, the later one overwrote
the earlier one, and the earlier change is gone.
"""
known_gaps = [
    """Only the transaction just before is compared: of three changes that started from one balance, \
    each but the first is a finding, and a change lost behind another one is reported by the \
    continuity rule.""",
    "Transactions that were rejected or failed are no part of the chain.",
]
false_positives = [
    "The earlier change was cancelled outside the log, and the balance put back to what it was.",
]
triage = """
The difference is what the later transaction's balance lacks (or has too much) because the earlier
change is gone. Apply the earlier transaction again, unless a later correction already did.
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
    l.previous_new_balance AS expected,
    l.old_balance AS actual,
    l.gap AS difference,
    'This transaction and the one before it (' || coalesce(l.previous_transaction_id, 'unidentified')
    || ') both started from ' || money_words(l.old_balance, l.currency, l.minor_unit)
    || '; the one before had left ' || money_words(l.previous_new_balance, l.currency, l.minor_unit)
    || ', and that change is gone.' AS explanation,
    l.source_id,
    l.line
FROM ledger AS l
WHERE
    l.applied
    AND abs(l.gap) > l.tolerance
    AND abs(l.old_balance - l.previous_old_balance) <= l.tolerance
