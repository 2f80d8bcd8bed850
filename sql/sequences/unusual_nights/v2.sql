/*---
id = "unusual_nights"
version = 2
title = "Business nights on which the job moved more or less than on comparable nights"
created = 2026-11-26
reads = ["numbered_ledger", "messages", "invocations"]
description = """
One row per run of consecutive business days that are out of line in the same way. What is counted of each
day (`measure`):

- debits, credits: transactions of that direction;
- repeats: debits beyond the first with the same subscriber, currency, action and amount on one day, as a
  night has them that was processed twice;
- failures: messages that failed, have no outcome or were rejected.

The first three are counted of everybody (`currency` is NULL) and of each currency; a currency is left out
where everybody's count of that day is out of line alike. Days without anything count as 0.

A day is compared with the nearest $side days of the same weekday before it and with as many after it. It is
out of line only if it is so with the medians of both: where volumes change for good or for a season
(Ramadan, a summer), the first days of the new level are in line with what follows, and its last days with
what was before. A side with fewer than $least_side days is not asked; where neither has as many, nothing is
said. `usual` is the median of the side that the day is nearer to. Fewer repeats or failures than usual are
nothing to tell.

Counts are compared by twice their square root, which varies by 1 for a Poisson count of any size.
`strength` is the distance in units of the usual distance of the series (1.4826 times the median, at least
1). A day is told from $least_strength on, if it also differs by $least_factor times and by
$least_difference.

The first day of the archive is never called low. What the last day has is compared with what the others had
up to the time of day at which the archive ends.

Columns: measure, currency, first_day, last_day (in the business time zone), nights, direction (more or
fewer), seen, usual (sums over the nights), strength (of the strongest night), explanation.
"""

[params.timezone]
type = "VARCHAR"
default = "Asia/Bahrain"
help = "business time zone, an IANA name"

[params.side]
type = "BIGINT"
default = "4"
help = "days of the same weekday to compare with, on each side"

[params.least_side]
type = "BIGINT"
default = "3"
help = "fewest of them for a side to be asked"

[params.least_strength]
type = "DOUBLE"
default = "4"
help = "distance from which a day is told, in usual distances"

[params.least_factor]
type = "DOUBLE"
default = "1.5"
help = "times by which it differs at least"

[params.least_difference]
type = "DOUBLE"
default = "5"
help = "count by which it differs at least"
---*/
WITH
moments AS (
    SELECT
        min(logged_at) AS first_at,
        max(logged_at) AS last_at
    FROM numbered_ledger
    UNION ALL
    SELECT
        min(started_at) AS first_at,
        max(started_at) AS last_at
    FROM messages
    UNION ALL
    SELECT
        min(started_at) AS first_at,
        max(started_at) AS last_at
    FROM invocations
),

period AS (
    SELECT
        timezone($timezone, min(first_at))::DATE AS first_day,
        timezone($timezone, max(last_at))::DATE AS last_day,
        timezone($timezone, max(last_at))::TIME AS ends
    FROM moments
),

-- Of each day all, and what it has up to the time of day at which the archive ends.
moves AS (
    SELECT
        l.currency,
        l.direction,
        l.subscriber_number,
        l.action,
        l.amount,
        timezone($timezone, l.logged_at)::DATE AS day,
        timezone($timezone, l.logged_at)::TIME <= p.ends AS is_by_then
    FROM numbered_ledger AS l
    CROSS JOIN period AS p
    WHERE l.logged_at IS NOT NULL AND l.direction IS NOT NULL
),

moved AS (
    SELECT
        currency,
        direction,
        day,
        count(*) AS moved,
        count(*) FILTER (WHERE is_by_then) AS moved_by_then
    FROM moves
    GROUP BY currency, direction, day
),

-- Of the debits that another one is identical with, and at worst of a few others: most are like no other.
alike AS (
    SELECT hash(subscriber_number, day, action, amount) AS debit_hash
    FROM moves
    WHERE direction = 'DEBIT'
    GROUP BY debit_hash
    HAVING count(*) > 1
),

identical AS (
    SELECT
        any_value(m.currency) AS currency,
        m.day,
        count(*) AS times,
        count(*) FILTER (WHERE m.is_by_then) AS times_by_then
    FROM moves AS m
    SEMI JOIN alike AS a ON hash(m.subscriber_number, m.day, m.action, m.amount) = a.debit_hash
    WHERE m.direction = 'DEBIT'
    GROUP BY m.subscriber_number, m.day, m.action, m.amount
),

repeated AS (
    SELECT
        currency,
        day,
        sum(times - 1)::BIGINT AS repeated,
        sum(greatest(times_by_then - 1, 0))::BIGINT AS repeated_by_then
    FROM identical
    GROUP BY currency, day
),

measured AS (
    SELECT
        currency,
        day,
        if(direction = 'DEBIT', 'debits', 'credits') AS measure,
        moved AS seen,
        moved_by_then AS by_then
    FROM moved
    UNION ALL
    SELECT
        currency,
        day,
        'repeats' AS measure,
        repeated AS seen,
        repeated_by_then AS by_then
    FROM repeated
),

counted AS (
    SELECT
        measure,
        day,
        currency,
        grouping(currency) = 1 AS everybody,
        sum(seen)::BIGINT AS seen,
        sum(by_then)::BIGINT AS by_then
    FROM measured
    GROUP BY GROUPING SETS ((measure, day), (measure, day, currency))
    UNION ALL
    SELECT
        'failures' AS measure,
        timezone($timezone, m.started_at)::DATE AS day,
        NULL AS currency,
        TRUE AS everybody,
        count(*) AS seen,
        count(*) FILTER (WHERE timezone($timezone, m.started_at)::TIME <= p.ends) AS by_then
    FROM messages AS m
    CROSS JOIN period AS p
    WHERE m.started_at IS NOT NULL AND m.outcome IN ('failed', 'incomplete', 'rejected_negative')
    GROUP BY day
),

