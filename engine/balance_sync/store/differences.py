"""What of the batches' own rows a run leaves out or replaces, in tables that loading looks at.

They stand in an attached database, ``resolved``: of exports that overlap they may be many. There they are
within the memory of the session, and what does not fit is spilled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.store.paths import pattern_of

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

_TABLES = ("left_out", "repeats", "requests", "stale")


@dataclass(frozen=True, slots=True)
class Differences:
    """Frames by name, of which tables are made.

    Attributes
    ----------
    at_once
        ``repeats`` and ``requests`` (see `balance_sync.logs.resolution.Resolution`); ``left_out``, the
        ``source_id`` of the sources that stand in the files and are not loaded; ``stale``, the ``batch,
        source_id`` of what is not of the run although its batch is, with the folder of the batch.
    again
        The ``messages``, ``invocations`` and ``transactions`` of some of the requests at a time; given once.
    """

    at_once: Mapping[str, pl.DataFrame]
    again: Iterable[Mapping[str, pl.DataFrame]]


@contextmanager
def put_differences(connection: DuckDBPyConnection, differences: Differences) -> Iterator[None]:
    """Have them in tables of the attached database while the block runs.

    Parameters
    ----------
    connection
        Not yet locked down.
    """
    with _attached(connection):
        for name, frame in _frames(differences):
            connection.register("put_rows", frame)
            connection.execute(f"CREATE TABLE IF NOT EXISTS resolved.{name} AS FROM put_rows LIMIT 0")
            connection.execute(f"INSERT INTO resolved.{name} FROM put_rows")
            connection.unregister("put_rows")
        yield


def write_differences(differences: Differences, folder: Path) -> None:
    """Write them to Parquet files in a new folder, for another process."""
    folder.mkdir(parents=True)
    for number, (name, frame) in enumerate(_frames(differences)):
        frame.write_parquet(folder / f"{name}.{number}.parquet", compression="uncompressed")


@contextmanager
def put_written_differences(connection: DuckDBPyConnection, folder: Path) -> Iterator[None]:
    """Have in the same tables what `write_differences` has written, while the block runs."""
    names = {file.name.partition(".")[0] for file in folder.iterdir()}
    with _attached(connection):
        for name in sorted(names):
            files = [pattern_of(file) for file in sorted(folder.glob(f"{name}.*"))]
            connection.execute(f"CREATE TABLE resolved.{name} AS FROM read_parquet($files)", {"files": files})
        yield


def _frames(differences: Differences) -> Iterator[tuple[str, pl.DataFrame]]:
    yield from differences.at_once.items()
    for some in differences.again:
        yield from some.items()


@contextmanager
def _attached(connection: DuckDBPyConnection) -> Iterator[None]:
    connection.execute("ATTACH ':memory:' AS resolved")
    try:
        yield
    finally:
        connection.execute("DETACH resolved")


def filled_tables(connection: DuckDBPyConnection) -> frozenset[str]:
    """Return the names of those of the attached tables that say something of rows that are loaded."""
    return frozenset(
        name for name in _TABLES if connection.execute(f"FROM resolved.{name} LIMIT 1").fetchall()
    )
