/*---
id = "sub_minor_unit"
version = 1
title = "Amount finer than its currency"
severity = "info"
status = "active"
nature = "event"
created = 2026-11-23
changed = "First version."
reads = ["ledger"]
description = """
An amount has more decimals than its currency, such as a fraction of a fils. Such amounts cannot be
paid; they come from percentages or from binary arithmetic and add up over time. Expected is the
nearest amount that can be paid (half away from zero).
"""
known_gaps = [
    "Balances and VAT are not looked at: they carry the same fractions onwards.",
]
false_positives = [
    "A price per day that is a third of a price per meal is meant to be a fraction.",
]
triage = """
Nothing to do for one transaction. Many of one kind point to a price that is computed and not rounded.
"""
---*/
WITH
measured AS (
    SELECT
        l.transaction_id,
        l.user_id,
        l.request_id,
        l.logged_at,
        l.currency,
        l.minor_unit,
        l.amount,
        l.source_id,
        l.line,
        l.amount % (2 * l.tolerance) AS excess,
        2 * l.tolerance * sign(l.amount) AS one_minor_unit
    FROM ledger AS l
)

SELECT
    coalesce(m.transaction_id, m.request_id, '') AS subject,
    m.user_id,
    m.transaction_id,
    m.request_id,
    m.logged_at,
    m.currency,
    NULL AS wallet,
    m.amount - m.excess
    + CASE WHEN 2 * abs(m.excess) >= abs(m.one_minor_unit) THEN m.one_minor_unit ELSE 0 END AS expected,
    m.amount AS actual,
    m.excess - CASE WHEN 2 * abs(m.excess) >= abs(m.one_minor_unit) THEN m.one_minor_unit ELSE 0 END
        AS difference,
    'The amount ' || money_words(m.amount, m.currency, m.minor_unit) || ' has more decimals than '
    || coalesce(m.currency || ', which has ', 'an unstated currency, which is taken to have ')
    || m.minor_unit::VARCHAR || '.' AS explanation,
    m.source_id,
    m.line
FROM measured AS m
WHERE m.excess != 0