series AS (
    SELECT DISTINCT
        measure,
        currency,
        everybody
    FROM counted
),

days AS (
    SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day
    FROM period
),

nights AS (
    SELECT
        s.measure,
        s.currency,
        s.everybody,
        d.day,
        isodow(d.day) AS weekday,
        d.day = p.first_day AS is_first,
        d.day = p.last_day AS is_last,
        coalesce(c.seen, 0) AS seen,
        coalesce(c.by_then, 0) AS by_then
    FROM series AS s
    CROSS JOIN period AS p
    CROSS JOIN days AS d
    LEFT JOIN counted AS c
        ON
            s.measure = c.measure
            AND s.currency IS NOT DISTINCT FROM c.currency
            AND s.everybody = c.everybody
            AND d.day = c.day
),

sides AS (
    SELECT
        *,
        count(*) OVER before AS before_nights,
        CASE WHEN is_last THEN median(by_then) OVER before ELSE median(seen) OVER before END AS before,
        count(*) OVER after AS after_nights,
        median(seen) OVER after AS after
    FROM nights
    WINDOW
        before AS (
            PARTITION BY measure, currency, everybody, weekday
            ORDER BY day ROWS BETWEEN $side PRECEDING AND 1 PRECEDING
        ),
        after AS (
            PARTITION BY measure, currency, everybody, weekday
            ORDER BY day ROWS BETWEEN 1 FOLLOWING AND $side FOLLOWING
        )
),

asked AS (
    SELECT
        *,
        CASE WHEN before_nights >= $least_side THEN before END AS usual_before,
        CASE WHEN after_nights >= $least_side THEN after END AS usual_after,
        -- The side that the day is nearer to; a day between the two is in line.
        CASE
            WHEN
                seen BETWEEN least(usual_before, usual_after) AND greatest(usual_before, usual_after)
                AND usual_before IS NOT NULL AND usual_after IS NOT NULL
                THEN seen
            WHEN usual_after IS NULL OR abs(seen - usual_before) <= abs(seen - usual_after) THEN usual_before
            ELSE usual_after
        END::DOUBLE AS usual
    FROM sides
),

distances AS (
    SELECT
        *,
        2 * (sqrt(seen + 0.375) - sqrt(usual + 0.375)) AS distance
    FROM asked
    WHERE
        usual IS NOT NULL
        AND NOT (is_first AND seen < usual)
        -- That less goes wrong than usual is no misbehaviour.
        AND (measure IN ('debits', 'credits') OR seen >= usual)
),

spreads AS (
    SELECT
        measure,
        currency,
        everybody,
        greatest(1, 1.4826 * median(abs(distance))) AS spread
    FROM distances
    GROUP BY measure, currency, everybody
),

out_of_line AS (
    SELECT
        d.measure,
        d.currency,
        d.everybody,
        d.day,
        d.seen,
        d.usual,
        CASE WHEN d.distance > 0 THEN 'more' ELSE 'fewer' END AS direction,
        abs(d.distance) / s.spread AS strength
    FROM distances AS d
    INNER JOIN spreads AS s
        ON d.measure = s.measure AND d.currency IS NOT DISTINCT FROM s.currency AND d.everybody = s.everybody
    WHERE
        abs(d.distance) / s.spread >= $least_strength
        AND greatest(d.seen, d.usual) >= $least_factor * least(d.seen, d.usual)
        AND abs(d.seen - d.usual) >= $least_difference
),

told AS (
    SELECT
        o.*,
        o.day - row_number() OVER (
            PARTITION BY o.measure, o.currency, o.everybody, o.direction ORDER BY o.day
        )::INTEGER AS run
    FROM out_of_line AS o
    LEFT JOIN out_of_line AS a
        ON
            a.everybody AND NOT o.everybody
            AND o.measure = a.measure AND o.day = a.day AND o.direction = a.direction
    WHERE a.measure IS NULL
),

runs AS (
    SELECT
        measure,
        currency,
        everybody,
        direction,
        min(day) AS first_day,
        max(day) AS last_day,
        count(*) AS nights,
        sum(seen)::BIGINT AS seen,
        sum(usual::DECIMAL(18, 1)) AS usual,
        max(strength) AS strength
    FROM told
    GROUP BY measure, currency, everybody, direction, run
)

SELECT
    measure,
    CASE WHEN everybody THEN NULL ELSE coalesce(currency, '') END AS currency,
    first_day,
    last_day,
    nights,
    direction,
    seen,
    usual::DECIMAL(18, 1) AS usual,
    strength::DECIMAL(9, 2) AS strength,
    format('{:,}', seen) || ' '
    || CASE measure
        WHEN 'debits' THEN if(seen = 1, 'debit', 'debits')
        WHEN 'credits' THEN if(seen = 1, 'credit', 'credits')
        WHEN 'repeats' THEN if(seen = 1, 'repeated debit', 'repeated debits')
        ELSE if(seen = 1, 'message that did not go through', 'messages that did not go through')
    END
    || CASE
        WHEN everybody THEN ''
        WHEN currency IS NULL THEN ' without a currency'
        ELSE ' in ' || currency
    END
    || CASE
        WHEN nights = 1 THEN ', usual on a ' || dayname(first_day) || ': '
        ELSE ' on ' || nights || ' days, usual: '
    END
    || format('{:,}', round(usual)::BIGINT) AS explanation
FROM runs
ORDER BY strength DESC, first_day ASC, measure ASC, currency ASC NULLS FIRST, direction ASC
