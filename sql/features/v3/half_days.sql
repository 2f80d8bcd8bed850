-- How many of a subscriber's are within 12 hours and what they add up to, where there is another one.
SELECT
    t.ledger_row,
    (count(*) OVER half_days)::INTEGER AS day_count,
    -- Exact, so that it adds up to the same in any order; what is too large for it adds nothing.
    sum(try_cast(t.amount AS DECIMAL(18, 6))) OVER half_days AS day_sum
FROM feature_steps AS t
INNER JOIN feature_populations AS p ON t.action_key = p.action_key
WHERE t.pause_seconds <= 43200 OR t.seconds_to_next <= 43200
WINDOW half_days AS (
    PARTITION BY t.subscriber, p.direction
    ORDER BY t.at_us
    RANGE BETWEEN 43200000000 PRECEDING AND 43200000000 FOLLOWING
)
