/*---
id = "linked"
version = 1
title = "Transactions with their chains"
created = 2026-11-26
reads = ["transactions", "chain"]
description = """
One row per row of transactions, with the columns of both: what the ledger is made of.
"""
---*/
-- noqa: disable=AM04
SELECT
    t.*,
    chain.*
FROM transactions AS t
INNER JOIN chain ON t.rowid = chain.event
