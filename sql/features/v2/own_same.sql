-- What is usual for each subscriber and action.
SELECT
    subscriber,
    action_key,
    count(*) AS same_action,
    -- A short history's quantile would be the very transaction that is judged: leave out the extreme one.
    CASE WHEN count(*) < 20 THEN min(amount, 2)[-1] ELSE quantile_disc(amount, 0.1) END AS usual_low,
    CASE WHEN count(*) < 20 THEN max(amount, 2)[-1] ELSE quantile_disc(amount, 0.9) END AS usual_high
FROM feature_steps
GROUP BY subscriber, action_key
