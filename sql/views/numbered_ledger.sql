/*---
id = "numbered_ledger"
version = 1
title = "The ledger, numbered"
created = 2026-11-26
reads = ["linked"]
description = """
What the ledger shows, and the numbers of chain, by which it is faster to join and to sort: event_number,
subscriber_number, place_number and payment_place_number are its event, subscriber, place and payment_place.
They mean nothing outside of a run, for they depend on what else is in the archive.
"""
---*/
SELECT
    t.transaction_id,
    t.user_id,
    t.logged_at,
    t.request_id,
    t.message_id,
    t.type,
    t.source_kind,
    t.action,
    t.currency,
    t.amount,
    t.vat,
    t.old_balance,
    t.new_balance,
    t.payment_balance,
    t.update_payment_balance,
    t.metadata,
    t.outcome,
    t.source_id,
    t.line,
    t.minor_unit::INTEGER AS minor_unit,
    t.tolerance::DECIMAL(38, 18) AS tolerance,
    coalesce(t.amount, 0) - coalesce(t.vat, 0) AS net_amount,
    CASE
        WHEN t.type IN ('CREDIT', 'DEBIT') THEN t.type
        WHEN
            abs(t.old_balance + net_amount - t.new_balance) <= t.tolerance
            AND abs(t.old_balance + net_amount - t.new_balance)
            <= abs(t.old_balance - net_amount - t.new_balance)
            THEN 'CREDIT'
        WHEN abs(t.old_balance - net_amount - t.new_balance) <= t.tolerance THEN 'DEBIT'
        WHEN t.new_balance > t.old_balance THEN 'CREDIT'
        WHEN t.new_balance <= t.old_balance THEN 'DEBIT'
    END AS direction,
    t.old_balance + CASE direction WHEN 'CREDIT' THEN net_amount WHEN 'DEBIT' THEN -net_amount END
        AS expected_balance,
    t.new_balance - expected_balance AS balance_error,
    t.applied,
    t.repeats_earlier,
    t.link_number::BIGINT AS link_number,
    t.previous_transaction_id,
    t.previous_old_balance,
    t.previous_new_balance,
    t.previous_logged_at,
    t.old_balance - t.previous_new_balance AS gap,
    t.event AS event_number,
    t.subscriber AS subscriber_number,
    t.place AS place_number,
    t.payment_place AS payment_place_number
FROM linked AS t
