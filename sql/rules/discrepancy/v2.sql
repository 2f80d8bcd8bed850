/*---
id = "discrepancy"
version = 2
title = "The two balances of a subscriber differ"
severity = "error"
status = "active"
nature = "state"
created = 2026-11-27
changed = "Finds the same faster: in 6.0 s in place of 9.2 s among four million records."
reads = ["sync_errors", "transactions", "currencies"]
description = """
The service itself logged that a subscriber's subscription balance and payment balance are not in
sync, and they differ by more than rounding (half a minor unit of the subscriber's currency).
The currency is that of the subscriber's last transaction logged up to that moment, or of the first
one after it; of several at the same moment, the first by the alphabet. Without any, two decimals.
"""
known_gaps = [
    "Only what the service logged is seen: a difference that it never noticed is not found here.",
]
false_positives = [
    """Two updates that cross within the same second may differ for a moment and agree again with the \
    next transaction.""",
]
triage = """
Find the first day the two differ by this amount: the transaction just before it was applied to one
wallet and not to the other. The same difference over months is one event, not many.
"""
---*/
WITH
subscribers AS (
    SELECT
        t.user_id,
        min(t.currency) AS currency,
        min(t.currency) != max(t.currency) AS has_several
    FROM transactions AS t
    WHERE t.currency IS NOT NULL
    GROUP BY t.user_id
),

stated AS (
    SELECT
        t.user_id,
        t.logged_at,
        min(t.currency) AS currency
    FROM transactions AS t
    SEMI JOIN subscribers AS s ON t.user_id = s.user_id AND s.has_several
    WHERE t.currency IS NOT NULL
    GROUP BY t.user_id, t.logged_at
),

first_stated AS (
    SELECT
        s.user_id,
        arg_min(s.currency, s.logged_at) AS currency
    FROM stated AS s
    GROUP BY s.user_id
),

-- Nearly all subscribers have one currency; only the records of the others are sorted by their times.
records AS (
    SELECT
        e.user_id,
        e.request_id,
        e.logged_at,
        e.subscription_balance,
        e.payment_balance,
        e.source_id,
        e.line,
        u.currency
    FROM sync_errors AS e
    LEFT JOIN subscribers AS u ON e.user_id = u.user_id
    WHERE u.has_several IS NOT TRUE

    UNION ALL

    SELECT
        e.user_id,
        e.request_id,
        e.logged_at,
        e.subscription_balance,
        e.payment_balance,
        e.source_id,
        e.line,
        coalesce(s.currency, f.currency) AS currency
    FROM sync_errors AS e
    INNER JOIN first_stated AS f ON e.user_id = f.user_id
    ASOF LEFT JOIN stated AS s ON e.user_id = s.user_id AND e.logged_at >= s.logged_at
)

SELECT
    coalesce(r.user_id, '') || '/' || coalesce(r.request_id, '') AS subject,
    r.user_id,
    NULL AS transaction_id,
    r.request_id,
    r.logged_at,
    r.currency,
    NULL AS wallet,
    r.subscription_balance AS expected,
    r.payment_balance AS actual,
    r.payment_balance - r.subscription_balance AS difference,
    'The subscription balance is ' || money_words(r.subscription_balance, r.currency, c.minor_unit)
    || ' and the payment balance is ' || money_words(r.payment_balance, r.currency, c.minor_unit)
    || ', '
    || money_words(abs(r.payment_balance - r.subscription_balance), r.currency, c.minor_unit)
    || CASE WHEN r.payment_balance > r.subscription_balance THEN ' higher.' ELSE ' lower.' END AS explanation,
    r.source_id,
    r.line
FROM records AS r
INNER JOIN currencies AS c ON coalesce(r.currency, '') = c.currency
WHERE abs(r.payment_balance - r.subscription_balance) > c.tolerance
