-- Of each rule, wallet and currency, what is still open: how many episodes, of how many subscribers, how
-- much, since when; and where the first of them stands in the order of episodes.sql, counted from 0.
WITH
placed AS (
    SELECT
        e.rule,
        e.severity,
        e.wallet,
        e.currency,
        e.user_id,
        e.first_day,
        e.amount_at_risk,
        e.status,
        row_number() OVER (
            ORDER BY
                CASE e.status WHEN 'open' THEN 0 WHEN 'event' THEN 1 ELSE 2 END ASC,
                CASE e.severity
                    WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3
                END ASC,
                e.rule ASC,
                e.amount_at_risk DESC NULLS LAST,
                e.user_id ASC NULLS LAST,
                e.currency ASC NULLS LAST,
                e.wallet ASC NULLS LAST,
                e.first_at ASC,
                e.first_finding_id ASC
        ) - 1 AS place
    FROM episodes AS e
)

SELECT
    p.rule,
    p.wallet,
    p.currency,
    coalesce(max(c.minor_unit), 2) AS minor_unit,
    count(*) AS episodes,
    count(DISTINCT p.user_id) AS subscribers,
    coalesce(sum(p.amount_at_risk), 0) AS amount,
    min(p.first_day) AS since,
    min(p.place) AS place
FROM placed AS p
LEFT JOIN currencies AS c ON coalesce(p.currency, '') = c.currency
WHERE p.status = 'open'
GROUP BY p.rule, p.wallet, p.currency
ORDER BY p.rule ASC, p.wallet ASC NULLS LAST, p.currency ASC NULLS LAST
