-- Of the findings $ids, the subscriber's transactions from $before before it to $after after it, in the
-- chain's order; step is 0 at the finding, or where it is about no transaction, at the last one before it.
WITH
ids AS (SELECT unnest($ids::VARCHAR[]) AS finding_id),

asked AS (
    SELECT
        f.finding_id,
        f.user_id,
        f.currency,
        f.logged_at,
        f.source_id,
        f.line
    FROM findings AS f
    SEMI JOIN ids ON f.finding_id = ids.finding_id
),

placed AS MATERIALIZED (
    SELECT
        l.user_id,
        l.logged_at,
        l.type,
        l.action,
        l.currency,
        l.minor_unit,
        l.amount,
        l.vat,
        l.old_balance,
        l.new_balance,
        l.payment_balance,
        l.outcome,
        l.applied,
        l.gap,
        l.transaction_id,
        l.source_id,
        l.line,
        row_number() OVER (
            PARTITION BY l.user_id
            ORDER BY l.logged_at, l.transaction_id, l.source_id, l.line
        ) AS user_place,
        row_number() OVER (
            PARTITION BY l.user_id, l.currency
            ORDER BY l.logged_at, l.transaction_id, l.source_id, l.line
        ) AS currency_place
    FROM ledger AS l
    SEMI JOIN asked AS a ON l.user_id = a.user_id
),

candidates AS (
    SELECT
        a.finding_id,
        p.user_id,
        p.user_place,
        CASE WHEN a.currency IS NULL THEN p.user_place ELSE p.currency_place END AS place,
        p.source_id = a.source_id AND p.line = a.line AS is_own,
        p.logged_at <= a.logged_at AS is_earlier
    FROM asked AS a
    INNER JOIN placed AS p ON a.user_id = p.user_id AND (a.currency IS NULL OR a.currency = p.currency)
),

centres AS (
    SELECT
        finding_id,
        coalesce(max(place) FILTER (WHERE is_own), max(place) FILTER (WHERE is_earlier), min(place) - 1)
            AS centre
    FROM candidates
    GROUP BY finding_id
),

stepped AS (
    SELECT
        c.finding_id,
        c.user_id,
        c.user_place,
        c.is_own,
        c.place - m.centre AS step
    FROM candidates AS c
    INNER JOIN centres AS m ON c.finding_id = m.finding_id
),

shown AS (
    SELECT *
    FROM stepped
    WHERE step BETWEEN -$before AND $after
)

SELECT
    s.finding_id,
    s.step,
    s.is_own,
    p.logged_at,
    p.type,
    p.action,
    p.currency,
    p.minor_unit,
    p.amount,
    p.vat,
    p.old_balance,
    p.new_balance,
    p.payment_balance,
    p.outcome,
    p.applied,
    p.gap,
    p.transaction_id,
    p.source_id,
    p.line
FROM shown AS s
INNER JOIN placed AS p ON s.user_id = p.user_id AND s.user_place = p.user_place
ORDER BY s.finding_id ASC, s.step ASC
