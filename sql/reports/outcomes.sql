-- Messages by what became of them.
SELECT
    coalesce(outcome, 'incomplete') AS outcome,
    count(*) AS messages
FROM messages
GROUP BY ALL
ORDER BY outcome
