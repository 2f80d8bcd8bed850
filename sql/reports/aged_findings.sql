-- Findings by rule and currency, how old they are on $as_of, the last business day of the report, and what
-- is at risk: of conditions what still stands when the archive ends, of events what they add up to. A
-- balance that stays wrong is found again every night, and adds nothing to it.
WITH
aged AS (
    SELECT
        *,
        date_diff('day', (logged_at AT TIME ZONE $timezone)::DATE, $as_of::DATE) AS age
    FROM findings
),

at_risk AS (
    SELECT
        rule,
        currency,
        coalesce(sum(amount_at_risk) FILTER (WHERE status <> 'closed'), 0) AS amount,
        count(amount_at_risk) > 0 AS is_known
    FROM episodes
    GROUP BY rule, currency
)

SELECT
    a.rule,
    max(a.severity) AS severity,
    a.currency,
    coalesce(max(c.minor_unit), 2) AS minor_unit,
    count(*) AS findings,
    count(DISTINCT a.user_id) AS subscribers,
    any_value(r.amount) FILTER (WHERE r.is_known) AS amount_at_risk,
    count(*) FILTER (WHERE a.age <= 1) AS days_0_to_1,
    count(*) FILTER (WHERE a.age BETWEEN 2 AND 7) AS days_2_to_7,
    count(*) FILTER (WHERE a.age BETWEEN 8 AND 30) AS days_8_to_30,
    count(*) FILTER (WHERE a.age BETWEEN 31 AND 90) AS days_31_to_90,
    count(*) FILTER (WHERE a.age > 90) AS days_over_90,
    count(*) FILTER (WHERE a.age IS NULL) AS undated
FROM aged AS a
LEFT JOIN at_risk AS r ON a.rule = r.rule AND a.currency IS NOT DISTINCT FROM r.currency
LEFT JOIN currencies AS c ON coalesce(a.currency, '') = c.currency
GROUP BY a.rule, a.currency
ORDER BY
    CASE max(a.severity) WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END ASC,
    a.rule ASC,
    a.currency ASC NULLS LAST
