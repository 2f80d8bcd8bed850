-- Every finding of this run (findings), of the one before (latest_findings), or of both, and what it is now.
WITH
asked AS (
    SELECT
        $rules::VARCHAR[] AS rules,
        $since::TIMESTAMPTZ AS since,
        $until::TIMESTAMPTZ AS until
),

known AS (
    SELECT DISTINCT t.transaction_id
    FROM transactions AS t
)

SELECT
    CASE
        WHEN b.finding_id IS NULL AND o.finding_id IS NOT NULL THEN 'reopened'
        WHEN b.finding_id IS NULL THEN 'new'
        WHEN n.finding_id IS NOT NULL AND (n.difference IS DISTINCT FROM b.difference) THEN 'changed'
        WHEN n.finding_id IS NOT NULL THEN 'persisting'
        WHEN w.finding_id IS NOT NULL THEN 'set_aside'
        WHEN
            NOT list_contains(a.rules, b.rule)
            OR b.logged_at < a.since
            OR b.logged_at >= a.until
            OR (s.source_id IS NULL AND t.transaction_id IS NULL)
            THEN 'not_judged'
        ELSE 'resolved'
    END AS change,
    coalesce(n.rule, b.rule) AS rule,
    coalesce(n.severity, b.severity) AS severity,
    coalesce(n.user_id, b.user_id) AS user_id,
    coalesce(n.currency, b.currency) AS currency,
    coalesce(n.wallet, b.wallet) AS wallet,
    coalesce(n.logged_at, b.logged_at) AS logged_at,
    b.difference AS difference_before,
    n.difference,
    coalesce(n.explanation, b.explanation) AS explanation,
    coalesce(n.transaction_id, b.transaction_id) AS transaction_id,
    coalesce(n.finding_id, b.finding_id) AS finding_id,
    coalesce(n.source_id, b.source_id) AS source_id,
    coalesce(n.line, b.line) AS line
FROM findings AS n
FULL JOIN latest_findings AS b ON n.finding_id = b.finding_id
CROSS JOIN asked AS a
LEFT JOIN seen_before AS o ON n.finding_id = o.finding_id
LEFT JOIN anomalies_set_aside AS w ON b.finding_id = w.finding_id
LEFT JOIN sources AS s ON b.source_id = s.source_id
LEFT JOIN known AS t ON b.transaction_id = t.transaction_id
