-- What all discrepancies of a currency add up to, whatever their direction, at the end of each business day
-- on which that changed. Each comparison of a subscriber's two balances replaces the one before: a
-- discrepancy by its size, two equal balances by nothing. What stands at the end are the open episodes.
WITH
concerned AS (
    SELECT
        user_id,
        row_number() OVER () AS person
    FROM findings
    WHERE rule = 'discrepancy' AND user_id IS NOT NULL
    GROUP BY user_id
),

comparisons AS (
    SELECT
        c.person,
        f.currency,
        coalesce(abs(f.difference), 0) AS gap,
        e.logged_at,
        e.source_id,
        e.line
    FROM sync_errors AS e
    INNER JOIN concerned AS c ON e.user_id = c.user_id
    LEFT JOIN findings AS f
        ON e.source_id = f.source_id AND e.line = f.line AND f.rule = 'discrepancy'
    UNION ALL
    SELECT
        c.person,
        NULL AS currency,
        0 AS gap,
        l.logged_at,
        l.source_id,
        l.line
    FROM ledger AS l
    INNER JOIN concerned AS c ON l.user_id = c.user_id
    ANTI JOIN sync_errors AS e ON l.user_id = e.user_id AND l.request_id = e.request_id
    WHERE
        abs(l.new_balance - l.payment_balance) <= l.tolerance
        AND (l.outcome IS NULL OR l.outcome NOT IN ('rejected_negative', 'failed'))
),

replaced AS (
    SELECT
        currency,
        gap,
        logged_at,
        lag(currency) OVER same AS previous_currency,
        lag(gap) OVER same AS previous_gap
    FROM comparisons
    WINDOW same AS (PARTITION BY person ORDER BY logged_at, source_id, line)
),

changes AS (
    SELECT
        currency,
        gap AS change,
        logged_at
    FROM replaced
    WHERE gap <> 0
    UNION ALL
    SELECT
        previous_currency AS currency,
        -previous_gap AS change,
        logged_at
    FROM replaced
    WHERE previous_gap <> 0
),

days AS (
    SELECT
        currency,
        (logged_at AT TIME ZONE $timezone)::DATE AS day,
        sum(change) AS change
    FROM changes
    GROUP BY ALL
)

SELECT
    d.currency,
    coalesce(c.minor_unit, 2) AS minor_unit,
    d.day,
    sum(d.change) OVER (PARTITION BY d.currency ORDER BY d.day) AS gap
FROM days AS d
LEFT JOIN currencies AS c ON coalesce(d.currency, '') = c.currency
WHERE d.change <> 0
ORDER BY d.currency ASC NULLS LAST, d.day ASC
