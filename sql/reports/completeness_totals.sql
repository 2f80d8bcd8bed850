-- How much is missing, by kind, in how many places.
SELECT
    c.kind,
    sum(c.cases)::BIGINT AS cases,
    count(*) AS places,
    min(c.first_at) AS first_at
FROM completeness AS c
GROUP BY c.kind
ORDER BY c.kind
