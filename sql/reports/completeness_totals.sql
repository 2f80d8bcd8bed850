-- How much is missing, by kind, in how many places.
SELECT
    c.kind,
    sum(c.cases)::BIGINT AS cases,
    count(*) AS places
FROM completeness AS c
GROUP BY c.kind
ORDER BY c.kind
