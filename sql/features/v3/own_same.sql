-- What is usual for each subscriber and action.
WITH
ranges AS (
    SELECT
        subscriber,
        action_key,
        count(*) AS same_action,
        min(amount, 2) AS lowest,
        max(amount, 2) AS highest,
        -- Both in one, as each holds all amounts.
        quantile_disc(amount, [0.1, 0.9]) AS tenths
    FROM feature_steps
    GROUP BY subscriber, action_key
)

SELECT
    subscriber,
    action_key,
    same_action,
    -- A short history's quantile would be the very transaction that is judged: leave out the extreme one.
    CASE WHEN same_action < 20 THEN lowest[-1] ELSE tenths[1] END AS usual_low,
    CASE WHEN same_action < 20 THEN highest[-1] ELSE tenths[2] END AS usual_high
FROM ranges
