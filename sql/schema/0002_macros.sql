-- noqa: disable=all
-- (The linter knows no macros.)

-- An amount as a person reads it: at least the decimals of its currency, and never fewer than it has.
-- The text of a DECIMAL(38, 18) ends in 18 decimals, of which all but minor_unit are cut if they are zeros.
CREATE OR REPLACE MACRO money_text(amount, minor_unit) AS
    CASE
        WHEN
            length(rtrim(amount::DECIMAL(38, 18)::VARCHAR, '0'))
            <= length(amount::DECIMAL(38, 18)::VARCHAR) - 18 + minor_unit
            THEN left(
                amount::DECIMAL(38, 18)::VARCHAR,
                length(amount::DECIMAL(38, 18)::VARCHAR) - 18 + minor_unit - (minor_unit = 0)::INTEGER
            )
        ELSE rtrim(amount::DECIMAL(38, 18)::VARCHAR, '0')
    END;

-- The same with the currency behind it, for sentences.
CREATE OR REPLACE MACRO money_words(amount, currency, minor_unit) AS
    coalesce(money_text(amount, minor_unit), 'an unstated amount') || coalesce(' ' || currency, '');

-- A time as a person reads it: UTC, whatever the session's zone is, to the millisecond.
CREATE OR REPLACE MACRO utc_words(moment) AS strftime(timezone('UTC', moment), '%Y-%m-%d %H:%M:%S.%g');
