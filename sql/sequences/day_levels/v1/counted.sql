-- How many debits everybody has in a currency on a day.
WITH
keys AS (
    SELECT DISTINCT
        currency,
        currency_key
    FROM level_subscribers
),

days AS (
    SELECT
        currency,
        timezone($timezone, logged_at)::DATE AS day,
        count(*) FILTER (WHERE direction = 'DEBIT') AS debits
    FROM numbered_ledger
    WHERE user_id IS NOT NULL AND logged_at IS NOT NULL
    GROUP BY currency, timezone($timezone, logged_at)::DATE
)

SELECT
    k.currency_key,
    d.day,
    d.debits
FROM days AS d
INNER JOIN keys AS k ON d.currency IS NOT DISTINCT FROM k.currency
