-- One row a rule that found something: how much, for whom, when, and which columns it fills.
WITH
dated AS (
    SELECT
        *,
        (logged_at AT TIME ZONE $timezone)::DATE AS day
    FROM findings
),

days AS (
    SELECT
        rule,
        day,
        count(*) AS findings
    FROM dated
    WHERE day IS NOT NULL
    GROUP BY ALL
),

conditions AS (
    SELECT DISTINCT rule
    FROM episodes
    WHERE status <> 'event'
),

worst_days AS (
    SELECT
        rule,
        day AS worst_day,
        findings AS worst_day_findings
    FROM days
    QUALIFY row_number() OVER (PARTITION BY rule ORDER BY findings DESC, day ASC) = 1
)

SELECT
    d.rule,
    max(d.rule_version) AS version,
    max(d.severity) AS severity,
    count(*) AS findings,
    count(DISTINCT d.user_id) AS subscribers,
    min(d.day) AS first_day,
    max(d.day) AS last_day,
    w.worst_day,
    w.worst_day_findings,
    count(d.user_id) > 0 AS has_user,
    count(d.currency) > 0 AS has_currency,
    count(DISTINCT d.wallet) > 1 AS has_wallets,
    count(d.expected) > 0 AS has_expected,
    count(d.actual) > 0 AS has_actual,
    count(d.difference) > 0 AS has_difference,
    count(d.transaction_id) > 0 AS has_transaction,
    max(c.rule) IS NOT NULL AS is_condition
FROM dated AS d
LEFT JOIN worst_days AS w ON d.rule = w.rule
LEFT JOIN conditions AS c ON d.rule = c.rule
GROUP BY d.rule, w.worst_day, w.worst_day_findings
ORDER BY d.rule
