-- Transactions whose wallets a rule has found to differ.
SELECT
    l.event_number AS ledger_row,
    l.subscriber_number AS subscriber
FROM numbered_ledger AS l
SEMI JOIN findings AS f
    ON l.user_id = f.user_id AND l.request_id = f.request_id AND f.rule = 'discrepancy'
