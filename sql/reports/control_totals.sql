-- Figures that must be equal, reached in two ways: what the archive states, and what was made of it.
WITH
logged AS (
    SELECT
        currency,
        coalesce(sum(amount), 0) AS amount
    FROM transactions
    GROUP BY currency
),

kept AS (
    SELECT
        currency,
        coalesce(sum(amount), 0) AS amount
    FROM ledger
    GROUP BY currency
),

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
        sum(unexplained_continuity) AS unexplained_continuity,
        sum(unexplained_arithmetic) AS unexplained_arithmetic,
        sum(closing) AS closing,
        sum(opening) + sum(credits) - sum(debits) + sum(unexplained_continuity)
        + sum(unexplained_arithmetic) + sum(rounding) AS calculated
    FROM roll_forward
    GROUP BY currency
),

gaps AS (
    SELECT
        currency,
        sum(difference) AS difference
    FROM findings
    WHERE rule IN ('continuity', 'lost_update')
    GROUP BY currency
),

errors AS (
    SELECT
        f.currency,
        sum(f.difference) AS difference
    FROM findings AS f
    INNER JOIN ledger AS l ON f.source_id = l.source_id AND f.line = l.line
    WHERE f.rule = 'arithmetic' AND l.applied
    GROUP BY f.currency
),

pairs AS (
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
        logged.currency,
        logged.amount AS stated,
        coalesce(kept.amount, 0) AS calculated
    FROM logged
    LEFT JOIN kept ON logged.currency IS NOT DISTINCT FROM kept.currency
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
        applied.currency,
        applied.movement AS stated,
        coalesce(totals.movement, 0) AS calculated
    FROM applied
    LEFT JOIN totals ON applied.currency IS NOT DISTINCT FROM totals.currency
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
        totals.currency,
        coalesce(gaps.difference, 0) AS stated,
        totals.unexplained_continuity AS calculated
    FROM totals
    LEFT JOIN gaps ON totals.currency IS NOT DISTINCT FROM gaps.currency
    UNION ALL
    SELECT
        7 AS place,
        'arithmetic_explained' AS name,
        totals.currency,
        coalesce(errors.difference, 0) AS stated,
        totals.unexplained_arithmetic AS calculated
    FROM totals
    LEFT JOIN errors ON totals.currency IS NOT DISTINCT FROM errors.currency
)

SELECT
    name,
    currency,
    stated,
    calculated
FROM pairs
ORDER BY place, currency NULLS FIRST
