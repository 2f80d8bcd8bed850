-- How often so many are seen together within half a day, from the most down.
SELECT
    currency,
    direction,
    day_count,
    sum(count(*)) OVER (PARTITION BY currency, direction ORDER BY day_count DESC)::BIGINT AS day_others
FROM feature_company
GROUP BY currency, direction, day_count
