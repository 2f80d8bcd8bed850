-- Short integer keys: groups over them are several times faster than over identifiers.
SELECT
    user_id,
    currency,
    row_number() OVER (ORDER BY user_id, currency) AS subscriber,
    dense_rank() OVER (ORDER BY currency) AS currency_key
FROM ledger
WHERE user_id IS NOT NULL
GROUP BY user_id, currency
