-- What the debits of each subscriber and day add up to.
SELECT
    s.subscriber,
    any_value(s.currency_key) AS currency_key,
    timezone($timezone, l.logged_at)::DATE AS day,
    -- Exact, so that it adds up to the same in any order.
    sum(l.amount) AS exact,
    sum(l.amount)::DOUBLE AS value
FROM ledger AS l
INNER JOIN level_subscribers AS s ON l.user_id = s.user_id AND l.currency IS NOT DISTINCT FROM s.currency
WHERE l.logged_at IS NOT NULL AND l.direction = 'DEBIT' AND l.amount > 0
GROUP BY s.subscriber, timezone($timezone, l.logged_at)::DATE
