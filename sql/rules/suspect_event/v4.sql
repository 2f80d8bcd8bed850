/*---
id = "suspect_event"
version = 4
title = "An event that cannot be what it says"
severity = "error"
status = "active"
nature = "event"
created = 2026-11-29
changed = """
A line whose request only another file of its log stream tells of is judged by that one, too: it was taken for
forged where a stream's events were dealt out to several files against their order.
"""
reads = ["suspects"]
description = """
A line of the log reads like a step of a sync (a transaction, a comparison of balances, a message, its
outcome) and cannot have been written by it: its own time is far from the time of the event, or the request
that it names was not running then, or its log stream had not begun. Or a line of the platform (START, END,
REPORT, a timeout, a crash) tells of a request within the invocation of another one, between two of the lines
of this one, or is older than its stream. Text that somebody sent and the service logged can imitate such a
line, and so does a line that was pasted from another log. It is counted as a suspect event and as nothing
else: it moves no balance, ends no message, and is in no other figure.
"""
known_gaps = [
    "A line with the right time and the id of the request that was running then is like a real one.",
    "Lines of the platform that name the request that was running then are believed, whatever their time.",
    "So are those that name another one between two invocations, or behind the last line of the first.",
    "Lines of the platform are held against those of their own file, not against other files of the stream.",
    "A request whose START or END is missing from it is not judged by them.",
    "Where a file holds several streams, what else was running is no evidence.",
]
false_positives = [
    "An asynchronous call was tried again under the same request id, and its second START is missing.",
    "START, END and REPORT of a request are all missing, and nothing else around them is.",
    "The environment runs several requests at once, and one ran while another one logged nothing.",
    "Times were moved to earlier days, and the names of the streams were not.",
    "The clock of the function was set by more than five seconds while it ran.",
]
triage = """
`balance-sync explain FINDING` prints the line. The event before it in the file is the one whose text it may
be: if a text that a customer can write holds it, tell whoever looks after security. If the line is real, say
so with feedback; its transaction is not in the ledger and leaves a gap in the subscriber's balance.
"""
---*/
WITH
told AS (
    SELECT
        s.source_id,
        s.line,
        s.logged_at,
        s.request_id,
        s.kind,
        CASE s.kind
            WHEN 'transaction' THEN 'a transaction'
            WHEN 'sync_error' THEN 'a comparison of balances'
            WHEN 'processing' THEN 'the start of a message'
            WHEN 'application_error' THEN 'an error'
            WHEN 'start' THEN 'the start of a request'
            WHEN 'end' THEN 'the end of a request'
            WHEN 'report' THEN 'the report of a request'
            WHEN 'timeout' THEN 'a timeout'
            WHEN 'crash' THEN 'a crash'
            ELSE 'the outcome of a message'
        END AS imitated,
        'the stream says nothing of its own' AS unknown,
        CASE
            WHEN s.kind IN ('start', 'end', 'report', 'timeout', 'crash') THEN 'printed it'
            ELSE 'the stream says nothing of its own'
        END AS other,
        CASE
            WHEN s.said_at IS NULL THEN 'the time that it states itself is none'
            ELSE
                'it says that it was written at ' || utc_words(s.said_at) || ' UTC, and was logged at '
                || utc_words(s.logged_at) || ' UTC'
        END AS times,
        'its request ran from ' || utc_words(s.began_at) || ' to ' || utc_words(s.ended_at)
        || ' UTC, and not when it was logged' AS own,
        s.reason
    FROM suspects AS s
)

SELECT
    coalesce(t.request_id, '') || '/' || t.kind AS subject,
    NULL AS user_id,
    NULL AS transaction_id,
    t.request_id,
    t.logged_at,
    NULL AS currency,
    NULL AS wallet,
    NULL AS expected,
    NULL AS actual,
    NULL AS difference,
    'A line that reads like ' || t.imitated || ' is not counted as one: ' || CASE t.reason
        WHEN 'other_time' THEN t.times
        WHEN 'outside_invocation' THEN t.own
        WHEN 'before_stream' THEN 'its log stream began on a later day'
        WHEN 'inside_another' THEN 'another request ran in this stream when it was logged, and ' || t.other
        WHEN 'between_invocations' THEN 'no request ran in this stream when it was logged, and ' || t.unknown
        ELSE t.reason
    END || '.' AS explanation,
    t.source_id,
    t.line
FROM told AS t
