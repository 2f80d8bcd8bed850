/*---
id = "roll_forward"
version = 2
title = "Roll-forward per subscriber and currency"
created = 2026-11-29
reads = ["ledger", "brought_forward", "currencies"]
description = """
Per subscriber and currency, over the chain of applied transactions, to the last digit:

    opening + credits - debits + unexplained_continuity + unexplained_arithmetic + rounding = closing

- opening: the old balance of the first transaction, or where a link before the period is known, what that
  had left; closing: the new balance of the last. Where nothing moved in a period, both are what was brought
  forward into it.
- credits, debits: sums of net amounts by direction (a negative amount lowers its sum).
- unexplained_continuity: the gaps between a transaction and the one before it that exceed the
  tolerance, which are the differences of the lost_update and continuity findings.
- unexplained_arithmetic: new balances off their expected balance by more than the tolerance, which
  are the differences of the arithmetic findings on transactions of the chain.
- rounding: gaps and errors within the tolerance.
- arithmetic_outside_chain: differences of the arithmetic findings on transactions that were
  rejected, failed or repeat an earlier event; they never moved the chain's balance.
"""
---*/
WITH
rolled AS (
    SELECT
        l.user_id,
        l.currency,
        l.minor_unit,
        count(*) FILTER (WHERE l.applied) AS transactions,
        min(l.logged_at) FILTER (WHERE l.applied) AS first_at,
        max(l.logged_at) FILTER (WHERE l.applied) AS last_at,
        arg_min(coalesce(l.previous_new_balance, l.old_balance), l.link_number) FILTER (WHERE l.applied)
            AS opening,
        coalesce(sum(l.net_amount) FILTER (WHERE l.applied AND l.direction = 'CREDIT'), 0) AS credits,
        coalesce(sum(l.net_amount) FILTER (WHERE l.applied AND l.direction = 'DEBIT'), 0) AS debits,
        coalesce(sum(l.gap) FILTER (WHERE abs(l.gap) > l.tolerance), 0) AS unexplained_continuity,
        coalesce(sum(l.balance_error) FILTER (WHERE l.applied AND abs(l.balance_error) > l.tolerance), 0)
            AS unexplained_arithmetic,
        coalesce(sum(l.gap) FILTER (WHERE abs(l.gap) <= l.tolerance), 0)
        + coalesce(sum(l.balance_error) FILTER (WHERE l.applied AND abs(l.balance_error) <= l.tolerance), 0)
            AS rounding,
        arg_max(l.new_balance, l.link_number) FILTER (WHERE l.applied) AS closing,
        count(*) FILTER (WHERE abs(l.gap) > l.tolerance) AS continuity_breaks,
        count(*) FILTER (WHERE l.applied AND abs(l.balance_error) > l.tolerance) AS arithmetic_breaks,
        count(*) FILTER (WHERE NOT l.applied) AS outside_chain,
        coalesce(sum(l.balance_error) FILTER (WHERE NOT l.applied AND abs(l.balance_error) > l.tolerance), 0)
            AS arithmetic_outside_chain
    FROM ledger AS l
    WHERE l.user_id IS NOT NULL
    GROUP BY l.user_id, l.currency, l.minor_unit
    HAVING count(*) FILTER (WHERE l.applied) > 0
),

-- Nothing moved them within the period.
at_rest AS (
    SELECT
        b.user_id,
        b.currency,
        c.minor_unit,
        arg_max(b.new_balance, b.link_number) AS balance
    FROM brought_forward AS b
    INNER JOIN currencies AS c ON coalesce(b.currency, '') = c.currency
    ANTI JOIN rolled ON b.user_id = rolled.user_id AND b.currency IS NOT DISTINCT FROM rolled.currency
    WHERE b.link_number IS NOT NULL
    GROUP BY b.user_id, b.currency, c.minor_unit
)

SELECT
    user_id,
    currency,
    minor_unit,
    transactions,
    first_at,
    last_at,
    opening,
    credits,
    debits,
    unexplained_continuity,
    unexplained_arithmetic,
    rounding,
    closing,
    continuity_breaks,
    arithmetic_breaks,
    outside_chain,
    arithmetic_outside_chain
FROM rolled
UNION ALL
SELECT
    user_id,
    currency,
    minor_unit,
    0 AS transactions,
    NULL AS first_at,
    NULL AS last_at,
    balance AS opening,
    0 AS credits,
    0 AS debits,
    0 AS unexplained_continuity,
    0 AS unexplained_arithmetic,
    0 AS rounding,
    balance AS closing,
    0 AS continuity_breaks,
    0 AS arithmetic_breaks,
    0 AS outside_chain,
    0 AS arithmetic_outside_chain
FROM at_rest
ORDER BY user_id, currency
