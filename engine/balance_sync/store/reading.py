"""Opens the database of a finished run for reading, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.errors import UsageError
from balance_sync.store.paths import database_name
from balance_sync.store.session import database_errors, lock_down

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def read_only_session(
    path: Path,
    *,
    memory_limit: str | None = None,
    spill_directory: Path | None = None,
    threads: int | None = None,
) -> Iterator[DuckDBPyConnection]:
    """Open the database at `path`; any number of readers may do so at once.

    Parameters
    ----------
    memory_limit
        A size as DuckDB reads it; `None` for what DuckDB takes by itself, most of the machine's memory.
    spill_directory
        A folder that is there, for data that does not fit.
    threads
        DuckDB's; `None` for one a processor.

    Raises
    ------
    UsageError
        There is no such database, or it lacks what the block asks it for.
    """
    import duckdb

    if not path.is_file():
        raise UsageError(
            str(path),
            "there is no database of a run",
            help="run `balance-sync run LOGS` first, or name the one of a run",
        )
    settings: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": "false",
        "autoload_known_extensions": "false",
    }
    if memory_limit:
        settings["memory_limit"] = memory_limit
    if threads:
        settings["threads"] = threads
    if spill_directory:
        settings["temp_directory"] = str(spill_directory)
    with database_errors(str(path)):
        connection = duckdb.connect(database_name(path), read_only=True, config=settings)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        lock_down(connection)
        yield connection
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise UsageError(
            str(path),
            "is no whole database of a run, or was made by another version of the program",
            reason=str(error).splitlines()[0],
            help="`balance-sync run LOGS` makes it anew",
        ) from error
    finally:
        connection.close()
