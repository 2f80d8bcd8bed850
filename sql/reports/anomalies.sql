-- What the detector flagged, most unusual first, with what was decided; place as in findings.sql.
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
    d.decision,
    d.note,
    d.decided_by,
    p.place,
    a.transaction_id,
    f.finding_id,
    a.source_id,
    a.line,
    d.entry_id
FROM anomalies AS a
LEFT JOIN
    placed AS p
    ON a.transaction_id = p.transaction_id AND a.source_id = p.source_id AND a.line = p.line
LEFT JOIN findings AS f ON f.rule = 'anomaly' AND a.source_id = f.source_id AND a.line = f.line
LEFT JOIN decisions AS d ON f.finding_id = d.finding_id
ORDER BY a.rank, a.transaction_id, a.source_id, a.line
