-- An amount as a person reads it: at least the decimals of its currency, and never fewer than it has.
CREATE OR REPLACE MACRO money_text(amount, minor_unit) AS
    split_part(amount::DECIMAL(38, 18)::VARCHAR, '.', 1)
    || CASE
        WHEN greatest(length(rtrim(split_part(amount::DECIMAL(38, 18)::VARCHAR, '.', 2), '0')), minor_unit) = 0
            THEN ''
        ELSE '.' || rpad(
            rtrim(split_part(amount::DECIMAL(38, 18)::VARCHAR, '.', 2), '0'),
            greatest(length(rtrim(split_part(amount::DECIMAL(38, 18)::VARCHAR, '.', 2), '0')), minor_unit)::INTEGER,
            '0'
        )
    END;

-- The same with the currency behind it, for sentences.
CREATE OR REPLACE MACRO money_words(amount, currency, minor_unit) AS
    coalesce(money_text(amount, minor_unit), 'an unstated amount') || coalesce(' ' || currency, '');
