"""Fills a run's database from the store: the sources of the run, each event once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.store.differences import filled_tables
from balance_sync.store.paths import pattern_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TIMES = {
    "transactions": "logged_at",
    "sync_errors": "logged_at",
    "messages": "started_at",
    "invocations": "started_at",
    "suspects": "logged_at",
    "dropped_logs": "logged_at",
}
"""The tables that are loaded, the largest first, with what lies within the period; `rejects` has no time."""

_REPLACED = {
    "transactions": """
        SELECT t.* REPLACE (
            CASE WHEN again.line IS NULL THEN t.message_id ELSE again.message_id END AS message_id,
            CASE WHEN again.line IS NULL THEN t.outcome ELSE again.outcome END AS outcome
        )
        FROM batch AS t LEFT JOIN resolved.transactions AS again USING (source_id, line)
    """,
    "messages": """
        SELECT * FROM batch
        WHERE request_id IS NULL OR request_id NOT IN (SELECT request_id FROM resolved.requests)
        UNION ALL BY NAME SELECT * FROM resolved.messages
    """,
    "invocations": """
        SELECT * FROM batch WHERE request_id NOT IN (SELECT request_id FROM resolved.requests)
        UNION ALL BY NAME SELECT * FROM resolved.invocations
    """,
}
_ADDED = ("messages", "invocations")
"""Tables that get rows of requests that were followed again, also where no batch has anything new."""

_KEPT = {"invocations": "status <> 'unseen'"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is loaded.

    Attributes
    ----------
    files
        Parquet files by table, of all batches that hold a source of the run.
    until
        The end of the period, UTC, which is no part of it. Rejects have no time that could be trusted, and
        all stay. Its begin leaves nothing out: rules look at what was before (`balance_sync.store.period`).
    """

    files: Mapping[str, Sequence[Path]]
    until: datetime | None = None


def load_tables(connection: DuckDBPyConnection, loaded: Loaded) -> None:
    """Fill the published tables of parsed records.

    Their rows have no order: what is published sorts. Each table is written by one thread, so the largest
    goes beside all others.

    Parameters
    ----------
    connection
        With the tables, which keep what they hold, and those of `balance_sync.store.differences`.
    """
    largest, *others = [*TIMES, "rejects"]
    differing = filled_tables(connection)
    with ExitStack() as open_cursors, ThreadPoolExecutor(2, thread_name_prefix="load") as pool:
        # Closing holds Python's lock while it waits for DuckDB's, and a query that runs may hold DuckDB's
        # while it waits for Python's: it is done while no query runs.
        cursors = [(open_cursors.enter_context(connection.cursor()), share) for share in ([largest], others)]
        running = [pool.submit(_load, cursor, tables, loaded, differing) for cursor, tables in cursors]
        wait(running)
        for one in running:
            one.result()


def _load(
    connection: DuckDBPyConnection, tables: Sequence[str], loaded: Loaded, differing: Collection[str]
) -> None:
    for table in tables:
        replaces = "requests" in differing and table in _ADDED
        if loaded.files.get(table) or replaces:
            connection.execute(_insert(connection, table, loaded, differing), _parameters(table, loaded))


def _insert(connection: DuckDBPyConnection, table: str, loaded: Loaded, differing: Collection[str]) -> str:
    columns = ", ".join(name for (name, *_) in connection.execute(f"DESCRIBE {table}").fetchall())
    chosen = "SELECT * FROM batch"
    if "requests" in differing:
        chosen = _REPLACED.get(table, chosen)
    conditions = [_KEPT.get(table, "true")]
    if table in TIMES and loaded.until:
        # What has no time cannot be said to lie outside the period: it stays.
        time = TIMES[table]
        conditions.append(f"({time} IS NULL OR {time} < $until)")
    rows = "read_parquet($files, union_by_name = true, filename = true)"
    if not loaded.files.get(table):
        rows = f"(SELECT *, NULL::VARCHAR AS filename FROM {table} LIMIT 0)"  # noqa: S608 - one of the words below
    return f"""
        INSERT INTO {table} BY NAME
        WITH batch AS (
            SELECT b.* FROM {rows} AS b
            {" ".join(_exclusions(table, differing))}
        ),
        chosen AS ({chosen})
        SELECT {columns} FROM chosen WHERE {" AND ".join(conditions)}
    """  # noqa: S608 - table and columns are this module's own words


def _exclusions(table: str, differing: Collection[str]) -> Iterator[str]:
    if "left_out" in differing:
        yield "ANTI JOIN resolved.left_out AS l ON b.source_id = l.source_id"
    if "repeats" in differing:
        # A source has one or a few ranges of several lines, and any number of single ones.
        yield """ANTI JOIN (FROM resolved.repeats WHERE line = last_line) AS single
            ON b.source_id = single.source_id AND b.line = single.line"""
        yield """ANTI JOIN (FROM resolved.repeats WHERE line < last_line) AS r
            ON b.source_id = r.source_id AND b.line >= r.line AND b.line <= r.last_line"""
    if "stale" in differing:
        yield f"""ANTI JOIN resolved.stale AS again
            ON b.source_id = again.source_id AND b.filename = again.batch || '/{table}.parquet'"""


def _parameters(table: str, loaded: Loaded) -> dict[str, object]:
    named: dict[str, object] = {"until": loaded.until} if table in TIMES and loaded.until else {}
    files = [pattern_of(file) for file in loaded.files.get(table, ())]
    return {"files": files, **named} if files else named
