-- The roll-forward of each subscriber and currency; what cannot be explained first, largest first.
SELECT
    r.user_id,
    r.currency,
    r.minor_unit,
    r.opening,
    r.credits,
    r.debits,
    r.unexplained_continuity,
    r.unexplained_arithmetic,
    r.rounding,
    r.closing,
    r.opening + r.credits - r.debits + r.unexplained_continuity + r.unexplained_arithmetic + r.rounding
    - r.closing AS check_difference,
    r.transactions,
    r.first_at,
    r.last_at
FROM roll_forward AS r
ORDER BY
    r.currency ASC NULLS LAST,
    abs(r.unexplained_continuity) + abs(r.unexplained_arithmetic) DESC,
    r.user_id ASC NULLS LAST
