-- The findings of the detector, to be known by their places.
SELECT
    finding_id,
    rule_version,
    request_id,
    transaction_id,
    source_id,
    line
FROM findings
WHERE rule = 'anomaly'
ORDER BY finding_id
