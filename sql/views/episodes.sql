/*---
id = "episodes"
version = 1
title = "Episodes"
created = 2026-11-23
reads = ["findings", "ledger", "sync_errors"]
description = """
What an accountant reads instead of single findings: consecutive findings of one rule for one
subscriber, in one currency and wallet.

Consecutive means that the log holds nothing in between that could have shown the same condition and
did not. What could have shown it depends on what the findings are about:

- a transaction: every transaction of the subscriber in that currency;
- the payment wallet of a transaction: every one of them that states the payment balance;
- a not-in-sync record: every such record of the subscriber, and every transaction that states both
  balances, equal within the tolerance, in a request without such a record (not if it was rejected or
  failed);
- a message: the transaction it carried, or nothing, and then each finding is an episode of its own.

status: rules whose findings are states (overdraft, discrepancy) have episodes that are `open` if their
last finding is the last thing of that kind the log shows of the subscriber, so the archive ends with
the condition unmended, and `closed` otherwise. Findings of the other rules are events, which are
neither: `event`.

- worst: the difference farthest from zero (the positive one of two that are equally far).
- amount_at_risk: of a state, the size of its last difference, which is what it stands at or stood at
  when it ended; of events, the sum of the sizes of their differences.
- first_day, last_day: days in the business time zone.
"""

[params.timezone]
type = "VARCHAR"
default = "Asia/Bahrain"
help = "IANA name of the business time zone."

[params.state_rules]
type = "VARCHAR"
default = ""
help = "The rules whose findings are states, as a list."
---*/
WITH
concerned AS (
    SELECT DISTINCT f.user_id
    FROM findings AS f
    WHERE f.user_id IS NOT NULL
),

events AS (
    SELECT
        l.source_id,
        l.line,
        l.user_id,
        l.transaction_id,
        l.payment_balance IS NOT NULL AS has_payment_balance,
        row_number() OVER so_far AS place,
        count(*) OVER (PARTITION BY l.user_id, l.currency) AS last_place,
        count(l.payment_balance) OVER so_far AS payment_place,
        count(l.payment_balance) OVER (PARTITION BY l.user_id, l.currency) AS last_payment_place
    FROM ledger AS l
    SEMI JOIN concerned ON l.user_id = concerned.user_id
    WINDOW so_far AS (
        PARTITION BY l.user_id, l.currency
        ORDER BY l.logged_at, l.transaction_id, l.source_id, l.line
        ROWS UNBOUNDED PRECEDING
    )
),

comparisons AS (
    SELECT
        e.source_id,
        e.line,
        e.user_id,
        e.logged_at
    FROM sync_errors AS e
    WHERE e.user_id IS NOT NULL
    UNION ALL
    SELECT
        l.source_id,
        l.line,
        l.user_id,
        l.logged_at
    FROM ledger AS l
    SEMI JOIN concerned ON l.user_id = concerned.user_id
    ANTI JOIN sync_errors AS e ON l.user_id = e.user_id AND l.request_id = e.request_id
    WHERE
        abs(l.new_balance - l.payment_balance) <= l.tolerance
        AND (l.outcome IS NULL OR l.outcome NOT IN ('rejected_negative', 'failed'))
),

records AS (
    SELECT
        c.source_id,
        c.line,
        row_number() OVER (PARTITION BY c.user_id ORDER BY c.logged_at, c.source_id, c.line) AS place,
        count(*) OVER (PARTITION BY c.user_id) AS last_place
    FROM comparisons AS c
),

carried AS (
    SELECT
        e.user_id,
        e.transaction_id,
        min(e.place) AS place,
        min(e.last_place) AS last_place
    FROM events AS e
    GROUP BY e.user_id, e.transaction_id
),

placed AS (
    SELECT
        f.finding_id,
        f.rule,
        f.severity,
        f.user_id,
        f.currency,
        f.wallet,
        f.logged_at,
        f.difference,
        CASE
            WHEN f.wallet = 'payment' AND e.has_payment_balance THEN e.payment_place
            ELSE coalesce(e.place, r.place, c.place)
        END AS place,
        CASE
            WHEN f.wallet = 'payment' AND e.has_payment_balance THEN e.last_payment_place
            ELSE coalesce(e.last_place, r.last_place, c.last_place)
        END AS last_place,
        row_number() OVER (
            PARTITION BY f.rule, f.user_id, f.currency, f.wallet
            ORDER BY f.logged_at, f.source_id, f.line, f.finding_id
        ) AS finding_number
    FROM findings AS f
    LEFT JOIN events AS e ON f.source_id = e.source_id AND f.line = e.line
    LEFT JOIN records AS r ON e.line IS NULL AND f.source_id = r.source_id AND f.line = r.line
    LEFT JOIN carried AS c
        ON e.line IS NULL AND r.line IS NULL AND f.user_id = c.user_id AND f.transaction_id = c.transaction_id
),

grouped AS (
    SELECT
        p.finding_id,
        p.rule,
        p.severity,
        p.user_id,
        p.currency,
        p.wallet,
        p.logged_at,
        p.difference,
        p.place,
        p.last_place,
        p.finding_number,
        CASE
            WHEN p.place IS NULL THEN p.finding_id
            ELSE (
                p.place
                - dense_rank() OVER (PARTITION BY p.rule, p.user_id, p.currency, p.wallet ORDER BY p.place)
            )::VARCHAR
        END AS episode
    FROM placed AS p
)

SELECT
    g.rule,
    max(g.severity) AS severity,
    g.user_id,
    g.currency,
    g.wallet,
    CASE
        WHEN NOT list_contains($state_rules, g.rule) THEN 'event'
        WHEN max(g.place) < max(g.last_place) THEN 'closed'
        ELSE 'open'
    END AS status,
    min(g.logged_at) AS first_at,
    max(g.logged_at) AS last_at,
    (min(g.logged_at) AT TIME ZONE $timezone)::DATE AS first_day,
    (max(g.logged_at) AT TIME ZONE $timezone)::DATE AS last_day,
    count(*) AS findings,
    CASE WHEN max(g.difference) >= -min(g.difference) THEN max(g.difference) ELSE min(g.difference) END
        AS worst,
    arg_max(g.difference, g.finding_number) AS last_difference,
    CASE
        WHEN list_contains($state_rules, g.rule) THEN abs(arg_max(g.difference, g.finding_number))
        ELSE sum(abs(g.difference))
    END AS amount_at_risk,
    arg_min(g.finding_id, g.finding_number) AS first_finding_id,
    arg_max(g.finding_id, g.finding_number) AS last_finding_id
FROM grouped AS g
GROUP BY g.rule, g.user_id, g.currency, g.wallet, g.episode
ORDER BY g.rule, g.user_id, g.currency, g.wallet, first_at, first_finding_id
