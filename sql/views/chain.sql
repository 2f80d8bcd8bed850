/*---
id = "chain"
version = 3
title = "Chains"
created = 2026-11-29
reads = ["transactions", "brought_forward", "currencies"]
description = """
One row per row of transactions: where it stands among those of its subscriber and currency. It is what
the ledger cannot be read without and takes a sort to find out; the rest of the ledger follows from the row
itself.

- event: rowid of the row in transactions.
- subscriber: number of the subscriber and currency, in their order; those without either have one, too.
- minor_unit, tolerance: of the currency, in as few bytes as they fit in.
- place: how manieth transaction of that subscriber and currency it is, payment_place: how many of them
  have stated the payment balance so far, itself included.
- applied, repeats_earlier, link_number, previous_*: as the ledger says. The link before the first one of a
  period is the one that was brought forward, and what was brought forward is repeated, too.

The order is logged time, transaction id, source, line.
"""

[params.parts]
type = "BIGINT"
default = "1"
help = "in how many parts, by subscriber, it is made: what a window sorts together is held in memory"

[params.part]
type = "BIGINT"
default = "0"
help = "which of them this is, from 0 on"
---*/
WITH
stated AS NOT MATERIALIZED (
    SELECT
        rowid AS event,
        user_id,
        currency,
        transaction_id,
        logged_at,
        source_id,
        line,
        old_balance,
        new_balance,
        payment_balance IS NOT NULL AS states_payment,
        outcome,
        NULL::BIGINT AS earlier_link
    FROM transactions
    UNION ALL
    SELECT
        NULL AS event,
        user_id,
        currency,
        transaction_id,
        logged_at,
        source_id,
        line,
        old_balance,
        new_balance,
        FALSE AS states_payment,
        outcome,
        link_number AS earlier_link
    FROM brought_forward
),

-- Of the ids that several events state, and at worst of a few others: the ids themselves take more memory.
repeated_ids AS (
    SELECT hash(transaction_id) AS id_hash
    FROM stated
    WHERE transaction_id IS NOT NULL
    GROUP BY id_hash
    HAVING count(*) > 1
),

repeats AS (
    SELECT t.event
    FROM stated AS t
    SEMI JOIN repeated_ids ON hash(t.transaction_id) = repeated_ids.id_hash
    WHERE t.outcome IS NULL OR t.outcome NOT IN ('rejected_negative', 'failed')
    QUALIFY row_number() OVER (
        PARTITION BY t.transaction_id, t.user_id, t.currency, t.old_balance, t.new_balance
        ORDER BY t.logged_at, t.source_id, t.line
    ) > 1
),

-- Short integer keys: windows and groups over them are several times faster than over identifiers.
subscribers AS (
    SELECT
        t.user_id,
        t.currency,
        any_value(c.minor_unit)::TINYINT AS minor_unit,
        any_value(c.tolerance)::DECIMAL(9, 6) AS tolerance,
        (row_number() OVER (ORDER BY t.user_id, t.currency))::INTEGER AS subscriber
    FROM transactions AS t
    INNER JOIN currencies AS c ON coalesce(t.currency, '') = c.currency
    GROUP BY t.user_id, t.currency
),

moves AS (
    SELECT
        t.event,
        s.subscriber,
        s.minor_unit,
        s.tolerance,
        t.logged_at,
        t.transaction_id,
        t.source_id,
        t.line,
        t.old_balance,
        t.new_balance,
        t.states_payment,
        repeats.event IS NOT NULL AS repeats_earlier,
        CASE
            WHEN t.event IS NULL THEN t.earlier_link IS NOT NULL
            ELSE
                repeats.event IS NULL
                AND (t.outcome IS NULL OR t.outcome NOT IN ('rejected_negative', 'failed'))
                AND t.user_id IS NOT NULL
                AND t.old_balance IS NOT NULL
                AND t.new_balance IS NOT NULL
        END AS applied
    FROM stated AS t
    INNER JOIN subscribers AS s
        ON t.user_id IS NOT DISTINCT FROM s.user_id AND t.currency IS NOT DISTINCT FROM s.currency
    LEFT JOIN repeats ON t.event = repeats.event
    WHERE s.subscriber % $parts = $part
),

seen AS (
    SELECT
        event,
        subscriber,
        minor_unit,
        tolerance,
        applied,
        repeats_earlier,
        count(event) OVER so_far AS place,
        count(*) FILTER (WHERE states_payment) OVER so_far AS payment_place,
        count(event) FILTER (WHERE applied) OVER so_far AS link_number,
        -- In one value: a link that states no time or no id is the one before all the same.
        last_value(
            CASE
                WHEN applied
                    THEN {
                        'transaction_id': transaction_id,
                        'old_balance': old_balance,
                        'new_balance': new_balance,
                        'logged_at': logged_at
                    }
            END IGNORE NULLS
        ) OVER before AS previous
    FROM moves
    WINDOW
        so_far AS (
            PARTITION BY subscriber
            ORDER BY logged_at, transaction_id, source_id, line
            ROWS UNBOUNDED PRECEDING
        ),
        before AS (
            PARTITION BY subscriber
            ORDER BY logged_at, transaction_id, source_id, line
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
)

SELECT
    s.event,
    s.subscriber,
    s.minor_unit,
    s.tolerance,
    s.place::INTEGER AS place,
    s.payment_place::INTEGER AS payment_place,
    s.applied,
    s.repeats_earlier,
    CASE WHEN s.applied THEN s.link_number END::INTEGER AS link_number,
    CASE WHEN s.applied THEN s.previous['transaction_id'] END AS previous_transaction_id,
    CASE WHEN s.applied THEN s.previous['old_balance'] END AS previous_old_balance,
    CASE WHEN s.applied THEN s.previous['new_balance'] END AS previous_new_balance,
    CASE WHEN s.applied THEN s.previous['logged_at'] END AS previous_logged_at
FROM seen AS s
WHERE s.event IS NOT NULL
