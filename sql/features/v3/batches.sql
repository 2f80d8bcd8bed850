-- Minutes (UTC) in which the same is done several times, for whomever.
SELECT
    action_key,
    amount,
    at_us // 60000000 AS minute,
    count(*)::INTEGER AS batch_count
FROM feature_company
GROUP BY action_key, amount, minute
HAVING count(*) > 1
