-- Transactions that come soon after an identical one.
WITH
-- What is identical within the window stands in a run without longer pauses, so few rows need this order.
identical AS (
    SELECT
        ledger_row,
        (
            at_us - lag(at_us) OVER (PARTITION BY subscriber, action_key, amount ORDER BY at_us, place)
        ) / 1000000.0 AS seconds_after_identical
    FROM feature_steps
    WHERE pause_seconds <= $repeat_seconds OR seconds_to_next <= $repeat_seconds
)

SELECT
    steps.ledger_row,
    steps.subscriber,
    steps.action_key,
    populations.population_key,
    identical.seconds_after_identical
FROM identical
INNER JOIN feature_steps AS steps ON identical.ledger_row = steps.ledger_row
INNER JOIN feature_populations AS populations ON steps.action_key = populations.action_key
WHERE identical.seconds_after_identical <= $repeat_seconds
