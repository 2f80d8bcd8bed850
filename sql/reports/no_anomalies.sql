-- Empty tables of the session, with the columns that the detector gives them.
CREATE TEMP TABLE anomalies (
    transaction_id VARCHAR,
    user_id VARCHAR,
    source_id VARCHAR,
    line BIGINT,
    score DECIMAL(9, 6),
    percentile DECIMAL(9, 4),
    rank INTEGER,
    reasons VARCHAR,
    worth DECIMAL(9, 6)
);

CREATE TEMP TABLE anomaly_reasons (
    rank INTEGER,
    place INTEGER,
    reason VARCHAR,
    weight DECIMAL(9, 4),
    explanation VARCHAR
);

CREATE TEMP TABLE anomaly_drift (
    feature VARCHAR,
    psi DECIMAL(9, 4),
    verdict VARCHAR
);

CREATE TEMP TABLE anomaly_totals (
    examined BIGINT,
    explained BIGINT,
    flagged BIGINT,
    set_aside BIGINT,
    most_per_subscriber BIGINT,
    learned_from BIGINT
);
