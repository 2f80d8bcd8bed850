-- Events that should have been records and could not be read, as stored.
SELECT
    r.source_id,
    s.path,
    r.line,
    r.reason,
    r.text
FROM rejects AS r
LEFT JOIN sources AS s ON r.source_id = s.source_id
ORDER BY s.path NULLS LAST, r.source_id, r.line, r.reason, r.text
