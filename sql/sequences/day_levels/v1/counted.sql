-- How many debits everybody has in a currency on a day.
SELECT
    s.currency_key,
    timezone($timezone, l.logged_at)::DATE AS day,
    count(*) FILTER (WHERE l.direction = 'DEBIT') AS debits
FROM ledger AS l
INNER JOIN level_subscribers AS s ON l.user_id = s.user_id AND l.currency IS NOT DISTINCT FROM s.currency
WHERE l.logged_at IS NOT NULL
GROUP BY s.currency_key, timezone($timezone, l.logged_at)::DATE
