-- Findings per week of the business calendar (weeks start on Monday) and severity.
SELECT
    date_trunc('week', logged_at AT TIME ZONE $timezone)::DATE AS week,
    severity,
    count(*) AS findings
FROM findings
WHERE logged_at IS NOT NULL
GROUP BY ALL
ORDER BY week, severity
