-- Sources by how reading them went.
SELECT
    status,
    count(*) AS sources,
    coalesce(sum(size_bytes), 0)::BIGINT AS size_bytes,
    coalesce(sum(text_bytes), 0)::BIGINT AS text_bytes,
    coalesce(sum(events), 0)::BIGINT AS events
FROM sources
GROUP BY ALL
ORDER BY sources DESC, status ASC
