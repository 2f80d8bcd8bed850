-- How often so many are seen together within minutes, from the most down.
SELECT
    currency,
    direction,
    near_count,
    sum(count(*)) OVER (PARTITION BY currency, direction)::BIGINT AS near_population,
    sum(count(*)) OVER (PARTITION BY currency, direction ORDER BY near_count DESC)::BIGINT AS near_others
FROM feature_company
GROUP BY currency, direction, near_count
