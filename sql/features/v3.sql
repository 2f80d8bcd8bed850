/*---
id = "transaction_features"
version = 3
title = "How unusual each transaction is, from its context"
created = 2026-11-27
reads = ["ledger", "numbered_ledger", "findings"]
first_steps = ["populations", "source_kinds", "explained", "reported_gaps"]
own_steps = ["steps", "near", "half_days"]
part_steps = ["company", "repeats", "own", "own_same"]
last_steps = [
    "own_repeats", "ranges", "usual", "near_counts", "day_counts", "batches", "batch_counts", "words"
]
description = """
One row per row of the ledger. Features are DOUBLE, 0 where nothing is unusual, larger the more
unusual; none is NULL, NaN or infinite. "A population" is the transactions of one currency,
direction and action; actions seen fewer than $small_population times share one population of their
currency and direction. Logarithms are natural. A surprise is -ln of a share: 3 is one in twenty,
7 one in a thousand; shares of a subscriber are drawn towards the population's share as if
$prior_weight more transactions had followed it, so that a short history proves little.

Features:
- amount_subscriber: ln-distance of |amount| outside the middle 80 % of the subscriber's own
  transactions of this action; 0 below $least_history transactions, or below $least_same of the action.
- amount_population: ln-distance outside the middle 90 % of the population.
- amount_both: the smaller of the two, so that only what is unusual for both counts.
- repeat: surprise of a transaction of the same subscriber, action and amount within $repeat_seconds
  after the one before it.
- action_subscriber: surprise of this action for this subscriber.
- action_rarity: surprise of this action in its currency.
- hour_of_day: ln of how many times less likely this hour of the business day is for the population
  than its busiest hour. Shares are drawn towards those of the direction as if $hour_prior_weight more
  transactions had followed them, no population counting for more than $hour_most of them.
- pause: ln-distance of the time since the subscriber's previous transaction outside the middle 90 %
  of the population's.
- wallet_gap: ln(1 + |payment balance - new balance| / median amount of the population); 0 where the
  rule discrepancy reports the same request of the subscriber.
- wallet_gap_step: the same of the change of that difference since the previous transaction.
- amount_relative: ln-distance of amount / the subscriber's median debit outside the middle 90 % of the
  population's; 0 for subscribers without a debit.
- near: surprise of so many transactions of the subscriber in this direction within ten minutes before
  and after, among all of that currency and direction; 0 where it is alone.
- day: the same within 12 hours before and after.
- day_amount: ln-distance of the sum of those 12 hours / the subscriber's median debit above the middle
  90 % of the population's.
- batch: surprise of so many transactions with the same action and amount in the same minute (UTC),
  whoever's they are, among all of that currency, direction and source; 0 where it is alone.
- source: surprise of this source (by hand, by payment, refund) for the action and direction.
- direction_of_action: surprise of this direction for the action.
- balance: ln(1 + distance of the new balance outside the middle 90 % of the subscriber's own, in
  widths of that range); 0 below $least_history transactions.

Context, for the words of a reason:
- ledger_row: number of the event in the ledger.
- explained: an error or critical finding names the transaction; at_us: microseconds since 1970, UTC.
- usual_low, usual_high, same_action: the subscriber's range of amounts and how many it is from.
- population_low, population_high, population: the same of the population.
- pooled: the population is that of seldom seen actions.
- repeat_seconds_before, population_repeats: time since the identical transaction, and how many
  repeats the population has.
- history, action_count, currency_count: transactions of the subscriber, of the action in its
  currency, and of the currency.
- hour, hour_count, busiest_hour, busiest_count: the hour of the business day, -1 where no time is
  stated, and how often the population has it and its busiest one.
- pause_seconds, pause_low, pause_high: since the previous transaction, and the usual range.
- gap, gap_before: payment balance - new balance, here and at the previous transaction.
- balance_low, balance_high: the subscriber's usual range.
- usual_debit: the subscriber's median debit; relative_low, relative_high: the population's usual multiples.
- near_count, near_population, near_others: how many within ten minutes, of how many transactions, and
  how many of those have as many; day_count, day_others and batch_count, batch_population, batch_others alike.
- day_sum: what the 12 hours add up to; day_high: the population's usual multiple of the median debit.
- source_kind, source_count, action_total, direction_total: the source, how often the action and direction
  have it, how often the action is seen in this direction, and in any.
"""

[params.timezone]
type = "VARCHAR"
default = "Asia/Bahrain"
help = "business time zone, an IANA name"

[params.small_population]
type = "BIGINT"
default = "20"
help = "an action seen fewer times shares the population of seldom seen actions"

[params.least_history]
type = "BIGINT"
default = "8"
help = "subscribers with fewer transactions are compared with the population only"

[params.least_same]
type = "BIGINT"
default = "4"
help = "fewest transactions of one action that make a usual range of a subscriber"

[params.repeat_seconds]
type = "BIGINT"
default = "120"
help = "identical transactions this close together are a repeat"

[params.hour_prior_weight]
type = "BIGINT"
default = "20"
help = "transactions by which a population's hours are drawn towards the direction's"

[params.hour_most]
type = "BIGINT"
default = "50"
help = "most transactions that one population adds to an hour of its direction"

[params.prior_weight]
type = "BIGINT"
default = "5"
help = "transactions by which a subscriber's shares are drawn towards the population's"

[params.first_subscriber]
type = "BIGINT"
default = "0"
help = "number of the first subscriber of a part: own_steps and part_steps are done for one after another"

[params.last_subscriber]
type = "BIGINT"
default = "9223372036854775807"
help = "number of the last one"
---*/
WITH
asked AS (
    SELECT
        t.*,
        coalesce(b.batch_count, 1) AS batch_count
    FROM feature_asked AS t
    LEFT JOIN feature_batches AS b
        ON t.action_key = b.action_key AND t.amount = b.amount AND t.at_us // 60000000 = b.minute
),

