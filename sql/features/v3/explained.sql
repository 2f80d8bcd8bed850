-- Transactions that an error or critical finding names.
SELECT
    l.event_number AS ledger_row,
    l.subscriber_number AS subscriber
FROM numbered_ledger AS l
SEMI JOIN findings AS f
    ON l.transaction_id = f.transaction_id AND f.severity IN ('error', 'critical')
