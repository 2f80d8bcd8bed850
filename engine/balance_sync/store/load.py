"""Fills a run's database from the store: the sources of the run, each event once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

_TIME = {
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
_KEPT = {"invocations": "status <> 'unseen'"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is loaded, and what of it is left out or replaced.

    Attributes
    ----------
    files
        Parquet files by table, of all batches that hold a source of the run.
    resolved
        Frames by name: ``repeats`` and ``requests`` (see `balance_sync.logs.resolution.Resolution`), and
        ``stale``: ``batch, source_id`` of what is not of the run although its batch is, with the folder of
        the batch.
    again
        Gives frames by name, some requests at a time: the ``messages``, ``invocations`` and ``transactions``
        of these.
    left_out
        ``source_id`` of the sources that stand in the files and are not loaded.
    since, until
        The period ``[since, until)``, UTC. Rejects have no time that could be trusted, and all stay.
    """

    files: Mapping[str, Sequence[Path]]
    resolved: Mapping[str, pl.DataFrame]
    again: Callable[[], Iterable[Mapping[str, pl.DataFrame]]]
    left_out: pl.DataFrame
    since: datetime | None = None
    until: datetime | None = None


@contextmanager
def resolved_tables(connection: DuckDBPyConnection, loaded: Loaded) -> Iterator[None]:
    """Have what is left out and replaced in tables of an attached database, ``resolved``.

    Of exports that overlap it may be much. There it is within the memory of the session, and what does not
    fit is spilled.

    Parameters
    ----------
    connection
        Not yet locked down.
    """
    connection.execute("ATTACH ':memory:' AS resolved")
    try:
        for name, frame in loaded.resolved.items():
            _put(connection, name, frame)
        _put(connection, "left_out", loaded.left_out)
        for some in loaded.again():
            for name, frame in some.items():
                _put(connection, name, frame)
        yield
    finally:
        connection.execute("DETACH resolved")


def _put(connection: DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Add the rows of `frame` to a table, made where there is none."""
    connection.register("put_rows", frame)
    connection.execute(f"CREATE TABLE IF NOT EXISTS resolved.{name} AS FROM put_rows LIMIT 0")
    connection.execute(f"INSERT INTO resolved.{name} FROM put_rows")
    connection.unregister("put_rows")


def load_tables(connection: DuckDBPyConnection, loaded: Loaded) -> None:
    """Fill the published tables of parsed records.

    Their rows have no order: what is published sorts. Each table is written by one thread, so the largest
    goes beside all others.

    Parameters
    ----------
    connection
        With the tables and, of the same `loaded`, the `resolved_tables`; what the former hold stays.
    """
    largest, *others = [*_TIME, "rejects"]
    with ExitStack() as open_cursors, ThreadPoolExecutor(2, thread_name_prefix="load") as pool:
        # Closing holds Python's lock while it waits for DuckDB's, and a query that runs may hold DuckDB's
        # while it waits for Python's: it is done while no query runs.
        cursors = [(open_cursors.enter_context(connection.cursor()), share) for share in ([largest], others)]
        running = [pool.submit(_load, cursor, tables, loaded) for cursor, tables in cursors]
        wait(running)
        for one in running:
            one.result()


def _load(connection: DuckDBPyConnection, tables: Sequence[str], loaded: Loaded) -> None:
    for table in tables:
        if loaded.files[table]:
            connection.execute(_insert(connection, table, loaded), _parameters(table, loaded))


def _insert(connection: DuckDBPyConnection, table: str, loaded: Loaded) -> str:
    columns = ", ".join(name for (name, *_) in connection.execute(f"DESCRIBE {table}").fetchall())
    chosen = _REPLACED.get(table, "SELECT * FROM batch")
    if loaded.resolved["requests"].is_empty():
        chosen = "SELECT * FROM batch"
    conditions = [_KEPT.get(table, "true")]
    if table in _TIME:
        # What has no time cannot be said to lie outside the period: it stays.
        time = _TIME[table]
        conditions += [f"({time} IS NULL OR {time} >= $since)"] if loaded.since else []
        conditions += [f"({time} IS NULL OR {time} < $until)"] if loaded.until else []
    return f"""
        INSERT INTO {table} BY NAME
        WITH batch AS (
            SELECT b.* FROM read_parquet($files, union_by_name = true, filename = true) AS b
            {" ".join(_exclusions(table, loaded))}
        ),
        chosen AS ({chosen})
        SELECT {columns} FROM chosen WHERE {" AND ".join(conditions)}
    """  # noqa: S608 - table and columns are this module's own words


def _exclusions(table: str, loaded: Loaded) -> Iterator[str]:
    if not loaded.left_out.is_empty():
        yield "ANTI JOIN resolved.left_out AS l ON b.source_id = l.source_id"
    if not loaded.resolved["repeats"].is_empty():
        # A source has one or a few ranges of several lines, and any number of single ones.
        yield """ANTI JOIN (FROM resolved.repeats WHERE line = last_line) AS single
            ON b.source_id = single.source_id AND b.line = single.line"""
        yield """ANTI JOIN (FROM resolved.repeats WHERE line < last_line) AS r
            ON b.source_id = r.source_id AND b.line >= r.line AND b.line <= r.last_line"""
    if not loaded.resolved["stale"].is_empty():
        yield f"""ANTI JOIN resolved.stale AS again
            ON b.source_id = again.source_id AND b.filename = again.batch || '/{table}.parquet'"""


def _parameters(table: str, loaded: Loaded) -> dict[str, object]:
    period = {"since": loaded.since, "until": loaded.until} if table in _TIME else {}
    named = {name: instant for name, instant in period.items() if instant}
    return {"files": [str(file) for file in loaded.files[table]], **named}
