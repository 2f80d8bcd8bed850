-- How often so many alike are seen within a minute, from the most down.
SELECT
    p.currency,
    p.direction,
    t.source_key,
    t.batch_count,
    sum(count(*)) OVER (PARTITION BY p.currency, p.direction, t.source_key)::BIGINT AS batch_population,
    sum(count(*)) OVER (
        PARTITION BY p.currency, p.direction, t.source_key ORDER BY t.batch_count DESC
    )::BIGINT AS batch_others
FROM feature_company AS t
INNER JOIN feature_populations AS p ON t.action_key = p.action_key
GROUP BY p.currency, p.direction, t.source_key, t.batch_count
