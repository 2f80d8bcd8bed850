/*---
id = "ledger"
version = 2
title = "The ledger"
created = 2026-11-23
reads = ["numbered_ledger"]
description = """
One row per transaction event: what was logged, and what follows from it.

- net_amount: amount - vat; what is not stated counts as 0.
- direction: the logged type. Without one: the direction whose expected balance fits within the
  tolerance (the closer one if both do); if none fits, CREDIT where the balance rose and DEBIT
  otherwise. The logged type itself is never touched.
- expected_balance: old balance plus the net amount of a CREDIT, or minus that of a DEBIT;
  balance_error = new_balance - expected_balance.
- applied: the event is a link of the subscriber's chain in its currency. Events that were
  rejected or failed are none, nor are those without subscriber or balances, nor is a repeat of a
  transaction id that states the same two balances as an earlier event of it (`repeats_earlier`).
  A repeat that states other balances was applied again and is a link.
- link_number and previous_*: of a link, its place in the chain and the link before it;
  gap = old_balance - previous_new_balance.


The chain's order is logged time, transaction id, source, line.
"""
---*/
-- noqa: disable=AM04
SELECT * EXCLUDE (event_number, subscriber_number, place_number, payment_place_number)
FROM numbered_ledger
