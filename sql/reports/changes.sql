-- Findings that are not as they were, what is new first; then worst severity and largest difference first.
SELECT
    x.change,
    x.severity,
    x.rule,
    x.user_id,
    x.logged_at,
    x.currency,
    coalesce(c.minor_unit, 2) AS minor_unit,
    x.wallet,
    x.difference_before,
    x.difference,
    x.explanation,
    x.transaction_id,
    x.finding_id,
    x.source_id,
    x.line
FROM changes AS x
LEFT JOIN currencies AS c ON coalesce(x.currency, '') = c.currency
WHERE x.change <> 'persisting'
ORDER BY
    list_position(
        ['new', 'reopened', 'changed', 'persisting', 'set_aside', 'resolved', 'not_judged'], x.change
    ) ASC,
    CASE x.severity WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END ASC,
    x.rule ASC,
    x.currency ASC NULLS LAST,
    abs(coalesce(x.difference, x.difference_before)) DESC NULLS LAST,
    x.logged_at ASC,
    x.finding_id ASC
