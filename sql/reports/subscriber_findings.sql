-- The findings of the subscribers $users that can be shown on their balance lines: of each subscriber,
-- currency and rule at most $cap: the first and the last one, and the largest differences; with the balance
-- at which each stands, as time goes.
WITH
users AS (SELECT unnest($users::VARCHAR[]) AS user_id),

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
        f.actual,
        f.source_id,
        f.line,
        count(*) OVER same AS findings,
        row_number() OVER by_time AS time_place
    FROM findings AS f
    SEMI JOIN users ON f.user_id = users.user_id
    WHERE f.logged_at IS NOT NULL
    WINDOW
        same AS (PARTITION BY f.user_id, f.currency, f.rule),
        by_time AS (
            PARTITION BY f.user_id, f.currency, f.rule
            ORDER BY f.logged_at ASC, f.source_id ASC, f.line ASC, f.finding_id ASC
        )
),

ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY user_id, currency, rule
            ORDER BY
                time_place IN (1, findings) DESC,
                abs(difference) DESC NULLS LAST,
                logged_at DESC,
                finding_id ASC
        ) AS place
    FROM placed
),

shown AS (
    SELECT *
    FROM ranked
    WHERE place <= $cap
)

SELECT
    r.finding_id,
    r.rule,
    r.severity,
    r.user_id,
    r.currency,
    coalesce(c.minor_unit, 2) AS minor_unit,
    r.wallet,
    r.logged_at,
    r.difference,
    r.findings,
    CASE
        WHEN r.wallet = 'payment' OR l.line IS NULL THEN r.actual
        ELSE l.new_balance
    END AS balance
FROM shown AS r
LEFT JOIN currencies AS c ON coalesce(r.currency, '') = c.currency
LEFT JOIN ledger AS l ON r.source_id = l.source_id AND r.line = l.line
ORDER BY
    r.user_id ASC,
    r.currency ASC NULLS LAST,
    CASE r.severity WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END ASC,
    r.rule ASC,
    r.time_place ASC
