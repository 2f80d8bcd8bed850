-- Of each business week (from Monday) and currency: by how much the payment balance stood above and below the
-- subscription balance, the last record of each subscriber in that week counting.
WITH
weekly AS (
    SELECT
        user_id,
        currency,
        difference,
        date_trunc('week', logged_at AT TIME ZONE $timezone)::DATE AS week
    FROM findings
    WHERE rule = 'discrepancy' AND logged_at IS NOT NULL
    QUALIFY
        row_number() OVER (
            PARTITION BY user_id, currency, date_trunc('week', logged_at AT TIME ZONE $timezone)
            ORDER BY logged_at DESC, source_id DESC, line DESC
        ) = 1
)

SELECT
    w.week,
    w.currency,
    coalesce(max(c.minor_unit), 2) AS minor_unit,
    count(*) AS subscribers,
    coalesce(sum(w.difference) FILTER (WHERE w.difference > 0), 0) AS above,
    coalesce(sum(w.difference) FILTER (WHERE w.difference < 0), 0) AS below
FROM weekly AS w
LEFT JOIN currencies AS c ON coalesce(w.currency, '') = c.currency
GROUP BY w.week, w.currency
ORDER BY w.currency ASC NULLS LAST, w.week ASC
