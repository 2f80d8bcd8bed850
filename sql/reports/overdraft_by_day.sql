-- What all overdrawn subscription balances of a currency add up to, at the end of each business day
-- on which that changed. Each transaction moves its subscriber's share from the previous balance's to its own.
WITH
changes AS (
    SELECT
        currency,
        minor_unit,
        (logged_at AT TIME ZONE $timezone)::DATE AS day,
        sum(least(new_balance, 0) - least(coalesce(previous_new_balance, 0), 0)) AS change
    FROM ledger
    WHERE applied
    GROUP BY ALL
)

SELECT
    currency,
    minor_unit,
    day,
    sum(change) OVER (PARTITION BY currency ORDER BY day) AS exposure
FROM changes
WHERE change <> 0
ORDER BY currency NULLS LAST, day
