-- What a sign-off covers of the findings, a line each.
SELECT finding_id AS line
FROM findings
ORDER BY line
