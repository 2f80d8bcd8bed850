-- Every finding, worst severity first, rule by rule in logged order; with its transaction, the place of
-- that transaction (counted from 0) in the order of transactions.sql, and what was decided about it.
WITH
placed AS (
    SELECT
        transaction_id,
        source_id,
        line,
        action,
        type,
        amount,
        row_number() OVER (ORDER BY logged_at, source_id, line, transaction_id) - 1 AS place
    FROM ledger
),

firsts AS (
    SELECT *
    FROM placed
    QUALIFY row_number() OVER (PARTITION BY transaction_id ORDER BY place) = 1
)

SELECT
    f.rule,
    f.severity,
    f.logged_at,
    f.user_id,
    f.currency,
    c.minor_unit,
    f.wallet,
    f.expected,
    f.actual,
    f.difference,
    f.explanation,
    d.decision,
    d.note,
    d.decided_by,
    coalesce(p.action, e.action) AS action,
    coalesce(p.type, e.type) AS type,
    coalesce(p.amount, e.amount) AS amount,
    coalesce(p.place, e.place) AS place,
    f.transaction_id,
    f.request_id,
    f.finding_id,
    f.source_id,
    f.line,
    s.path,
    d.entry_id
FROM findings AS f
LEFT JOIN currencies AS c ON coalesce(f.currency, '') = c.currency
LEFT JOIN
    placed AS p
    ON f.transaction_id = p.transaction_id AND f.source_id = p.source_id AND f.line = p.line
LEFT JOIN firsts AS e ON f.transaction_id = e.transaction_id AND p.place IS NULL
LEFT JOIN decisions AS d ON f.finding_id = d.finding_id
LEFT JOIN sources AS s ON f.source_id = s.source_id
WHERE f.rule <> 'anomaly'
ORDER BY
    CASE f.severity WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END,
    f.rule,
    f.logged_at,
    f.source_id,
    f.line,
    f.finding_id
