-- How often so many are seen together within minutes, from the most down.
SELECT
    p.currency,
    p.direction,
    t.near_count,
    sum(count(*)) OVER (PARTITION BY p.currency, p.direction)::BIGINT AS near_population,
    sum(count(*)) OVER (
        PARTITION BY p.currency, p.direction ORDER BY t.near_count DESC
    )::BIGINT AS near_others
FROM feature_company AS t
INNER JOIN feature_populations AS p ON t.action_key = p.action_key
GROUP BY p.currency, p.direction, t.near_count
