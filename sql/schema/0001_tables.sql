-- noqa: disable=all
-- (The linter knows no compression of columns.)

-- The published tables, as balance_sync.schema has them. Money is DECIMAL(38, 18), times are UTC;
-- line is the 1-based line of an event's first line in the uncompressed text of its source.
-- What cannot be compressed is not tried on, and long texts are by zstd: left to itself DuckDB spends more
-- time on finding a way than on all else that it does to fill these tables.

CREATE TABLE IF NOT EXISTS sources (
    source_id VARCHAR,
    path VARCHAR,
    stream VARCHAR,
    log_group VARCHAR,
    size_bytes BIGINT,
    text_bytes BIGINT,
    event_bytes BIGINT,
    content_hash VARCHAR,
    events BIGINT,
    repeated_events BIGINT,
    first_at TIMESTAMP WITH TIME ZONE,
    last_at TIMESTAMP WITH TIME ZONE,
    status VARCHAR,
    reason VARCHAR
);

CREATE TABLE IF NOT EXISTS transactions (
    transaction_id VARCHAR USING COMPRESSION uncompressed,
    user_id VARCHAR,
    logged_at TIMESTAMP WITH TIME ZONE,
    request_id VARCHAR,
    message_id VARCHAR USING COMPRESSION uncompressed,
    type VARCHAR,
    source_kind VARCHAR,
    action VARCHAR,
    currency VARCHAR,
    amount DECIMAL(38, 18),
    vat DECIMAL(38, 18),
    old_balance DECIMAL(38, 18),
    new_balance DECIMAL(38, 18),
    payment_balance DECIMAL(38, 18),
    update_payment_balance BOOLEAN,
    metadata VARCHAR USING COMPRESSION zstd,
    outcome VARCHAR,
    source_id VARCHAR,
    line BIGINT
);

CREATE TABLE IF NOT EXISTS sync_errors (
    user_id VARCHAR,
    subscription_balance DECIMAL(38, 18),
    payment_balance DECIMAL(38, 18),
    logged_at TIMESTAMP WITH TIME ZONE,
    request_id VARCHAR,
    source_id VARCHAR,
    line BIGINT
);

CREATE TABLE IF NOT EXISTS messages (
    message_id VARCHAR USING COMPRESSION uncompressed,
    request_id VARCHAR,
    started_at TIMESTAMP WITH TIME ZONE,
    outcome VARCHAR,
    transaction_id VARCHAR USING COMPRESSION uncompressed,
    source_id VARCHAR,
    line BIGINT
);

CREATE TABLE IF NOT EXISTS invocations (
    request_id VARCHAR,
    started_at TIMESTAMP WITH TIME ZONE,
    duration_ms DECIMAL(18, 2),
    billed_ms BIGINT,
    memory_mb BIGINT,
    max_memory_mb BIGINT,
    init_ms DECIMAL(18, 2),
    status VARCHAR,
    source_id VARCHAR,
    line BIGINT
);

-- Events that cannot be what they say, and are counted as nothing else.
CREATE TABLE IF NOT EXISTS suspects (
    source_id VARCHAR,
    line BIGINT,
    logged_at TIMESTAMP WITH TIME ZONE,
    said_at TIMESTAMP WITH TIME ZONE,
    request_id VARCHAR,
    kind VARCHAR,
    reason VARCHAR,
    began_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE
);

-- Where Lambda says that it lost lines itself, and how many.
CREATE TABLE IF NOT EXISTS dropped_logs (
    source_id VARCHAR,
    line BIGINT,
    logged_at TIMESTAMP WITH TIME ZONE,
    records BIGINT,
    bytes BIGINT,
    reason VARCHAR
);

CREATE TABLE IF NOT EXISTS rejects (
    source_id VARCHAR,
    line BIGINT,
    reason VARCHAR,
    text VARCHAR
);

-- What was logged before a period (--since) and its ledger goes on from; without rows where nothing was left out.
-- Of each subscriber and currency the last link of the chain (the one with the highest link_number), and what
-- states the ids of transactions that the period states, too, or that the words of its findings name;
-- link_number is null for what is no link.
CREATE TABLE IF NOT EXISTS brought_forward (
    user_id VARCHAR,
    currency VARCHAR,
    transaction_id VARCHAR,
    logged_at TIMESTAMP WITH TIME ZONE,
    old_balance DECIMAL(38, 18),
    new_balance DECIMAL(38, 18),
    outcome VARCHAR,
    link_number BIGINT,
    source_id VARCHAR,
    line BIGINT
);

-- How many events of each kind the sources hold, each event counted once.
CREATE TABLE IF NOT EXISTS event_kinds (
    kind VARCHAR,
    events BIGINT
);

CREATE TABLE IF NOT EXISTS findings (
    finding_id VARCHAR,
    rule VARCHAR,
    rule_version INTEGER,
    severity VARCHAR,
    user_id VARCHAR,
    transaction_id VARCHAR USING COMPRESSION uncompressed,
    request_id VARCHAR,
    logged_at TIMESTAMP WITH TIME ZONE,
    currency VARCHAR,
    wallet VARCHAR,
    expected DECIMAL(38, 18),
    actual DECIMAL(38, 18),
    difference DECIMAL(38, 18),
    explanation VARCHAR USING COMPRESSION zstd,
    source_id VARCHAR,
    line BIGINT
);

CREATE TABLE IF NOT EXISTS runs (
    run_id VARCHAR,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    version VARCHAR,
    rules VARCHAR,
    options VARCHAR,
    counts VARCHAR
);

-- Currencies seen in transactions, and one row with an empty code for those unstated.
-- tolerance is half a minor unit: two balances that differ by no more are the same balance.
CREATE TABLE IF NOT EXISTS currencies (
    currency VARCHAR,
    minor_unit INTEGER,
    tolerance DECIMAL(38, 18)
);
