/*---
id = "episodes"
version = 3
title = "Episodes"
created = 2026-11-23
reads = ["findings", "numbered_ledger", "sync_errors"]
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
-- Short integer keys: windows and groups over them are several times faster than over identifiers.
concerned AS (
    SELECT
        user_id,
        row_number() OVER () AS person
    FROM findings
    WHERE user_id IS NOT NULL
    GROUP BY user_id
),

last_places AS (
    SELECT
        subscriber_number AS subscriber,
        max(place_number) AS last_place,
        max(payment_place_number) AS last_payment_place
    FROM numbered_ledger
    WHERE user_id IS NOT NULL
    GROUP BY subscriber_number
),

-- Of the others no record is to be placed.
compared AS (
    SELECT
        c.user_id,
        c.person
    FROM concerned AS c
    SEMI JOIN sync_errors AS e ON c.user_id = e.user_id
),

comparisons AS (
    SELECT
        TRUE AS is_record,
        e.source_id,
        e.line,
        c.person,
        e.logged_at
    FROM sync_errors AS e
    INNER JOIN compared AS c ON e.user_id = c.user_id
    UNION ALL
    SELECT
        FALSE AS is_record,
        l.source_id,
        l.line,
        c.person,
        l.logged_at
    FROM numbered_ledger AS l
    INNER JOIN compared AS c ON l.user_id = c.user_id
    ANTI JOIN sync_errors AS e ON l.user_id = e.user_id AND l.request_id = e.request_id
    WHERE
        abs(l.new_balance - l.payment_balance) <= l.tolerance
        AND (l.outcome IS NULL OR l.outcome NOT IN ('rejected_negative', 'failed'))
),

ordered AS (
    SELECT
        is_record,
        source_id,
        line,
        row_number() OVER (PARTITION BY person ORDER BY logged_at, source_id, line) AS place,
        count(*) OVER (PARTITION BY person) AS last_place
    FROM comparisons
),

records AS (
    SELECT
        source_id,
        line,
        place,
        last_place
    FROM ordered
    WHERE is_record
),

of_records AS (
    SELECT
        f.rowid AS finding,
        r.place,
        r.last_place
    FROM findings AS f
    INNER JOIN records AS r ON f.source_id = r.source_id AND f.line = r.line
),

-- Few beside those about records, which are not to be held by the joins that follow.
others AS (
    SELECT
        f.rowid AS finding,
        f.user_id,
        f.transaction_id,
        f.wallet,
        f.source_id,
        f.line
    FROM findings AS f
    ANTI JOIN of_records AS r ON f.rowid = r.finding
),

of_transactions AS (
    SELECT
        o.finding,
        CASE
            WHEN o.wallet = 'payment' AND l.payment_balance IS NOT NULL THEN l.payment_place_number
            ELSE l.place_number
        END AS place,
        CASE
            WHEN o.wallet = 'payment' AND l.payment_balance IS NOT NULL THEN p.last_payment_place
            ELSE p.last_place
        END AS last_place
    FROM numbered_ledger AS l
    INNER JOIN others AS o ON l.source_id = o.source_id AND l.line = o.line
    INNER JOIN last_places AS p ON l.subscriber_number = p.subscriber
    SEMI JOIN concerned AS c ON l.user_id = c.user_id
),

of_messages AS (
    SELECT
        o.finding,
        min(l.place_number) AS place,
        min(p.last_place) AS last_place
    FROM numbered_ledger AS l
    INNER JOIN others AS o ON l.user_id = o.user_id AND l.transaction_id = o.transaction_id
    INNER JOIN last_places AS p ON l.subscriber_number = p.subscriber
    ANTI JOIN of_transactions AS t ON o.finding = t.finding
    GROUP BY o.finding
),

places AS (
    SELECT * FROM of_transactions
    UNION ALL
    SELECT * FROM of_records
    UNION ALL
    SELECT * FROM of_messages
),

-- What a series has in common need not be held by the windows that follow.
series AS (
    SELECT
        rule,
        user_id,
        currency,
        wallet,
        list_contains($state_rules, rule) AS is_state,
        row_number() OVER () AS series
    FROM findings
    GROUP BY rule, user_id, currency, wallet
),

placed AS (
    SELECT
        f.finding_id,
        f.severity,
        f.logged_at,
        f.difference,
        s.series,
        p.place,
        p.last_place,
        row_number() OVER (
            PARTITION BY s.series
            ORDER BY f.logged_at, f.source_id, f.line, f.finding_id
        ) AS finding_number
    FROM findings AS f
    INNER JOIN series AS s
        ON
            f.rule = s.rule
            AND f.user_id IS NOT DISTINCT FROM s.user_id
            AND f.currency IS NOT DISTINCT FROM s.currency
            AND f.wallet IS NOT DISTINCT FROM s.wallet
    LEFT JOIN places AS p ON f.rowid = p.finding
),

grouped AS (
    SELECT
        p.finding_id,
        p.severity,
        p.series,
        p.logged_at,
        p.difference,
        p.place,
        p.last_place,
        p.finding_number,
        CASE
            WHEN p.place IS NOT NULL
                THEN p.place - dense_rank() OVER (PARTITION BY p.series ORDER BY p.place)
        END AS episode,
        CASE WHEN p.place IS NULL THEN p.finding_number END AS alone
    FROM placed AS p
),

summed AS (
    SELECT
        g.series,
        max(g.severity) AS severity,
        max(g.place) < max(g.last_place) AS went_on,
        min(g.logged_at) AS first_at,
        max(g.logged_at) AS last_at,
        count(*) AS findings,
        max(g.difference) AS highest,
        min(g.difference) AS lowest,
        sum(abs(g.difference)) AS sizes,
        arg_max(g.difference, g.finding_number) AS last_difference,
        arg_min(g.finding_id, g.finding_number) AS first_finding_id,
        arg_max(g.finding_id, g.finding_number) AS last_finding_id
    FROM grouped AS g
    GROUP BY g.series, g.episode, g.alone
)

SELECT
    s.rule,
    e.severity,
    s.user_id,
    s.currency,
    s.wallet,
    CASE
        WHEN NOT s.is_state THEN 'event'
        WHEN e.went_on THEN 'closed'
        ELSE 'open'
    END AS status,
    e.first_at,
    e.last_at,
    (e.first_at AT TIME ZONE $timezone)::DATE AS first_day,
    (e.last_at AT TIME ZONE $timezone)::DATE AS last_day,
    e.findings,
    CASE WHEN e.highest >= -e.lowest THEN e.highest ELSE e.lowest END AS worst,
    e.last_difference,
    CASE WHEN s.is_state THEN abs(e.last_difference) ELSE e.sizes END AS amount_at_risk,
    e.first_finding_id,
    e.last_finding_id
FROM summed AS e
INNER JOIN series AS s ON e.series = s.series
ORDER BY s.rule, s.user_id, s.currency, s.wallet, e.first_at, e.first_finding_id
