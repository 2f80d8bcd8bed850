/*---
id = "completeness"
version = 2
title = "What is missing from the logs"
created = 2026-11-26
reads = ["sources", "invocations", "messages", "transactions", "sync_errors", "dropped_logs"]
description = """
What the archive shows of its own gaps, a row for each kind and place:

- unfinished_invocations: of a stream, how many began and show no end (no REPORT, timeout or crash).
- messages_without_outcome: of a stream, how many messages show none.
- records_without_request: of a stream, how many transactions and comparisons of balances name no request that
  can be read. They are in no message, so that their outcome is unknown.
- dropped_logs: of a stream, how many times Lambda says that it lost lines itself (platform.logsDropped).
- unread_sources: a file or member that could not be read to its end, with the reason.
- days_without_logs: of a log group, each run of business days on which nothing was logged, between its
  first and its last day.

cases is what the kind counts: invocations, messages, notices, files, days. place is the stream, the path of
the file, or the folder of the log group (. is where the paths begin). A log group is what the folders of
exports, streams and dates lie in, but where its name is in the records themselves.
A day has logs if an invocation, a message or a record was logged on it, or a file's first or last event.
"""

[params.timezone]
type = "VARCHAR"
default = "Asia/Bahrain"
help = "IANA name of the business time zone."
---*/
WITH
places AS (
    SELECT
        s.source_id,
        s.path,
        s.stream,
        s.status,
        s.reason,
        s.first_at,
        s.last_at,
        coalesce(s.log_group, ltrim(regexp_replace(
            CASE WHEN contains(s.path, '/') THEN s.path ELSE '/' || s.path END,
            '(^|/)(([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}-\[[^/]*'
            || '|[0-9]{4}/[0-9]{2}/[0-9]{2})(/.*)?|[^/]*)$',
            ''
        ), '/')) AS log_group
    FROM sources AS s
),

moments AS (
    SELECT
        i.source_id,
        i.started_at AS moment
    FROM invocations AS i
    UNION ALL
    SELECT
        m.source_id,
        m.started_at AS moment
    FROM messages AS m
    UNION ALL
    SELECT
        t.source_id,
        t.logged_at AS moment
    FROM transactions AS t
    UNION ALL
    SELECT
        e.source_id,
        e.logged_at AS moment
    FROM sync_errors AS e
    UNION ALL
    SELECT
        p.source_id,
        p.first_at AS moment
    FROM places AS p
    UNION ALL
    SELECT
        p.source_id,
        p.last_at AS moment
    FROM places AS p
),

records AS (
    SELECT
        t.source_id,
        t.line,
        t.logged_at,
        t.request_id
    FROM transactions AS t
    UNION ALL
    SELECT
        e.source_id,
        e.line,
        e.logged_at,
        e.request_id
    FROM sync_errors AS e
),

source_days AS (
    SELECT DISTINCT
        m.source_id,
        (m.moment AT TIME ZONE $timezone)::DATE AS day
    FROM moments AS m
    WHERE m.moment IS NOT NULL
),

days AS (
    SELECT DISTINCT
        p.log_group,
        d.day
    FROM source_days AS d
    INNER JOIN places AS p ON d.source_id = p.source_id
),

followed AS (
    SELECT
        d.log_group,
        d.day,
        lead(d.day) OVER (PARTITION BY d.log_group ORDER BY d.day) AS next_day
    FROM days AS d
)

SELECT
    'unfinished_invocations' AS kind,
    p.stream AS place,
    min(p.source_id) AS source_id,
    count(*) AS cases,
    min(i.started_at) AS first_at,
    max(i.started_at) AS last_at,
    'the first is request ' || arg_min(i.request_id, (i.started_at, i.source_id, i.line)) AS detail
FROM invocations AS i
INNER JOIN places AS p ON i.source_id = p.source_id
WHERE i.status = 'unfinished'
GROUP BY p.stream
UNION ALL
SELECT
    'messages_without_outcome' AS kind,
    p.stream AS place,
    min(p.source_id) AS source_id,
    count(*) AS cases,
    min(m.started_at) AS first_at,
    max(m.started_at) AS last_at,
    'the first is of request '
    || coalesce(arg_min(m.request_id, (m.started_at, m.source_id, m.line)), 'without id') AS detail
FROM messages AS m
INNER JOIN places AS p ON m.source_id = p.source_id
WHERE m.outcome = 'incomplete'
GROUP BY p.stream
UNION ALL
SELECT
    'records_without_request' AS kind,
    p.stream AS place,
    min(p.source_id) AS source_id,
    count(*) AS cases,
    min(r.logged_at) AS first_at,
    max(r.logged_at) AS last_at,
    'the first stands on line ' || arg_min(r.line, (r.logged_at, r.source_id, r.line))::VARCHAR AS detail
FROM records AS r
INNER JOIN places AS p ON r.source_id = p.source_id
WHERE r.request_id IS NULL
GROUP BY p.stream
UNION ALL
SELECT
    'dropped_logs' AS kind,
    p.stream AS place,
    min(p.source_id) AS source_id,
    count(*) AS cases,
    min(d.logged_at) AS first_at,
    max(d.logged_at) AS last_at,
    coalesce(sum(d.records), 0)::VARCHAR || ' lines of ' || coalesce(sum(d.bytes), 0)::VARCHAR
    || ' bytes lost'
    || coalesce(': ' || arg_min(d.reason, (d.logged_at, d.source_id, d.line)), '') AS detail
FROM dropped_logs AS d
INNER JOIN places AS p ON d.source_id = p.source_id
GROUP BY p.stream
UNION ALL
SELECT
    'unread_sources' AS kind,
    p.path AS place,
    p.source_id,
    1 AS cases,
    p.first_at,
    p.last_at,
    p.reason AS detail
FROM places AS p
WHERE p.status IN ('damaged', 'unreadable')
UNION ALL
SELECT
    'days_without_logs' AS kind,
    CASE f.log_group WHEN '' THEN '.' ELSE f.log_group END AS place,
    NULL AS source_id,
    f.next_day - f.day - 1 AS cases,
    (f.day + 1)::TIMESTAMP AT TIME ZONE $timezone AS first_at,
    f.next_day::TIMESTAMP AT TIME ZONE $timezone AS last_at,
    CASE f.next_day - f.day
        WHEN 2 THEN (f.day + 1)::VARCHAR
        ELSE (f.day + 1)::VARCHAR || ' to ' || (f.next_day - 1)::VARCHAR
    END AS detail
FROM followed AS f
WHERE f.next_day > f.day + 1
