-- What is usual for each subscriber.
SELECT
    t.subscriber,
    count(*) AS history,
    quantile_disc(t.amount, 0.5) FILTER (WHERE p.direction = 'DEBIT' AND t.amount > 0) AS usual_debit,
    quantile_disc(t.new_balance, [0.05, 0.95]) AS balances
FROM feature_steps AS t
INNER JOIN feature_populations AS p ON t.action_key = p.action_key
GROUP BY t.subscriber
