-- What the detector flagged, most unusual first; place as in findings.sql.
WITH
placed AS (
    SELECT
        *,
        row_number() OVER (ORDER BY logged_at, source_id, line, transaction_id) - 1 AS place
    FROM ledger
)

SELECT
    a.rank,
    a.percentile,
    p.logged_at,
    p.user_id,
    p.currency,
    p.minor_unit,
    p.type,
    p.action,
    p.amount,
    p.old_balance,
    p.new_balance,
    a.reasons,
    p.place,
    a.transaction_id,
    a.source_id,
    a.line
FROM anomalies AS a
LEFT JOIN
    placed AS p
    ON a.transaction_id = p.transaction_id AND a.source_id = p.source_id AND a.line = p.line
ORDER BY a.rank, a.transaction_id, a.source_id, a.line
