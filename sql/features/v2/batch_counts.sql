-- How often so many alike are seen within a minute, from the most down.
SELECT
    currency,
    direction,
    source_kind,
    batch_count,
    sum(count(*)) OVER (PARTITION BY currency, direction, source_kind)::BIGINT AS batch_population,
    sum(count(*)) OVER (
        PARTITION BY currency, direction, source_kind ORDER BY batch_count DESC
    )::BIGINT AS batch_others
FROM feature_company
GROUP BY currency, direction, source_kind, batch_count
