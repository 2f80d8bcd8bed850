-- What a sign-off covers of the inputs, a line each: path, bytes and content.
SELECT concat_ws(chr(9), path, size_bytes, content_hash) AS line
FROM sources
ORDER BY path || source_id, line
