-- The usual range of every measure of a population: exact quantiles, as quantile_disc would give them. That
-- holds every value, which cannot spill. Here values are counted by buckets that keep their order, and then
-- one by one in those buckets alone that hold a quantile; both are groups, which can spill.
WITH
-- Bucket numbers grow with the value and never fall: roots, products and floors are rounded to the nearest.
measured AS NOT MATERIALIZED (
    SELECT
        action_key,
        'amount' AS measure,
        amount AS value,
        floor(sqrt(amount) * 16) AS bucket
    FROM feature_company
    UNION ALL
    SELECT
        action_key,
        'pause' AS measure,
        greatest(pause_seconds, 1) AS value,
        floor(sqrt(greatest(pause_seconds, 1)) * 4) AS bucket
    FROM feature_company
    UNION ALL
    SELECT
        t.action_key,
        'multiple' AS measure,
        ln(greatest(t.amount, 0.0005)) - ln(greatest(o.usual_debit, 0.0005)) AS value,
        floor(value * 64) AS bucket
    FROM feature_company AS t
    INNER JOIN feature_own AS o ON t.subscriber = o.subscriber
    UNION ALL
    SELECT
        t.action_key,
        'day_multiple' AS measure,
        ln(greatest(t.day_sum, 0.0005)) - ln(greatest(o.usual_debit, 0.0005)) AS value,
        floor(value * 64) AS bucket
    FROM feature_company AS t
    INNER JOIN feature_own AS o ON t.subscriber = o.subscriber
),

action_buckets AS (
    SELECT
        action_key,
        measure,
        bucket,
        count(*) AS bucket_count
    FROM measured
    WHERE value IS NOT NULL
    GROUP BY action_key, measure, bucket
),

buckets AS (
    SELECT
        p.population_key,
        b.measure,
        b.bucket,
        sum(b.bucket_count)::BIGINT AS bucket_count,
        sum(sum(b.bucket_count)) OVER (
            PARTITION BY p.population_key, b.measure ORDER BY b.bucket
        )::BIGINT AS up_to_bucket,
        sum(sum(b.bucket_count)) OVER (PARTITION BY p.population_key, b.measure)::BIGINT AS value_count
    FROM action_buckets AS b
    INNER JOIN feature_populations AS p ON b.action_key = p.action_key
    GROUP BY p.population_key, b.measure, b.bucket
),

percents AS (
    FROM (
        VALUES
        ('amount', 5),
        ('amount', 50),
        ('amount', 95),
        ('pause', 5),
        ('pause', 95),
        ('multiple', 5),
        ('multiple', 95),
        ('day_multiple', 95)
    ) AS v (measure, percent)
),

-- The manieth value each quantile is, and the bucket where that lies.
ranked AS (
    SELECT
        b.population_key,
        b.measure,
        b.bucket,
        p.percent,
        greatest((b.value_count * p.percent + 99) // 100, 1) AS rank,
        b.up_to_bucket - b.bucket_count AS before_bucket
    FROM buckets AS b
    INNER JOIN percents AS p ON b.measure = p.measure
    WHERE rank > before_bucket AND rank <= b.up_to_bucket
),

looked_into AS (
    SELECT DISTINCT
        p.action_key,
        r.measure,
        r.bucket
    FROM ranked AS r
    INNER JOIN feature_populations AS p ON r.population_key = p.population_key
),

action_values AS (
    SELECT
        m.action_key,
        m.measure,
        m.bucket,
        m.value,
        count(*) AS value_count
    FROM measured AS m
    SEMI JOIN looked_into AS i
        ON m.action_key = i.action_key AND m.measure = i.measure AND m.bucket = i.bucket
    GROUP BY m.action_key, m.measure, m.bucket, m.value
),

values_in_order AS (
    SELECT
        p.population_key,
        v.measure,
        v.bucket,
        v.value,
        sum(sum(v.value_count)) OVER (
            PARTITION BY p.population_key, v.measure, v.bucket ORDER BY v.value
        )::BIGINT AS up_to_value
    FROM action_values AS v
    INNER JOIN feature_populations AS p ON v.action_key = p.action_key
    GROUP BY p.population_key, v.measure, v.bucket, v.value
),

quantiles AS (
    SELECT
        r.population_key,
        r.measure,
        r.percent,
        min(v.value) AS value
    FROM ranked AS r
    INNER JOIN values_in_order AS v
        ON r.population_key = v.population_key AND r.measure = v.measure AND r.bucket = v.bucket
    WHERE r.before_bucket + v.up_to_value >= r.rank
    GROUP BY r.population_key, r.measure, r.percent
),

sizes AS (
    SELECT
        population_key,
        sum(action_count)::BIGINT AS population
    FROM feature_populations
    GROUP BY population_key
)

SELECT
    s.population_key,
    any_value(s.population) AS population,
    max(q.value) FILTER (WHERE q.measure = 'amount' AND q.percent = 5) AS amount_low,
    max(q.value) FILTER (WHERE q.measure = 'amount' AND q.percent = 50) AS amount_middle,
    max(q.value) FILTER (WHERE q.measure = 'amount' AND q.percent = 95) AS amount_high,
    max(q.value) FILTER (WHERE q.measure = 'pause' AND q.percent = 5) AS pause_low,
    max(q.value) FILTER (WHERE q.measure = 'pause' AND q.percent = 95) AS pause_high,
    max(q.value) FILTER (WHERE q.measure = 'multiple' AND q.percent = 5) AS multiple_low,
    max(q.value) FILTER (WHERE q.measure = 'multiple' AND q.percent = 95) AS multiple_high,
    max(q.value) FILTER (WHERE q.measure = 'day_multiple' AND q.percent = 95) AS day_multiple_high
FROM sizes AS s
LEFT JOIN quantiles AS q ON s.population_key = q.population_key
GROUP BY s.population_key
