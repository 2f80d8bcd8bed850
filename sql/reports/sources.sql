-- What was read; sources with something to say first.
SELECT
    status,
    reason,
    path,
    size_bytes,
    text_bytes,
    events,
    repeated_events,
    first_at,
    last_at,
    content_hash,
    source_id
FROM sources
ORDER BY reason IS NULL, path, source_id
