-- Transactions with short keys, and what comes before and after each for its subscriber.
-- Windows and groups over short integer keys are several times faster than over identifiers, and what an
-- action or a source says by its key is not written beside each transaction. The window also leaves the
-- rows of a subscriber together, without which the ranges of each hold the amounts of all in memory.
WITH
moves AS (
    SELECT
        l.event_number AS ledger_row,
        l.subscriber_number AS subscriber,
        l.place_number AS place,
        p.action_key,
        s.source_key,
        abs(l.amount)::DOUBLE AS amount,
        l.new_balance::DOUBLE AS new_balance,
        (l.payment_balance - l.new_balance)::DOUBLE AS gap,
        epoch_us(l.logged_at) AS at_us,
        coalesce(hour(timezone($timezone, l.logged_at)), -1)::TINYINT AS hour
    FROM numbered_ledger AS l
    INNER JOIN feature_populations AS p
        ON
            l.currency IS NOT DISTINCT FROM p.currency
            AND l.direction IS NOT DISTINCT FROM p.direction
            AND l.type IS NOT DISTINCT FROM p.type
            AND l.action IS NOT DISTINCT FROM p.action
    INNER JOIN feature_source_kinds AS s ON l.source_kind IS NOT DISTINCT FROM s.source_kind
    WHERE l.subscriber_number BETWEEN $first_subscriber AND $last_subscriber
)

SELECT
    *,
    (at_us - lag(at_us) OVER subscriber_order) / 1000000.0 AS pause_seconds,
    lag(gap) OVER subscriber_order AS gap_before,
    (lead(at_us) OVER subscriber_order - at_us) / 1000000.0 AS seconds_to_next
FROM moves
WINDOW subscriber_order AS (PARTITION BY subscriber ORDER BY place)
