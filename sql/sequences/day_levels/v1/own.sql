-- What is usual for each subscriber, and how far apart the days lie.
SELECT
    subscriber,
    any_value(currency_key) AS currency_key,
    quantile_disc(value, 0.5) AS unit,
    max(value, $least_beyond)[-1] AS high,
    min(value, $least_beyond)[-1] AS low
FROM level_spent
GROUP BY subscriber
