-- Levels that have moved for good, strongest first; minor_unit for the decimals of both levels.
SELECT
    p.measure,
    p.user_id,
    p.currency,
    p.first_day,
    p.last_day,
    p.usual,
    p.seen,
    CASE p.measure WHEN 'volume' THEN 0 ELSE coalesce(c.minor_unit, 2) END AS minor_unit,
    p.strength,
    p.explanation,
    p.transaction_id,
    p.source_id,
    p.line
FROM change_points AS p
LEFT JOIN currencies AS c ON coalesce(p.currency, '') = c.currency
ORDER BY
    p.strength DESC, p.first_day ASC, p.measure ASC, p.user_id ASC NULLS FIRST, p.currency ASC NULLS FIRST
