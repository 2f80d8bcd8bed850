-- Who they are, and short keys of their currencies.
SELECT
    subscriber_number::BIGINT AS subscriber,
    any_value(user_id) AS user_id,
    any_value(currency) AS currency,
    dense_rank() OVER (ORDER BY any_value(currency)) AS currency_key
FROM numbered_ledger
WHERE user_id IS NOT NULL
GROUP BY subscriber_number
