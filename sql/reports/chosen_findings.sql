-- The findings $ids, rule by rule in the order in which they are named.
WITH
ids AS (
    SELECT
        unnest($ids::VARCHAR[]) AS finding_id,
        unnest(range(len($ids))) AS place
)

SELECT
    f.rule,
    f.logged_at,
    f.wallet,
    d.decision,
    d.note,
    d.decided_by,
    f.request_id,
    f.rule_version,
    f.finding_id,
    f.source_id,
    f.line
FROM ids
INNER JOIN findings AS f ON ids.finding_id = f.finding_id
LEFT JOIN decisions AS d ON f.finding_id = d.finding_id
ORDER BY f.rule, ids.place
