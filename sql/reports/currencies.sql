-- Decimals and tolerance of each currency that occurs.
SELECT
    c.currency,
    c.minor_unit,
    c.tolerance,
    count(t.transaction_id) AS transactions
FROM currencies AS c
LEFT JOIN transactions AS t ON c.currency = coalesce(t.currency, '')
GROUP BY ALL
HAVING c.currency <> '' OR transactions > 0
ORDER BY c.currency
