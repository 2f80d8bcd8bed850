/*---
id = "linked_in_place"
version = 1
title = "Transactions with their chains, read in place"
created = 2026-11-26
reads = ["transactions", "chain"]
description = """
The same as linked, for a table chain whose rows stand in the order of those of transactions: both are
read side by side and nothing of them is held. A positional join is read by one thread, so there are four.
The last branch has no rows. It is there for DuckDB to reckon with: a positional join has no estimate, and
as a table without rows it would be what is held in memory wherever it is joined with another. Its columns
are nothing of which it is known beforehand what a filter lets through, and a semi join is reckoned to give
a fifth of its rows.
"""

[params.part_rows]
type = "BIGINT"
default = "122880"
help = "rows of each of the four parts, whole row groups; the last one has what is left"
---*/
-- noqa: disable=AM04
WITH
first_transactions AS (
    SELECT *
    FROM transactions
    WHERE rowid < $part_rows
),

first_chains AS (
    SELECT *
    FROM chain
    WHERE rowid < $part_rows
),

second_transactions AS (
    SELECT *
    FROM transactions
    WHERE rowid >= 1 * $part_rows AND rowid < 2 * $part_rows
),

second_chains AS (
    SELECT *
    FROM chain
    WHERE rowid >= 1 * $part_rows AND rowid < 2 * $part_rows
),

third_transactions AS (
    SELECT *
    FROM transactions
    WHERE rowid >= 2 * $part_rows AND rowid < 3 * $part_rows
),

third_chains AS (
    SELECT *
    FROM chain
    WHERE rowid >= 2 * $part_rows AND rowid < 3 * $part_rows
),

fourth_transactions AS (
    SELECT *
    FROM transactions
    WHERE rowid >= 3 * $part_rows
),

fourth_chains AS (
    SELECT *
    FROM chain
    WHERE rowid >= 3 * $part_rows
),

nothing AS (
    SELECT event
    FROM chain
    WHERE event < 0
),

fifths AS (
    SELECT unnest([1, 2, 3, 4, 5]) AS fifth
)

SELECT
    t.*,
    c.*
FROM first_transactions AS t
POSITIONAL JOIN first_chains AS c
UNION ALL
SELECT
    t.*,
    c.*
FROM second_transactions AS t
POSITIONAL JOIN second_chains AS c
UNION ALL
SELECT
    t.*,
    c.*
FROM third_transactions AS t
POSITIONAL JOIN third_chains AS c
UNION ALL
SELECT
    t.*,
    c.*
FROM fourth_transactions AS t
POSITIONAL JOIN fourth_chains AS c
UNION ALL
SELECT
    t.*,
    t.rowid AS event,
    t.line::INTEGER AS subscriber,
    t.line::TINYINT AS minor_unit,
    t.line::DECIMAL(9, 6) AS tolerance,
    t.line::INTEGER AS place,
    t.line::INTEGER AS payment_place,
    t.line % 2 = 0 AS applied,
    t.line % 2 = 0 AS repeats_earlier,
    t.line::INTEGER AS link_number,
    t.transaction_id AS previous_transaction_id,
    t.old_balance AS previous_old_balance,
    t.new_balance AS previous_new_balance,
    t.logged_at AS previous_logged_at
FROM transactions AS t
SEMI JOIN nothing AS n ON t.rowid = n.event
CROSS JOIN fifths
