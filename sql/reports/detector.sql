-- What the detector looked at, in one row; of a run without it nothing but zeros.
SELECT
    coalesce(max(examined), 0) AS examined,
    coalesce(max(explained), 0) AS explained,
    coalesce(max(flagged), 0) AS flagged,
    coalesce(max(set_aside), 0) AS set_aside,
    coalesce(max(learned_from), 0) AS learned_from
FROM anomaly_totals
