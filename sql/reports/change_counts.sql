-- Findings by what became of them, rule and currency. Those of the detector have no amounts, and of
-- conditions, which are found again every night, none is summed: it would count one balance as often.
WITH
conditions AS (
    SELECT DISTINCT rule
    FROM episodes
    WHERE status <> 'event'
)

SELECT
    x.change,
    x.rule,
    max(x.severity) AS severity,
    x.currency,
    coalesce(max(c.minor_unit), 2) AS minor_unit,
    count(*) AS findings,
    count(DISTINCT x.user_id) AS subscribers,
    sum(abs(coalesce(x.difference, x.difference_before))) FILTER (WHERE o.rule IS NULL) AS amount
FROM changes AS x
LEFT JOIN conditions AS o ON x.rule = o.rule
LEFT JOIN currencies AS c ON coalesce(x.currency, '') = c.currency
GROUP BY x.change, x.rule, x.currency
ORDER BY
    list_position(
        ['new', 'reopened', 'changed', 'persisting', 'set_aside', 'resolved', 'not_judged'], x.change
    ) ASC,
    CASE max(x.severity) WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END ASC,
    x.rule ASC,
    x.currency ASC NULLS LAST
