-- How often an action has a direction and a source. By the words alone: they mean the same in any currency.
SELECT
    type,
    action,
    direction,
    source_kind,
    count(*) AS source_count,
    sum(count(*)) OVER (PARTITION BY type, action, direction)::BIGINT AS action_total,
    sum(count(*)) OVER (PARTITION BY action)::BIGINT AS direction_total
FROM ledger
GROUP BY type, action, direction, source_kind
