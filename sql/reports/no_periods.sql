-- Empty tables of the session, with the columns of those about nights and levels.
CREATE TEMP TABLE unusual_nights (
    measure VARCHAR,
    currency VARCHAR,
    first_day DATE,
    last_day DATE,
    nights BIGINT,
    direction VARCHAR,
    seen BIGINT,
    usual DECIMAL(18, 1),
    strength DECIMAL(9, 2),
    explanation VARCHAR
);

CREATE TEMP TABLE change_points (
    measure VARCHAR,
    user_id VARCHAR,
    currency VARCHAR,
    first_day DATE,
    last_day DATE,
    usual DECIMAL(38, 18),
    seen DECIMAL(38, 18),
    strength DECIMAL(9, 2),
    explanation VARCHAR,
    transaction_id VARCHAR,
    source_id VARCHAR,
    line BIGINT
);
