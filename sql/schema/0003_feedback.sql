-- What people decided about the findings of this run, and what the decisions did to it.

-- The decision that stands for each finding that has one; set_aside: the finding is one of the detector's
-- that was not recorded because of it. until: the last business day on which the decision counts.
CREATE TABLE IF NOT EXISTS decisions (
    finding_id VARCHAR,
    entry_id BIGINT,
    decision VARCHAR,
    note VARCHAR,
    decided_by VARCHAR,
    decided_at TIMESTAMP WITH TIME ZONE,
    scope VARCHAR,
    until DATE,
    source VARCHAR,
    set_aside BOOLEAN
);

-- Unusual transactions that were not flagged because of a decision, and which entry holds it.
CREATE TABLE IF NOT EXISTS anomalies_set_aside (
    finding_id VARCHAR,
    transaction_id VARCHAR,
    user_id VARCHAR,
    currency VARCHAR,
    source_id VARCHAR,
    line BIGINT,
    score DECIMAL(9, 6),
    percentile DECIMAL(9, 4),
    reasons VARCHAR,
    entry_id BIGINT
);

-- One row. entries and head (the hash of the last one) say which decisions there were; expired and over_cap
-- how many of them did not count; ranking_ignored whether the ranking was asked for without them. listed is
-- how many transactions the list has without feedback, reviewed how many of them were decided on one by one,
-- and confirmed how many of those are errors.
CREATE TABLE IF NOT EXISTS feedback_totals (
    entries BIGINT,
    head VARCHAR,
    expired BIGINT,
    over_cap BIGINT,
    daily_cap BIGINT,
    ranking_ignored BOOLEAN,
    set_aside BIGINT,
    listed BIGINT,
    reviewed BIGINT,
    confirmed BIGINT
);
