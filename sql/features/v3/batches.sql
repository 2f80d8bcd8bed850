-- Minutes (UTC) in which the same is done several times, for whomever.
SELECT
    p.action_key,
    abs(l.amount)::DOUBLE AS amount,
    epoch_us(l.logged_at) // 60000000 AS minute,
    count(*)::INTEGER AS batch_count
FROM numbered_ledger AS l
INNER JOIN feature_populations AS p
    ON
        l.currency IS NOT DISTINCT FROM p.currency
        AND l.direction IS NOT DISTINCT FROM p.direction
        AND l.type IS NOT DISTINCT FROM p.type
        AND l.action IS NOT DISTINCT FROM p.action
GROUP BY p.action_key, abs(l.amount)::DOUBLE, minute
HAVING count(*) > 1
