-- Actions, and the populations that transactions are compared with.
WITH
actions AS (
    SELECT
        currency,
        direction,
        type,
        action,
        row_number() OVER (ORDER BY currency, direction, type, action)::INTEGER AS action_key,
        count(*) AS action_count,
        sum(count(*)) OVER (PARTITION BY currency)::BIGINT AS currency_count,
        count(*) < $small_population AS pooled
    FROM ledger
    GROUP BY currency, direction, type, action
)

SELECT
    *,
    dense_rank() OVER (
        ORDER BY currency, direction, pooled, CASE WHEN pooled THEN 0 ELSE action_key END
    )::INTEGER AS population_key
FROM actions
