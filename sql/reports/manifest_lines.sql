-- What a sign-off covers, line by line: the run, its inputs with their contents, and all findings.
WITH
lines AS (
    SELECT
        1 AS part,
        path || source_id AS place,
        concat_ws(chr(9), path, size_bytes, content_hash) AS line
    FROM sources
    UNION ALL
    SELECT
        2 AS part,
        finding_id AS place,
        finding_id AS line
    FROM findings
    UNION ALL
    SELECT
        0 AS part,
        '' AS place,
        $run_id AS line
)

SELECT line
FROM lines
ORDER BY part, place, line
