-- What is missing from the logs, by kind and place.
SELECT
    c.kind,
    c.cases,
    c.place,
    c.detail,
    c.first_at,
    c.last_at,
    c.source_id
FROM completeness AS c
ORDER BY c.kind, c.place, c.first_at NULLS FIRST, c.source_id NULLS FIRST, c.detail
