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
),

-- Read once, and before the sort, which would else carry the whole metadata along.
named AS (
    SELECT
        * EXCLUDE (metadata),
        CASE
            WHEN
                json_valid(metadata)
                THEN json_extract_string(metadata, ['$.deliveryId', '$.planType', '$._notWhole'])
        END AS told
    FROM ledger
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
    coalesce(l.told[1], CASE WHEN l.told[3] IS NOT NULL THEN '(cut off in the log)' END) AS delivery_id,
    coalesce(l.told[2], CASE WHEN l.told[3] IS NOT NULL THEN '(cut off in the log)' END) AS plan_type,
    l.transaction_id,
    l.request_id,
    l.source_id,
    l.line
FROM named AS l
LEFT JOIN
    broken AS b
    ON l.transaction_id = b.transaction_id AND l.source_id = b.source_id AND l.line = b.line
ORDER BY l.logged_at, l.source_id, l.line, l.transaction_id
