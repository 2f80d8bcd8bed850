"""Writes into the database of a run what was decided about its findings, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.arrow_rows import table_of
from balance_sync.feedback.journal import head_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from balance_sync.feedback.standing import Standing
    from balance_sync.feedback.statements import Entry

# The narrowest scope speaks before wider ones, and of one scope the last entry.
_DECISIONS = """
INSERT INTO decisions BY NAME
WITH
subjects AS (
    SELECT finding_id, rule, user_id, currency, false AS set_aside FROM findings
    UNION ALL
    SELECT finding_id, 'anomaly', user_id, currency, true FROM anomalies_set_aside
),

reached AS (
    SELECT s.finding_id, s.set_aside, e.entry_id, 0 AS width
    FROM subjects AS s
    INNER JOIN run_entries AS e ON s.finding_id = e.finding_id
    WHERE e.scope = 'finding'
    UNION ALL
    SELECT s.finding_id, s.set_aside, e.entry_id, 1
    FROM subjects AS s
    INNER JOIN
        run_entries AS e
        ON s.rule = e.rule AND s.user_id = e.user_id AND s.currency IS NOT DISTINCT FROM e.currency
    WHERE e.scope = 'rule+subscriber+currency'
    UNION ALL
    SELECT s.finding_id, s.set_aside, e.entry_id, 2
    FROM subjects AS s
    INNER JOIN run_entries AS e ON s.rule = e.rule AND s.user_id = e.user_id
    WHERE e.scope = 'rule+subscriber'
),

standing AS (
    SELECT finding_id, set_aside, entry_id
    FROM reached
    QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY width, entry_id DESC) = 1
)

SELECT
    s.finding_id, s.entry_id, e.decision, e.note, e.decided_by, e.decided_at, e.scope, e.until, e.source,
    s.set_aside
FROM standing AS s
INNER JOIN run_entries AS e ON s.entry_id = e.entry_id
"""

# Of the list as it is without feedback, the decisions made one by one: a wide one speaks of what nobody saw.
_TOTALS = """
INSERT INTO feedback_totals
WITH
ranked AS (
    SELECT f.finding_id, a.score, a.transaction_id, a.source_id, a.line
    FROM anomalies AS a
    INNER JOIN findings AS f ON f.rule = 'anomaly' AND a.source_id = f.source_id AND a.line = f.line
    UNION ALL
    SELECT finding_id, score, transaction_id, source_id, line FROM anomalies_set_aside
),

listed AS (
    SELECT finding_id
    FROM ranked
    QUALIFY
        row_number() OVER (ORDER BY score DESC, transaction_id, source_id, line) <= $review_budget
),

answers AS (
    SELECT d.decision
    FROM listed AS l
    INNER JOIN decisions AS d ON l.finding_id = d.finding_id
    WHERE d.scope = 'finding' AND d.decision <> 'needs_information'
)

SELECT
    $entries, $head, $expired, $over_cap, $daily_cap, $ranking_ignored,
    (SELECT count(*) FROM anomalies_set_aside),
    (SELECT count(*) FROM listed),
    (SELECT count(*) FROM answers),
    (SELECT count(*) FROM answers WHERE decision = 'confirmed')
"""


def record_feedback(
    connection: DuckDBPyConnection,
    entries: Sequence[Entry],
    standing: Standing,
    *,
    review_budget: int,
    daily_cap: int,
    ranking_ignored: bool,
) -> None:
    """Fill `decisions` and `feedback_totals` anew.

    Parameters
    ----------
    connection
        With all findings recorded, and `anomalies` where the detector ran.
    entries
        All there are; `standing` has those that have not expired.
    review_budget
        Length of the list that the precision is of.
    daily_cap
        What `standing` was weighed by.
    ranking_ignored
        Whether the detector ranked without the decisions.
    """
    connection.execute("DELETE FROM decisions")
    connection.execute("DELETE FROM feedback_totals")
    connection.register("run_entries", _entry_rows(standing.entries))
    try:
        connection.execute(_DECISIONS)
    finally:
        connection.unregister("run_entries")
    if not _has_ranking(connection):
        review_budget = 0
        connection.execute("CREATE TEMP TABLE anomalies AS FROM anomalies_set_aside")
    connection.execute(
        _TOTALS,
        {
            "review_budget": review_budget,
            "entries": len(entries),
            "head": head_of(entries),
            "expired": standing.expired,
            "over_cap": standing.over_cap,
            "daily_cap": daily_cap,
            "ranking_ignored": ranking_ignored,
        },
    )
    connection.execute("DROP TABLE IF EXISTS temp.anomalies")


def _has_ranking(connection: DuckDBPyConnection) -> bool:
    found = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'anomalies'"
    ).fetchall()
    return bool(found[0][0])


def _entry_rows(entries: Sequence[Entry]) -> pa.Table:
    import pyarrow as pa

    schema = pa.schema(
        {
            **{"entry_id": pa.int64(), "finding_id": pa.string(), "rule": pa.string()},
            **{"user_id": pa.string(), "currency": pa.string(), "decision": pa.string()},
            **{"note": pa.string(), "decided_by": pa.string(), "decided_at": pa.timestamp("us", tz="UTC")},
            **{"scope": pa.string(), "until": pa.date32(), "source": pa.string()},
        }
    )
    rows = [
        {
            "entry_id": one.entry_id,
            **{name: getattr(one.statement.subject, name) for name in ("finding_id", "rule", "user_id")},
            "currency": one.statement.subject.currency,
            "decision": one.statement.decision.value,
            "scope": one.statement.scope.value,
            **{
                name: getattr(one.statement, name)
                for name in ("note", "decided_by", "decided_at", "until", "source")
            },
        }
        for one in entries
    ]
    return table_of(rows, schema)
