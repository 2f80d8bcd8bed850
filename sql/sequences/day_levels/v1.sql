/*---
id = "day_levels"
version = 1
title = "Where subscribers stand, day by day or week by week"
created = 2026-11-26
reads = ["numbered_ledger"]
steps = ["subscribers", "spent", "own", "seasons", "closing", "counted"]
description = """
The series in which change points are looked for, one row per series and day. What is measured (`measure`):

- spending: what the subscriber's debits of a business day add up to in a currency, on days that have any.
  `value` is its part of what is usual for everybody on that day: it is divided by the median over all
  subscribers of that currency ($most_asked to twice as many of them, where there are more) of spending /
  the subscriber's own median, where at least $least_subscribers have spent. So a season or a price that
  moves everybody's spending is nobody's change. Left out are subscribers whose $least_beyond-th largest
  value is less than $least_factor times the $least_beyond-th smallest: no two sides of theirs differ by as
  much.
- balance: the last balance of each week (from Monday) that the subscriber's chain has in a currency. By
  weeks, because a balance rises and falls with every renewal: days that follow each other say the same
  twice. `day` is the Monday. Left out are subscribers whose balances lie within $least_debits usual days'
  debits of each other.
- volume: how many debits everybody has on a day in a currency, days without any included; `value` is its
  part of the median of that weekday. The first and the last day of the archive are left out.

Columns: series (a number), measure, user_id, currency, day, exact (DECIMAL(38, 18), what was counted),
value (DOUBLE, what is compared), unit (DOUBLE, the subscriber's median spending of a day, above 0).
"""

[params.timezone]
type = "VARCHAR"
default = "Asia/Bahrain"
help = "business time zone, an IANA name"

[params.least_subscribers]
type = "BIGINT"
default = "20"
help = "fewest subscribers of a day that say what is usual for everybody"

[params.most_asked]
type = "BIGINT"
default = "2000"
help = "subscribers that are asked for it, or up to twice as many"

[params.least_beyond]
type = "BIGINT"
default = "4"
help = "days on which spending must be as high, and as low"

[params.least_factor]
type = "DOUBLE"
default = "1.5"
help = "times by which spending must differ somewhere"

[params.least_debits]
type = "DOUBLE"
default = "10"
help = "usual days' debits by which balances must differ somewhere"

[params.parts]
type = "BIGINT"
default = "1"
help = "in how many parts, by subscriber, what is usual for each is found out: it holds all that they spend"

[params.part]
type = "BIGINT"
default = "0"
help = "which of them this is, from 0 on"
---*/
WITH
swings AS (
    SELECT
        currency_key,
        max(season) / min(season) AS swing
    FROM level_seasons
    GROUP BY currency_key
),

spreading AS (
    SELECT
        o.subscriber,
        o.currency_key
    FROM level_own AS o
    INNER JOIN swings AS w ON o.currency_key = w.currency_key
    WHERE o.high * greatest(w.swing, 1) >= $least_factor * o.low
),

spending AS (
    SELECT
        s.subscriber,
        s.day,
        s.exact,
        s.value / coalesce(t.season, 1) AS value
    FROM level_spent AS s
    INNER JOIN spreading AS w ON s.subscriber = w.subscriber
    LEFT JOIN level_seasons AS t ON w.currency_key = t.currency_key AND s.day = t.day
),

swinging AS (
    SELECT b.subscriber
    FROM level_closing AS b
    INNER JOIN level_own AS o ON b.subscriber = o.subscriber
    GROUP BY b.subscriber
    HAVING max(b.exact)::DOUBLE - min(b.exact)::DOUBLE >= $least_debits * any_value(o.unit)
),

balances AS (
    SELECT
        c.subscriber,
        c.day,
        c.exact,
        c.exact::DOUBLE AS value
    FROM level_closing AS c
    SEMI JOIN swinging AS w ON c.subscriber = w.subscriber
),

period AS (
    SELECT
        min(day) + 1 AS first_day,
        max(day) - 1 AS last_day
    FROM level_counted
),

currencies_seen AS (
    SELECT DISTINCT
        currency_key,
        currency
    FROM level_subscribers
),

days AS (
    SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day
    FROM period
),

volumes AS (
    SELECT
        c.currency_key,
        d.day,
        coalesce(n.debits, 0) AS debits,
        greatest(median(coalesce(n.debits, 0)) OVER (PARTITION BY c.currency_key, isodow(d.day)), 1) AS usual
    FROM currencies_seen AS c
    CROSS JOIN days AS d
    LEFT JOIN level_counted AS n ON c.currency_key = n.currency_key AND d.day = n.day
)

SELECT
    2 * s.subscriber AS series,
    'spending' AS measure,
    s.user_id,
    s.currency,
    r.day,
    r.exact::DECIMAL(38, 18) AS exact,
    r.value,
    o.unit
FROM spending AS r
INNER JOIN level_own AS o ON r.subscriber = o.subscriber
INNER JOIN level_subscribers AS s ON r.subscriber = s.subscriber
UNION ALL
SELECT
    2 * s.subscriber + 1 AS series,
    'balance' AS measure,
    s.user_id,
    s.currency,
    r.day,
    r.exact::DECIMAL(38, 18) AS exact,
    r.value,
    o.unit
FROM balances AS r
INNER JOIN level_own AS o ON r.subscriber = o.subscriber
INNER JOIN level_subscribers AS s ON r.subscriber = s.subscriber
UNION ALL
SELECT
    -r.currency_key AS series,
    'volume' AS measure,
    NULL AS user_id,
    c.currency,
    r.day,
    r.debits::DECIMAL(38, 18) AS exact,
    r.debits / r.usual AS value,
    1 AS unit
FROM volumes AS r
INNER JOIN currencies_seen AS c ON r.currency_key = c.currency_key
