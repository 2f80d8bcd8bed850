-- The ledger in logged order, with the rules each transaction broke.
WITH
broken AS (
    SELECT
        transaction_id,
        source_id,
        line,
        string_agg(DISTINCT rule, ', ' ORDER BY rule) AS rules
    FROM findings
    WHERE transaction_id IS NOT NULL
    GROUP BY ALL
)

SELECT
    l.logged_at,
    l.user_id,
    l.type,
    l.action,
    l.currency,
    l.minor_unit,
    l.amount,
    l.vat,
    l.net_amount,
    l.old_balance,
    l.new_balance,
    l.expected_balance,
    l.balance_error,
    l.payment_balance,
    l.outcome,
    l.applied,
    b.rules,
    CASE
        WHEN NOT json_valid(l.metadata) THEN NULL
        WHEN l.metadata ->> '$._notWhole' IS NULL THEN l.metadata ->> '$.deliveryId'
        ELSE coalesce(l.metadata ->> '$.deliveryId', '(cut off in the log)')
    END AS delivery_id,
    CASE
        WHEN NOT json_valid(l.metadata) THEN NULL
        WHEN l.metadata ->> '$._notWhole' IS NULL THEN l.metadata ->> '$.planType'
        ELSE coalesce(l.metadata ->> '$.planType', '(cut off in the log)')
    END AS plan_type,
    l.transaction_id,
    l.request_id,
    l.source_id,
    l.line
FROM ledger AS l
LEFT JOIN
    broken AS b
    ON l.transaction_id = b.transaction_id AND l.source_id = b.source_id AND l.line = b.line
ORDER BY l.logged_at, l.source_id, l.line, l.transaction_id
