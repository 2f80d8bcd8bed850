-- Of each rule, wallet and currency the $cap largest episodes that are still open, with the number of all.
WITH
shown AS (
    SELECT
        *,
        count(*) OVER same AS open_episodes,
        sum(amount_at_risk) OVER same AS total_at_risk
    FROM episodes
    WHERE status = 'open' AND amount_at_risk IS NOT NULL AND currency IS NOT NULL
    WINDOW same AS (PARTITION BY rule, wallet, currency)
    QUALIFY
        row_number() OVER (
            PARTITION BY rule, wallet, currency
            ORDER BY amount_at_risk DESC, first_at ASC, user_id ASC
        ) <= $cap
)

SELECT
    s.rule,
    s.severity,
    s.wallet,
    s.currency,
    coalesce(c.minor_unit, 2) AS minor_unit,
    s.user_id,
    s.first_day,
    s.last_day,
    s.findings,
    s.worst,
    s.amount_at_risk,
    s.last_finding_id,
    s.open_episodes,
    s.total_at_risk
FROM shown AS s
LEFT JOIN currencies AS c ON s.currency = c.currency
ORDER BY
    CASE s.severity WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END ASC,
    s.rule ASC,
    s.wallet ASC NULLS LAST,
    s.currency ASC,
    s.amount_at_risk DESC,
    s.first_at ASC,
    s.user_id ASC
