-- The last balance of each week that the chain of a subscriber has.
SELECT
    s.subscriber,
    date_trunc('week', timezone($timezone, l.logged_at)::DATE)::DATE AS day,
    arg_max(l.new_balance, l.link_number) AS exact
FROM ledger AS l
INNER JOIN level_subscribers AS s ON l.user_id = s.user_id AND l.currency IS NOT DISTINCT FROM s.currency
WHERE l.logged_at IS NOT NULL AND l.applied
GROUP BY s.subscriber, date_trunc('week', timezone($timezone, l.logged_at)::DATE)::DATE
