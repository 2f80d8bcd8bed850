-- Figures that must be equal, reached on two ways: what the archive states, and what was made of it.
WITH
applied AS (
    SELECT
        currency,
        count(*) AS transactions,
        sum(CASE direction WHEN 'CREDIT' THEN net_amount ELSE -net_amount END) AS movement
    FROM ledger
    WHERE applied
    GROUP BY currency
),

totals AS (
    SELECT
        currency,
        sum(transactions) AS transactions,
        sum(credits) - sum(debits) AS movement,
        sum(closing) AS closing,
        sum(opening) + sum(credits) - sum(debits) + sum(unexplained_continuity)
        + sum(unexplained_arithmetic) + sum(rounding) AS calculated
    FROM roll_forward
    GROUP BY currency
)

SELECT
    1 AS place,
    'transactions_in_ledger' AS name,
    NULL AS currency,
    (SELECT count(*) FROM transactions)::DECIMAL(38, 18) AS stated,
    (SELECT count(*) FROM ledger)::DECIMAL(38, 18) AS calculated
UNION ALL
SELECT
    2 AS place,
    'amounts_in_ledger' AS name,
    t.currency,
    t.amount AS stated,
    coalesce(l.amount, 0) AS calculated
FROM (SELECT currency, coalesce(sum(amount), 0) AS amount FROM transactions GROUP BY currency) AS t
LEFT JOIN
    (SELECT currency, coalesce(sum(amount), 0) AS amount FROM ledger GROUP BY currency) AS l
    ON t.currency IS NOT DISTINCT FROM l.currency
UNION ALL
SELECT
    3 AS place,
    'transactions_in_roll_forward' AS name,
    NULL AS currency,
    coalesce((SELECT sum(transactions) FROM applied), 0)::DECIMAL(38, 18) AS stated,
    coalesce((SELECT sum(transactions) FROM totals), 0)::DECIMAL(38, 18) AS calculated
UNION ALL
SELECT
    4 AS place,
    'movements_in_roll_forward' AS name,
    a.currency,
    a.movement AS stated,
    coalesce(t.movement, 0) AS calculated
FROM applied AS a
LEFT JOIN totals AS t ON a.currency IS NOT DISTINCT FROM t.currency
UNION ALL
SELECT
    5 AS place,
    'roll_forward_closes' AS name,
    currency,
    closing AS stated,
    calculated
FROM totals
UNION ALL
SELECT
    6 AS place,
    'continuity_explained' AS name,
    r.currency,
    coalesce(f.difference, 0) AS stated,
    r.unexplained AS calculated
FROM (SELECT currency, sum(unexplained_continuity) AS unexplained FROM roll_forward GROUP BY currency) AS r
LEFT JOIN
    (
        SELECT currency, sum(difference) AS difference
        FROM findings
        WHERE rule IN ('continuity', 'lost_update')
        GROUP BY currency
    ) AS f
    ON r.currency IS NOT DISTINCT FROM f.currency
UNION ALL
SELECT
    7 AS place,
    'arithmetic_explained' AS name,
    r.currency,
    coalesce(f.difference, 0) AS stated,
    r.unexplained AS calculated
FROM (SELECT currency, sum(unexplained_arithmetic) AS unexplained FROM roll_forward GROUP BY currency) AS r
LEFT JOIN
    (
        SELECT n.currency, sum(n.difference) AS difference
        FROM findings AS n
        INNER JOIN ledger AS l USING (source_id, line)
        WHERE n.rule = 'arithmetic' AND l.applied
        GROUP BY n.currency
    ) AS f
    ON r.currency IS NOT DISTINCT FROM f.currency
ORDER BY place, currency NULLS FIRST
