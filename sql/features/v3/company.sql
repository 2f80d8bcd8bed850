-- How many transactions are near each one, within minutes, half a day, and a minute of all subscribers.
WITH
-- Windows of time only where something else lies in them, which is seldom.
near_each_other AS (
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
),

in_half_days AS (
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
),

batches AS (
    SELECT
        action_key,
        amount,
        at_us // 60000000 AS minute,
        count(*)::INTEGER AS batch_count
    FROM feature_steps
    GROUP BY action_key, amount, minute
    HAVING count(*) > 1
)

SELECT
    t.ledger_row,
    t.subscriber,
    t.action_key,
    t.source_key,
    t.amount,
    t.new_balance,
    t.gap,
    t.at_us,
    t.hour,
    t.pause_seconds,
    t.gap_before,
    coalesce(n.near_count, 1) AS near_count,
    coalesce(d.day_count, 1) AS day_count,
    coalesce(d.day_sum::DOUBLE, t.amount) AS day_sum,
    coalesce(b.batch_count, 1) AS batch_count
FROM feature_steps AS t
LEFT JOIN near_each_other AS n ON t.ledger_row = n.ledger_row
LEFT JOIN in_half_days AS d ON t.ledger_row = d.ledger_row
LEFT JOIN batches AS b
    ON t.action_key = b.action_key AND t.amount = b.amount AND t.at_us // 60000000 = b.minute
