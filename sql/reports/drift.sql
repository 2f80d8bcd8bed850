-- How far each feature has moved away from a kept model, most first.
SELECT
    feature,
    psi,
    verdict
FROM anomaly_drift
ORDER BY psi DESC, feature ASC
