-- The usual amounts and pauses of each population.
SELECT
    p.population_key,
    count(*) AS population,
    quantile_disc(t.amount, [0.05, 0.5, 0.95]) AS amounts,
    quantile_disc(greatest(t.pause_seconds, 1), [0.05, 0.95]) AS pauses
FROM feature_steps AS t
INNER JOIN feature_populations AS p ON t.action_key = p.action_key
GROUP BY p.population_key
