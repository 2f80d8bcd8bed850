-- How often so many alike are seen within a minute, from the most down.
WITH
counted AS (
    SELECT
        t.action_key,
        t.source_key,
        coalesce(b.batch_count, 1) AS batch_count,
        count(*) AS transaction_count
    FROM feature_company AS t
    LEFT JOIN feature_batches AS b
        ON t.action_key = b.action_key AND t.amount = b.amount AND t.at_us // 60000000 = b.minute
    GROUP BY t.action_key, t.source_key, coalesce(b.batch_count, 1)
)

SELECT
    p.currency,
    p.direction,
    c.source_key,
    c.batch_count,
    sum(sum(c.transaction_count)) OVER (
        PARTITION BY p.currency, p.direction, c.source_key
    )::BIGINT AS batch_population,
    sum(sum(c.transaction_count)) OVER (
        PARTITION BY p.currency, p.direction, c.source_key ORDER BY c.batch_count DESC
    )::BIGINT AS batch_others
FROM counted AS c
INNER JOIN feature_populations AS p ON c.action_key = p.action_key
GROUP BY p.currency, p.direction, c.source_key, c.batch_count
