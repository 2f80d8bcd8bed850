-- One row: how much was read, and what came of it.
SELECT
    (SELECT count(*) FROM sources) AS sources,
    (SELECT coalesce(sum(size_bytes), 0)::BIGINT FROM sources) AS size_bytes,
    (SELECT coalesce(sum(text_bytes), 0)::BIGINT FROM sources) AS text_bytes,
    (SELECT coalesce(sum(events), 0)::BIGINT FROM sources) AS events,
    (SELECT coalesce(sum(repeated_events), 0)::BIGINT FROM sources) AS repeated_events,
    (SELECT count(*) FROM transactions) AS transactions,
    (SELECT count(*) FROM sync_errors) AS sync_errors,
    (SELECT count(*) FROM messages) AS messages,
    (SELECT count(*) FROM invocations) AS invocations,
    (SELECT count(DISTINCT user_id) FROM transactions) AS users,
    (SELECT count(*) FROM rejects) AS rejects,
    (SELECT count(*) FROM findings) AS findings,
    (SELECT min(first_at) FROM sources) AS first_at,
    (SELECT max(last_at) FROM sources) AS last_at
