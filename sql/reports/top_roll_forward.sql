-- Of each currency the $cap subscribers with the most that no transaction explains.
SELECT
    r.user_id,
    r.currency,
    r.minor_unit,
    r.opening,
    r.credits,
    r.debits,
    r.unexplained_continuity + r.unexplained_arithmetic AS unexplained,
    r.rounding,
    r.closing,
    r.transactions
FROM roll_forward AS r
WHERE r.unexplained_continuity <> 0 OR r.unexplained_arithmetic <> 0
QUALIFY
    row_number() OVER (
        PARTITION BY r.currency
        ORDER BY abs(unexplained) DESC, abs(r.closing) DESC, r.user_id ASC
    ) <= $cap
ORDER BY r.currency ASC NULLS LAST, abs(unexplained) DESC, abs(r.closing) DESC, r.user_id ASC NULLS LAST
