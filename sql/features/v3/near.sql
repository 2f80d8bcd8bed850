-- How many of a subscriber's are within ten minutes, where there is another one, which is seldom.
SELECT
    t.ledger_row,
    count(*) OVER (
        PARTITION BY t.subscriber, p.direction
        ORDER BY t.at_us
        RANGE BETWEEN 600000000 PRECEDING AND 600000000 FOLLOWING
    )::INTEGER AS near_count
FROM feature_steps AS t
INNER JOIN feature_populations AS p ON t.action_key = p.action_key
WHERE t.pause_seconds <= 600 OR t.seconds_to_next <= 600
