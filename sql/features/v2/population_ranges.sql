-- The usual amounts and pauses of each population.
SELECT
    population_key,
    count(*) AS population,
    quantile_disc(amount, [0.05, 0.5, 0.95]) AS amounts,
    quantile_disc(greatest(pause_seconds, 1), [0.05, 0.95]) AS pauses
FROM feature_steps
GROUP BY population_key
