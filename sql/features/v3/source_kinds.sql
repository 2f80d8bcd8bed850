-- Where transactions come from, as short numbers.
SELECT
    source_kind,
    row_number() OVER (ORDER BY source_kind)::INTEGER AS source_key
FROM ledger
GROUP BY source_kind
