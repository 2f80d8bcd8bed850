"""What a period's ledger goes on from: balances are brought forward from that of all that was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.store.session import database_errors

if TYPE_CHECKING:
    from datetime import datetime

    from duckdb import DuckDBPyConnection

_BRING = r"""
INSERT INTO brought_forward BY NAME
WITH
last_links AS (
    SELECT user_id, currency, max(link_number) AS link_number
    FROM ledger
    WHERE applied AND logged_at < $since
    GROUP BY user_id, currency
),

wanted AS (
    SELECT transaction_id
    FROM transactions
    WHERE logged_at IS NULL OR logged_at >= $since
    UNION
    -- What the words of findings name is found in no other table of the period.
    SELECT trim(unnest(regexp_extract_all(explanation, '[^\s()]+')), '.,:;''"') AS transaction_id
    FROM findings
    WHERE logged_at IS NULL OR logged_at >= $since
)

SELECT
    l.user_id,
    l.currency,
    l.transaction_id,
    l.logged_at,
    l.old_balance,
    l.new_balance,
    l.outcome,
    CASE WHEN l.applied THEN l.link_number END AS link_number,
    l.source_id,
    l.line
FROM ledger AS l
LEFT JOIN last_links AS last
    ON l.user_id = last.user_id
    AND l.currency IS NOT DISTINCT FROM last.currency
    AND l.link_number = last.link_number
LEFT JOIN wanted ON l.transaction_id = wanted.transaction_id
WHERE l.logged_at < $since AND (last.link_number IS NOT NULL OR wanted.transaction_id IS NOT NULL)
"""


def bring_forward(connection: DuckDBPyConnection, since: datetime) -> None:
    """Fill `brought_forward`, which is empty, from the ledger.

    Parameters
    ----------
    connection
        With the ledger of everything before the period's end, and the findings of the rules.
    since
        When the period begins, UTC.

    Raises
    ------
    ResourceError
        Memory or disk ran out.
    """
    with database_errors("what is brought forward"):
        connection.execute(_BRING, {"since": since})
