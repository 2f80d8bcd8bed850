-- Nights that are out of line with those like them, strongest first; minor_unit for the decimals of `usual`.
SELECT
    measure,
    currency,
    first_day,
    last_day,
    nights,
    direction,
    seen,
    usual::DECIMAL(38, 18) AS usual,
    0 AS minor_unit,
    strength,
    explanation
FROM unusual_nights
ORDER BY strength DESC, first_day ASC, measure ASC, currency ASC NULLS FIRST, direction ASC
