-- Everything that is usual for a population at an hour.
WITH
population_repeats AS (
    SELECT
        population_key,
        count(*) AS population_repeats
    FROM feature_repeats
    GROUP BY population_key
),

population_hours AS (
    SELECT
        p.population_key,
        any_value(p.direction) AS direction,
        t.hour,
        count(*) AS hour_count
    FROM feature_company AS t
    INNER JOIN feature_populations AS p ON t.action_key = p.action_key
    GROUP BY p.population_key, t.hour
),

direction_hours AS (
    SELECT
        direction,
        hour,
        (sum(least(hour_count, $hour_most)) + 1)
        / (sum(sum(least(hour_count, $hour_most))) OVER (PARTITION BY direction) + 24) AS hour_share
    FROM population_hours
    GROUP BY direction, hour
)

SELECT
    h.population_key,
    h.hour,
    h.hour_count,
    first_value(h.hour) OVER busiest_first AS busiest_hour,
    first_value(h.hour_count) OVER busiest_first AS busiest_count,
    first_value(d.hour_share) OVER busiest_first AS busiest_share,
    r.population,
    r.amount_low AS population_low,
    greatest(r.amount_middle, 0.01) AS population_middle,
    r.amount_high AS population_high,
    r.pause_low,
    r.pause_high,
    r.multiple_low,
    r.multiple_high,
    r.day_multiple_high,
    coalesce(n.population_repeats, 0) AS population_repeats,
    ln(
        (busiest_count + $hour_prior_weight * busiest_share)
        / (h.hour_count - 1 + $hour_prior_weight * d.hour_share)
    ) AS hour_surprise
FROM population_hours AS h
INNER JOIN feature_ranges AS r ON h.population_key = r.population_key
LEFT JOIN population_repeats AS n ON h.population_key = n.population_key
INNER JOIN direction_hours AS d ON h.direction IS NOT DISTINCT FROM d.direction AND h.hour = d.hour
WINDOW busiest_first AS (PARTITION BY h.population_key ORDER BY h.hour_count DESC, h.hour ASC)
