-- What is usual for each subscriber, and how far apart the days lie.
WITH
own AS (
    SELECT
        subscriber,
        quantile_disc(value, 0.5) AS unit,
        max(value, $least_beyond)[-1] AS high,
        min(value, $least_beyond)[-1] AS low
    FROM level_spent
    WHERE subscriber % $parts = $part
    GROUP BY subscriber
)

SELECT
    o.*,
    s.currency_key
FROM own AS o
INNER JOIN level_subscribers AS s ON o.subscriber = s.subscriber
