-- How often so many are seen together within half a day, from the most down.
SELECT
    p.currency,
    p.direction,
    t.day_count,
    sum(count(*)) OVER (PARTITION BY p.currency, p.direction ORDER BY t.day_count DESC)::BIGINT AS day_others
FROM feature_company AS t
INNER JOIN feature_populations AS p ON t.action_key = p.action_key
GROUP BY p.currency, p.direction, t.day_count
