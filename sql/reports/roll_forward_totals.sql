-- The roll-forward of all subscribers together, by currency.
SELECT
    r.currency,
    r.minor_unit,
    count(*) AS subscribers,
    sum(r.transactions)::BIGINT AS transactions,
    sum(r.opening) AS opening,
    sum(r.credits) AS credits,
    sum(r.debits) AS debits,
    sum(r.unexplained_continuity) AS unexplained_continuity,
    sum(r.unexplained_arithmetic) AS unexplained_arithmetic,
    sum(r.rounding) AS rounding,
    sum(r.closing) AS closing,
    coalesce(sum(r.closing) FILTER (WHERE r.closing < 0), 0) AS overdrawn,
    count(*) FILTER (WHERE r.closing < 0) AS overdrawn_subscribers,
    count(*) FILTER (WHERE r.closing > 0) AS owed_subscribers
FROM roll_forward AS r
GROUP BY ALL
ORDER BY r.currency NULLS LAST
