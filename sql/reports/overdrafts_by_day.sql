-- What all overdrawn balances of a wallet and currency add up to, at the end of each business day on which
-- that changed. Each statement of a balance moves its subscriber's share from the one before to its own.
WITH
stated AS (
    SELECT
        'subscription' AS wallet,
        currency,
        minor_unit,
        logged_at,
        new_balance AS balance,
        previous_new_balance AS previous
    FROM ledger
    WHERE applied
    UNION ALL
    SELECT
        'payment' AS wallet,
        currency,
        minor_unit,
        logged_at,
        payment_balance AS balance,
        lag(payment_balance) OVER (
            PARTITION BY subscriber_number
            ORDER BY place_number
        ) AS previous
    FROM numbered_ledger
    WHERE payment_balance IS NOT NULL AND user_id IS NOT NULL
),

changes AS (
    SELECT
        wallet,
        currency,
        minor_unit,
        (logged_at AT TIME ZONE $timezone)::DATE AS day,
        sum(least(balance, 0) - least(coalesce(previous, 0), 0)) AS change
    FROM stated
    GROUP BY ALL
)

SELECT
    wallet,
    currency,
    minor_unit,
    day,
    sum(change) OVER (PARTITION BY wallet, currency ORDER BY day) AS exposure
FROM changes
WHERE change <> 0
ORDER BY currency ASC NULLS LAST, wallet DESC, day ASC
