-- Transactions with how much is near each one, and with what rules have found.
SELECT
    t.ledger_row,
    t.subscriber,
    t.action_key,
    t.source_key,
    t.amount,
    t.new_balance,
    t.gap,
    t.at_us,
    t.hour,
    t.pause_seconds,
    t.gap_before,
    coalesce(n.near_count, 1) AS near_count,
    coalesce(d.day_count, 1) AS day_count,
    coalesce(d.day_sum::DOUBLE, t.amount) AS day_sum,
    e.ledger_row IS NOT NULL AS explained,
    g.ledger_row IS NOT NULL AS gap_reported
FROM feature_steps AS t
LEFT JOIN feature_near AS n ON t.ledger_row = n.ledger_row
LEFT JOIN feature_half_days AS d ON t.ledger_row = d.ledger_row
LEFT JOIN feature_explained AS e
    ON t.ledger_row = e.ledger_row AND e.subscriber BETWEEN $first_subscriber AND $last_subscriber
LEFT JOIN feature_reported_gaps AS g
    ON t.ledger_row = g.ledger_row AND g.subscriber BETWEEN $first_subscriber AND $last_subscriber
