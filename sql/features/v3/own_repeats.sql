-- How many repeats each subscriber has of an action.
SELECT
    subscriber,
    action_key,
    count(*) AS own_repeats
FROM feature_repeats
GROUP BY subscriber, action_key
