-- Of each rule at most $cap findings: the largest differences of each currency in turn, the currencies with
-- the most findings first, then the latest.
WITH
ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY rule, currency
            ORDER BY abs(difference) DESC NULLS LAST, logged_at DESC, finding_id ASC
        ) AS place,
        count(*) OVER (PARTITION BY rule, currency) AS of_currency
    FROM findings
    WHERE rule <> 'anomaly'
),

capped AS (
    SELECT
        * EXCLUDE (of_currency),
        row_number() OVER (
            PARTITION BY rule
            ORDER BY place ASC, of_currency DESC, currency ASC NULLS LAST, finding_id ASC
        ) AS rule_place
    FROM ranked
),

shown AS (
    SELECT *
    FROM capped
    WHERE rule_place <= $cap
)

SELECT
    f.rule,
    f.severity,
    f.logged_at,
    f.user_id,
    f.currency,
    coalesce(c.minor_unit, 2) AS minor_unit,
    f.wallet,
    f.expected,
    f.actual,
    f.difference,
    f.explanation,
    d.decision,
    d.note,
    d.decided_by,
    f.transaction_id,
    f.request_id,
    f.rule_version,
    f.finding_id,
    f.source_id,
    f.line
FROM shown AS f
LEFT JOIN currencies AS c ON coalesce(f.currency, '') = c.currency
LEFT JOIN decisions AS d ON f.finding_id = d.finding_id
ORDER BY f.rule, f.rule_place
