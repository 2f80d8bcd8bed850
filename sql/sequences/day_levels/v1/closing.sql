-- The last balance of each week that the chain of a subscriber has.
SELECT
    subscriber_number AS subscriber,
    date_trunc('week', timezone($timezone, logged_at)::DATE)::DATE AS day,
    arg_max(new_balance, link_number) AS exact
FROM numbered_ledger
WHERE logged_at IS NOT NULL AND applied
GROUP BY subscriber_number, date_trunc('week', timezone($timezone, logged_at)::DATE)::DATE