judged AS (
    SELECT
        t.ledger_row,
        t.amount,
        t.new_balance,
        t.gap,
        t.gap_before,
        t.pause_seconds,
        m.seconds_after_identical,
        o.history,
        o.balances[1] AS balance_low,
        o.balances[2] AS balance_high,
        o.usual_debit,
        ln(greatest(t.amount, 0.0005)) - ln(greatest(o.usual_debit, 0.0005)) AS multiple,
        ln(greatest(t.day_sum, 0.0005)) - ln(greatest(o.usual_debit, 0.0005)) AS day_multiple,
        t.near_count,
        n.near_population,
        n.near_others,
        t.day_count,
        t.day_sum,
        d.day_others,
        t.batch_count,
        b.batch_population,
        b.batch_others,
        s.source_kind,
        w.source_count,
        w.action_total,
        w.direction_total,
        a.same_action,
        a.usual_low,
        a.usual_high,
        coalesce(k.own_repeats, 0) AS own_repeats,
        p.pooled,
        p.action IS NULL AS is_without_action,
        p.action_count,
        p.currency_count,
        u.*,
        t.gap_reported,
        t.explained,
        coalesce(t.at_us, -9223372036854775807) AS at_us,
        ln(greatest(t.amount, 0.0005)) AS log_amount
    FROM asked AS t
    INNER JOIN feature_own AS o ON t.subscriber = o.subscriber
    INNER JOIN feature_own_same AS a ON t.subscriber = a.subscriber AND t.action_key = a.action_key
    INNER JOIN feature_populations AS p ON t.action_key = p.action_key
    INNER JOIN feature_source_kinds AS s ON t.source_key = s.source_key
    INNER JOIN feature_usual AS u ON p.population_key = u.population_key AND t.hour = u.hour
    INNER JOIN feature_near_counts AS n
        ON
            t.near_count = n.near_count
            AND p.currency IS NOT DISTINCT FROM n.currency
            AND p.direction IS NOT DISTINCT FROM n.direction
    INNER JOIN feature_day_counts AS d
        ON
            t.day_count = d.day_count
            AND p.currency IS NOT DISTINCT FROM d.currency
            AND p.direction IS NOT DISTINCT FROM d.direction
    INNER JOIN feature_batch_counts AS b
        ON
            t.batch_count = b.batch_count
            AND p.currency IS NOT DISTINCT FROM b.currency
            AND p.direction IS NOT DISTINCT FROM b.direction
            AND t.source_key = b.source_key
    INNER JOIN feature_words AS w
        ON
            p.type IS NOT DISTINCT FROM w.type
            AND p.action IS NOT DISTINCT FROM w.action
            AND p.direction IS NOT DISTINCT FROM w.direction
            AND s.source_kind IS NOT DISTINCT FROM w.source_kind
    LEFT JOIN feature_repeats AS m ON t.ledger_row = m.ledger_row
    LEFT JOIN feature_own_repeats AS k ON m.subscriber = k.subscriber AND m.action_key = k.action_key
),

