-- The balances of the subscribers $users over time: what each applied transaction left in the subscription
-- balance, and what transactions and not-in-sync records state of the payment balance. Of a line with more
-- than $cap points, each of $cap / 4 stretches keeps its first, last, lowest and highest one.
WITH
users AS (SELECT unnest($users::VARCHAR[]) AS user_id),

links AS (
    SELECT
        l.user_id,
        l.currency,
        l.minor_unit,
        l.logged_at,
        l.transaction_id,
        l.source_id,
        l.line,
        l.new_balance,
        l.payment_balance,
        l.applied
    FROM ledger AS l
    SEMI JOIN users ON l.user_id = users.user_id
),

currency_of AS (
    SELECT
        user_id,
        min(currency) AS currency,
        min(minor_unit) AS minor_unit
    FROM links
    GROUP BY user_id
    HAVING count(DISTINCT currency) = 1
),

stated AS (
    SELECT
        user_id,
        currency,
        minor_unit,
        'subscription' AS wallet,
        logged_at,
        transaction_id,
        source_id,
        line,
        new_balance AS balance
    FROM links
    WHERE applied
    UNION ALL
    SELECT
        user_id,
        currency,
        minor_unit,
        'payment' AS wallet,
        logged_at,
        transaction_id,
        source_id,
        line,
        payment_balance AS balance
    FROM links
    WHERE payment_balance IS NOT NULL
    UNION ALL
    SELECT
        e.user_id,
        c.currency,
        c.minor_unit,
        'payment' AS wallet,
        e.logged_at,
        NULL AS transaction_id,
        e.source_id,
        e.line,
        e.payment_balance AS balance
    FROM sync_errors AS e
    INNER JOIN currency_of AS c ON e.user_id = c.user_id
    WHERE e.payment_balance IS NOT NULL
),

placed AS (
    SELECT
        *,
        row_number() OVER so_far AS place,
        count(*) OVER (PARTITION BY user_id, currency, wallet) AS points
    FROM stated
    WINDOW so_far AS (
        PARTITION BY user_id, currency, wallet
        ORDER BY logged_at, transaction_id NULLS FIRST, source_id, line
    )
),

stretched AS (
    SELECT
        *,
        (place - 1) * ($cap // 4) // points AS stretch
    FROM placed
    WHERE points > $cap
),

ends AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY user_id, currency, wallet, stretch ORDER BY balance ASC, place ASC
        ) AS from_lowest,
        row_number() OVER (
            PARTITION BY user_id, currency, wallet, stretch ORDER BY balance DESC, place ASC
        ) AS from_highest,
        min(place) OVER same AS first_place,
        max(place) OVER same AS last_place
    FROM stretched
    WINDOW same AS (PARTITION BY user_id, currency, wallet, stretch)
),

thinned AS (
    SELECT * EXCLUDE (stretch, from_lowest, from_highest, first_place, last_place)
    FROM ends
    WHERE from_lowest = 1 OR from_highest = 1 OR place IN (first_place, last_place)
    UNION ALL
    SELECT *
    FROM placed
    WHERE points <= $cap
)

SELECT
    user_id,
    currency,
    coalesce(minor_unit, 2) AS minor_unit,
    wallet,
    logged_at,
    balance,
    points
FROM thinned
ORDER BY user_id ASC, currency ASC NULLS LAST, wallet DESC, place ASC
