-- Findings by what became of them, rule and currency; those of the detector have no amounts.
SELECT
    x.change,
    x.rule,
    max(x.severity) AS severity,
    x.currency,
    coalesce(max(c.minor_unit), 2) AS minor_unit,
    count(*) AS findings,
    count(DISTINCT x.user_id) AS subscribers,
    coalesce(sum(abs(coalesce(x.difference, x.difference_before))), 0) AS amount
FROM changes AS x
LEFT JOIN currencies AS c ON coalesce(x.currency, '') = c.currency
GROUP BY x.change, x.rule, x.currency
ORDER BY
    list_position(
        ['new', 'reopened', 'changed', 'persisting', 'set_aside', 'resolved', 'not_judged'], x.change
    ) ASC,
    CASE max(x.severity) WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END ASC,
    x.rule ASC,
    x.currency ASC NULLS LAST
