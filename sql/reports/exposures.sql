-- Of each rule, wallet and currency the $cap largest episodes that are still open, with the number of all.
SELECT
    e.rule,
    e.severity,
    e.wallet,
    e.currency,
    coalesce(c.minor_unit, 2) AS minor_unit,
    e.user_id,
    e.first_day,
    e.last_day,
    e.findings,
    e.worst,
    e.amount_at_risk,
    count(*) OVER same AS open_episodes,
    sum(e.amount_at_risk) OVER same AS total_at_risk
FROM episodes AS e
LEFT JOIN currencies AS c ON coalesce(e.currency, '') = c.currency
WHERE e.status = 'open' AND e.amount_at_risk IS NOT NULL AND e.currency IS NOT NULL
WINDOW same AS (PARTITION BY e.rule, e.wallet, e.currency)
QUALIFY
    row_number() OVER (
        PARTITION BY e.rule, e.wallet, e.currency
        ORDER BY e.amount_at_risk DESC, e.first_day, e.user_id
    ) <= $cap
ORDER BY
    CASE e.severity WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END,
    e.rule,
    e.wallet NULLS LAST,
    e.currency,
    e.amount_at_risk DESC,
    e.first_day,
    e.user_id
