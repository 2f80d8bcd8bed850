-- What the debits of each subscriber and day add up to.
SELECT
    subscriber_number AS subscriber,
    timezone($timezone, logged_at)::DATE AS day,
    -- Exact, so that it adds up to the same in any order.
    sum(amount) AS exact,
    sum(amount)::DOUBLE AS value
FROM numbered_ledger
WHERE user_id IS NOT NULL AND logged_at IS NOT NULL AND direction = 'DEBIT' AND amount > 0
GROUP BY subscriber_number, timezone($timezone, logged_at)::DATE
