"""Fills a run's database from the store: the sources of the run, each event once, in total order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ORDER = {
    "transactions": "logged_at, transaction_id, source_id, line",
    "sync_errors": "logged_at, user_id, source_id, line",
    "messages": "started_at, message_id, source_id, line",
    "invocations": "started_at, request_id, source_id, line",
    "rejects": "source_id, line",
}
_TIME = {
    "transactions": "logged_at",
    "sync_errors": "logged_at",
    "messages": "started_at",
    "invocations": "started_at",
}

_SELECT = {
    "transactions": """
        SELECT t.* REPLACE (
            CASE WHEN again.line IS NULL THEN t.message_id ELSE again.message_id END AS message_id,
            CASE WHEN again.line IS NULL THEN t.outcome ELSE again.outcome END AS outcome
        )
        FROM batch AS t LEFT JOIN resolved_transactions AS again USING (source_id, line)
    """,
    "sync_errors": "SELECT * FROM batch",
    "messages": """
        SELECT * FROM batch
        WHERE request_id IS NULL OR request_id NOT IN (SELECT request_id FROM resolved_requests)
        UNION ALL BY NAME SELECT * FROM resolved_messages
    """,
    "invocations": """
        SELECT * FROM batch WHERE request_id NOT IN (SELECT request_id FROM resolved_requests)
        UNION ALL BY NAME SELECT * FROM resolved_invocations
    """,
    "rejects": "SELECT * FROM batch",
}
_KEPT = {"invocations": "status <> 'unseen'"}


def load_tables(
    connection: DuckDBPyConnection,
    files: Mapping[str, Sequence[Path]],
    resolved: Mapping[str, Any],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Fill the published tables of parsed records.

    Parameters
    ----------
    connection
        With the empty tables, not yet locked down, and `sources` filled: only they are loaded.
    files
        Parquet files by table, of all batches that hold a source of the run.
    resolved
        Frames by name: ``repeats``, ``requests``, ``messages``, ``invocations``, ``transactions``
        (see `balance_sync.logs.resolution.Resolution`); and ``stale``: ``batch, source_id`` of what is
        not of the run although its batch is, with the folder of the batch.
    since, until
        The period ``[since, until)``, UTC. Rejects have no time that could be trusted, and all stay.
    """
    for name, frame in resolved.items():
        connection.register(f"resolved_{name}", frame)
    try:
        for table, order in _ORDER.items():
            _load(connection, table, order, files[table], (since, until))
    finally:
        for name in resolved:
            connection.unregister(f"resolved_{name}")


def _load(
    connection: DuckDBPyConnection,
    table: str,
    order: str,
    files: Sequence[Path],
    period: tuple[datetime | None, datetime | None],
) -> None:
    if not files:
        return
    columns = ", ".join(name for (name, *_) in connection.execute(f"DESCRIBE {table}").fetchall())
    conditions = [_KEPT.get(table, "true")]
    if table in _TIME:
        # What has no time cannot be said to lie outside the period: it stays.
        time = _TIME[table]
        conditions.append(f"($since::TIMESTAMPTZ IS NULL OR {time} IS NULL OR {time} >= $since)")
        conditions.append(f"($until::TIMESTAMPTZ IS NULL OR {time} IS NULL OR {time} < $until)")
    connection.execute(
        f"""
        INSERT INTO {table} BY NAME
        WITH batch AS (
            SELECT b.* FROM read_parquet($files, union_by_name = true, filename = true) AS b
            SEMI JOIN sources ON b.source_id = sources.source_id AND sources.status NOT IN ('duplicate')
            ANTI JOIN resolved_repeats AS r ON b.source_id = r.source_id AND b.line = r.line
            ANTI JOIN resolved_stale AS s
                ON b.source_id = s.source_id AND b.filename = s.batch || '/{table}.parquet'
        ),
        chosen AS ({_SELECT[table]})
        SELECT {columns} FROM chosen WHERE {" AND ".join(conditions)} ORDER BY {order}
        """,  # noqa: S608 - table, order and columns are this module's own words
        {"files": [str(file) for file in files], **_bound(table, period)},
    )


def _bound(table: str, period: tuple[datetime | None, datetime | None]) -> dict[str, datetime | None]:
    return {"since": period[0], "until": period[1]} if table in _TIME else {}
