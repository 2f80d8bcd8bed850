/*---
id = "change_points"
version = 1
title = "Where a series of days moves to another level for good"
created = 2026-11-26
reads = ["day_segments", "currencies"]
description = """
At most one row per segment: the day from which its values are others than before. `day_segments` has the
columns of `day_levels`, and `segment`; a series that has changed is looked through again on either side of
the change, as two segments. "Days" are weeks where balances are concerned.

Where: by Pettitt's test. Of the ranks r of n values the sum of (n + 1 - 2 r) over the first k days is
farthest from 0 where the level moves; one day, however far off, moves it by a rank. The chance of so large
a sum K among values in random order is about 2 exp(-6 K^2 / (n^3 + n^2)), and must not exceed $most_chance.
A balance is never in random order, and has too few weeks for that: it must pass what follows alone.

Whether it is worth telling: the $window days before and after are compared by their medians and by their
middle 60 %. The middle parts must not overlap; spending and volume must differ by $least_factor times, a
balance by $least_debits usual days' debits. A balance must also lie apart from all weeks of the segment
before, by more than either side's weeks lie apart from each other. Each side needs $least_side days, or
$least_weeks weeks.

`strength` is the distance of the medians in units of the wider of both middle parts (ln-distance for
spending and volume, where a unit has at least 0.1; a balance's has at least one usual day's debits), at
most 99.99.

Columns: series, segment, measure, user_id, currency, first_day (of the new level), usual, seen (medians
before and after, DECIMAL(38, 18)), strength, explanation.
"""

[params.most_chance]
type = "DOUBLE"
default = "0.01"
help = "largest chance of such a sum in random order"

[params.window]
type = "BIGINT"
default = "20"
help = "days on each side that are compared"

[params.least_side]
type = "BIGINT"
default = "8"
help = "fewest days on each side"

[params.least_weeks]
type = "BIGINT"
default = "4"
help = "fewest weeks on each side"

[params.least_factor]
type = "DOUBLE"
default = "1.5"
help = "times by which spending and volume differ at least"

[params.least_debits]
type = "DOUBLE"
default = "10"
help = "usual days' debits by which a balance differs at least"
---*/
WITH
ranked AS (
    SELECT
        series,
        segment,
        day,
        if(measure = 'balance', $least_weeks, $least_side) AS least_side,
        measure = 'balance' AS certain,
        count(*) OVER (PARTITION BY series, segment) AS n,
        -- Twice the middle of the ranks that equal values share.
        rank() OVER by_value + count(*) OVER by_value AS rank_doubled
    FROM day_segments
    WINDOW by_value AS (PARTITION BY series, segment ORDER BY value)
),

sums AS (
    SELECT
        series,
        segment,
        day,
        least_side,
        certain,
        n,
        row_number() OVER by_day AS place,
        sum(n + 1 - rank_doubled) OVER by_day AS total
    FROM ranked
    WINDOW by_day AS (PARTITION BY series, segment ORDER BY day)
),

splits AS (
    SELECT
        series,
        segment,
        any_value(n) AS n,
        any_value(certain) AS certain,
        arg_min(place, (-abs(total), place)) AS place,
        max(abs(total))::DOUBLE AS farthest
    FROM sums
    WHERE place BETWEEN least_side AND n - least_side
    GROUP BY series, segment
),

likely AS (
    SELECT
        series,
        segment,
        place
    FROM splits
    WHERE certain OR 2 * exp(-6 * farthest * farthest / (n * n * (n + 1.0))) <= $most_chance
),

placed AS (
    SELECT
        d.*,
        s.place AS split,
        row_number() OVER (PARTITION BY d.series, d.segment ORDER BY d.day) AS place
    FROM day_segments AS d
    INNER JOIN likely AS s ON d.series = s.series AND d.segment = s.segment
),

sided AS (
    SELECT
        *,
        place > split AS is_after,
        place BETWEEN split - $window + 1 AND split + $window AS is_near
    FROM placed
),

compared AS (
    SELECT
        series,
        segment,
        any_value(measure) AS measure,
        any_value(user_id) AS user_id,
        any_value(currency) AS currency,
        any_value(unit) AS unit,
        min(day) FILTER (WHERE is_after) AS first_day,
        quantile_disc(exact, 0.5) FILTER (WHERE is_near AND NOT is_after) AS usual,
        quantile_disc(exact, 0.5) FILTER (WHERE is_near AND is_after) AS seen,
        min(value) FILTER (WHERE NOT is_after) AS lowest_before,
        max(value) FILTER (WHERE NOT is_after) AS highest_before,
        min(value) FILTER (WHERE is_after) AS lowest_after,
        max(value) FILTER (WHERE is_after) AS highest_after,
        quantile_disc(value, [0.2, 0.5, 0.8]) FILTER (WHERE is_near AND NOT is_after) AS before,
        quantile_disc(value, [0.2, 0.5, 0.8]) FILTER (WHERE is_near AND is_after) AS after
    FROM sided
    GROUP BY series, segment
),

-- Spending and volume on a log scale; what is 0 counts as a hundredth of the larger middle.
scaled AS (
    SELECT
        *,
        greatest(before[2], after[2]) / 100 AS least_value,
        if(measure = 'balance', before, [ln(greatest(one, least_value)) FOR one IN before]) AS b,
        if(measure = 'balance', after, [ln(greatest(one, least_value)) FOR one IN after]) AS a,
        greatest(b[3] - b[1], a[3] - a[1]) AS width,
        greatest(a[1] - b[3], b[1] - a[3]) AS apart,
        abs(a[2] - b[2]) AS distance
    FROM compared
    WHERE greatest(before[2], after[2]) > 0 OR measure = 'balance'
)

SELECT
    s.series,
    s.segment,
    s.measure,
    s.user_id,
    s.currency,
    s.first_day,
    s.usual,
    s.seen,
    least(s.distance / greatest(s.width, if(s.measure = 'balance', s.unit, 0.1)), 99.99)::DECIMAL(9, 2)
        AS strength,
    CASE s.measure
        WHEN 'volume'
            THEN
                format('{:,}', s.seen::BIGINT) || ' debits a day'
                || if(s.currency IS NULL, ' without a currency', ' in ' || s.currency)
                || ', ' || format('{:,}', s.usual::BIGINT) || ' before'
        ELSE
            if(s.measure = 'balance', 'a balance of about ', 'debits of about ')
            || money_words(s.seen, s.currency, coalesce(c.minor_unit, 2))
            || if(s.measure = 'balance', ', ', ' on a day that has any, ')
            || money_words(s.usual, s.currency, coalesce(c.minor_unit, 2)) || ' before'
    END AS explanation
FROM scaled AS s
LEFT JOIN currencies AS c ON coalesce(s.currency, '') = c.currency
WHERE
    s.apart > 0
    AND CASE
        WHEN s.measure = 'balance'
            THEN
                s.distance >= $least_debits * s.unit
                AND greatest(s.lowest_after - s.highest_before, s.lowest_before - s.highest_after)
                > greatest(s.highest_before - s.lowest_before, s.highest_after - s.lowest_after)
        ELSE s.distance >= ln($least_factor)
    END
ORDER BY s.series, s.segment
