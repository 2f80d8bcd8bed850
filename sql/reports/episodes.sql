-- Every episode: open ones first, then worst severity, rule by rule the largest amount at risk first.
SELECT
    e.severity,
    e.rule,
    e.user_id,
    e.currency,
    coalesce(c.minor_unit, 2) AS minor_unit,
    e.wallet,
    e.first_day,
    e.last_day,
    e.last_day - e.first_day + 1 AS days,
    e.findings,
    e.worst,
    e.amount_at_risk,
    e.status
FROM episodes AS e
LEFT JOIN currencies AS c ON coalesce(e.currency, '') = c.currency
ORDER BY
    CASE e.status WHEN 'open' THEN 0 WHEN 'event' THEN 1 ELSE 2 END ASC,
    CASE e.severity WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END ASC,
    e.rule ASC,
    e.amount_at_risk DESC NULLS LAST,
    e.user_id ASC NULLS LAST,
    e.currency ASC NULLS LAST,
    e.wallet ASC NULLS LAST,
    e.first_at ASC,
    e.first_finding_id ASC
