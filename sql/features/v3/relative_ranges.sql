-- The usual amounts of each population as multiples of the subscriber's usual debit.
WITH
relative AS (
    SELECT
        p.population_key,
        ln(greatest(t.amount, 0.0005)) - ln(greatest(o.usual_debit, 0.0005)) AS multiple,
        ln(greatest(t.day_sum, 0.0005)) - ln(greatest(o.usual_debit, 0.0005)) AS day_multiple
    FROM feature_company AS t
    INNER JOIN feature_populations AS p ON t.action_key = p.action_key
    INNER JOIN feature_own AS o ON t.subscriber = o.subscriber
)

SELECT
    population_key,
    quantile_disc(multiple, [0.05, 0.95]) AS multiples,
    quantile_disc(day_multiple, 0.95) AS day_high
FROM relative
GROUP BY population_key
