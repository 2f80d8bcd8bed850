/*---
id = "continuity"
version = 1
title = "Balance changed between two transactions"
severity = "error"
status = "active"
nature = "event"
created = 2026-11-23
changed = "First version."
reads = ["ledger"]
description = """
A transaction does not start from the balance that the subscriber's previous applied transaction in
that currency left: money appeared or vanished in between and no logged transaction says why.
Where both started from the same balance it is a lost update, and that rule reports it.
"""
known_gaps = [
    "Before the first transaction of a subscriber nothing can be compared.",
    "Changes between two transactions that cancel each other out are not seen.",
]
false_positives = [
    """Logs of a day or a container are missing from the archive: the transactions in between are then \
    unknown.""",
    """Two transactions in the same millisecond are ordered by their ids, which need not be the order \
    they took effect in.""",
]
triage = """
Check that the archive covers the time between the two transactions. Then look for a transaction of
the size of the difference in the subscription service.
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
    'The transaction before (' || coalesce(l.previous_transaction_id, 'unidentified') || ') left '
    || money_words(l.previous_new_balance, l.currency, l.minor_unit) || ' and this one starts from '
    || money_words(l.old_balance, l.currency, l.minor_unit) || ': '
    || money_words(abs(l.gap), l.currency, l.minor_unit)
    || CASE WHEN l.gap > 0 THEN ' appeared' ELSE ' vanished' END
    || ' in between, and no logged transaction says why.' AS explanation,
    l.source_id,
    l.line
FROM ledger AS l
WHERE
    l.applied
    AND abs(l.gap) > l.tolerance
    AND abs(l.old_balance - l.previous_old_balance) > l.tolerance
