-- What was logged as moved, by currency and type.
SELECT
    currency,
    type,
    count(*) AS transactions,
    coalesce(sum(amount), 0) AS amount,
    coalesce(sum(vat), 0) AS vat
FROM transactions
GROUP BY ALL
ORDER BY currency NULLS LAST, type NULLS LAST
