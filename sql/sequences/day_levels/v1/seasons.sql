-- What is usual for everybody in a currency on a day, in parts of what each usually spends.
WITH
-- Some thousand subscribers say as well what is usual for everybody as all do.
asked AS (
    SELECT
        subscriber,
        currency_key,
        unit
    FROM level_own
    QUALIFY subscriber % greatest(count(*) OVER () // $most_asked, 1) = 0
)

SELECT
    a.currency_key,
    s.day,
    if(count(*) >= $least_subscribers, quantile_disc(s.value / a.unit, 0.5), 1) AS season
FROM level_spent AS s
INNER JOIN asked AS a ON s.subscriber = a.subscriber
GROUP BY a.currency_key, s.day