measured AS (
    SELECT
        *,
        CASE
            WHEN amount IS NULL OR history < $least_history OR same_action < $least_same THEN 0
            ELSE greatest(
                log_amount - ln(greatest(usual_high, 0.0005)), ln(greatest(usual_low, 0.0005)) - log_amount, 0
            )
        END AS amount_subscriber,
        CASE
            WHEN amount IS NULL THEN 0
            ELSE greatest(
                log_amount - ln(greatest(population_high, 0.0005)),
                ln(greatest(population_low, 0.0005)) - log_amount,
                0
            )
        END AS amount_population,
        action_count / currency_count AS action_share,
        (population_repeats + 1) / (population + 2) AS repeat_share
    FROM judged
)

SELECT
    ledger_row,
    explained,
    at_us,
    amount_subscriber,
    amount_population,
    least(amount_subscriber, amount_population) AS amount_both,
    CASE
        WHEN seconds_after_identical IS NULL THEN 0
        ELSE -ln(
            (own_repeats - 1 + $prior_weight * repeat_share) / (same_action - 1 + $prior_weight)
        )
    END AS repeat,
    -ln(
        (same_action - 1 + $prior_weight * action_share) / (history - 1 + $prior_weight)
    ) AS action_subscriber,
    -ln(action_share) AS action_rarity,
    CASE WHEN hour < 0 THEN 0 ELSE greatest(hour_surprise, 0) END AS hour_of_day,
    CASE
        WHEN pause_seconds IS NULL THEN 0
        ELSE greatest(
            ln(greatest(pause_seconds, 1)) - ln(pause_high), ln(pause_low) - ln(greatest(pause_seconds, 1)), 0
        )
    END AS pause,
    CASE WHEN gap IS NULL OR gap_reported THEN 0 ELSE ln(1 + abs(gap) / population_middle) END AS wallet_gap,
    CASE
        WHEN gap IS NULL OR gap_before IS NULL OR gap_reported THEN 0
        ELSE ln(1 + abs(gap - gap_before) / population_middle)
    END AS wallet_gap_step,
    coalesce(greatest(multiple - multiple_high, multiple_low - multiple, 0), 0) AS amount_relative,
    CASE
        WHEN near_count = 1 THEN 0
        ELSE -ln((near_others - 1 + 2 / near_count) / (near_population + 1))
    END AS near,
    CASE
        WHEN day_count = 1 THEN 0
        ELSE -ln((day_others - 1 + 2 / day_count) / (near_population + 1))
    END AS day,
    coalesce(greatest(day_multiple - day_multiple_high, 0), 0) AS day_amount,
    CASE
        WHEN batch_count = 1 THEN 0
        ELSE -ln((batch_others - 1 + 2 / batch_count) / (batch_population + 1))
    END AS batch,
    CASE WHEN is_without_action THEN 0 ELSE -ln(source_count / (action_total + 1)) END AS source,
    CASE
        WHEN is_without_action THEN 0 ELSE -ln(action_total / (direction_total + 1))
    END AS direction_of_action,
    CASE
        WHEN new_balance IS NULL OR history < $least_history THEN 0
        ELSE ln(
            1 + greatest(new_balance - balance_high, balance_low - new_balance, 0)
            / greatest(balance_high - balance_low, population_middle)
        )
    END AS balance,
    usual_low,
    usual_high,
    same_action,
    population_low,
    population_high,
    population,
    pooled,
    seconds_after_identical,
    population_repeats,
    history,
    action_count,
    currency_count,
    hour,
    hour_count,
    busiest_hour,
    busiest_count,
    pause_seconds,
    pause_low,
    pause_high,
    gap,
    gap_before,
    balance_low,
    balance_high,
    usual_debit,
    exp(multiple_low) AS relative_low,
    exp(multiple_high) AS relative_high,
    near_count,
    near_population,
    near_others,
    day_count,
    day_others,
    day_sum,
    exp(day_multiple_high) AS day_high,
    batch_count,
    batch_population,
    batch_others,
    source_kind,
    source_count,
    action_total,
    direction_total
FROM measured
