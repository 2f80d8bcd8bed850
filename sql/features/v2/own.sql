-- What is usual for each subscriber.
SELECT
    subscriber,
    count(*) AS history,
    quantile_disc(amount, 0.5) FILTER (WHERE direction = 'DEBIT' AND amount > 0) AS usual_debit,
    quantile_disc(new_balance, [0.05, 0.95]) AS balances
FROM feature_steps
GROUP BY subscriber
