"""The bounded, locked-down DuckDB session in which rules run.

DuckDB's limit covers its buffers only, so it is a part of the process's budget and not the whole.
An in-memory session would spill into the current directory; here the spill directory is always named
and capped. The lock-down is a guard against mistakes and against a hostile rule file, not a sandbox.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.errors import BalanceSyncError, InputError, ResourceError, UsageError
from balance_sync.store.paths import database_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    from duckdb import DuckDBPyConnection


_KEPT_SHARE = 0.6
"""Of the memory limit, what DuckDB does not give back to the system in between.

Taking blocks and giving them back costs a tenth of all that is done at the limit. What is kept, nothing
beside DuckDB can have: with three fifths the job's peak rises little, and they gain nearly as much as all.
"""

_MOST_DELETED = 0.25
"""Of the rows that stand in the table of findings, those that were deleted and may stay."""


def open_session(
    path: Path | None, *, memory_limit: str, threads: int, spill_directory: Path, spill_limit: str
) -> DuckDBPyConnection:
    """Open a database with bounded memory, threads and spill; the caller closes it.

    Parameters
    ----------
    path
        The database file, made where there is none; `None` for one in memory.
    memory_limit, spill_limit
        Sizes as DuckDB reads them, e.g. ``"512MB"``, ``"20GiB"``.
    threads
        Worker threads, at least 1.
    spill_directory
        Where data that does not fit in memory goes; made where there is none.

    Raises
    ------
    UsageError
        Where a limit is none, e.g. ``"lots"``.
    ResourceError
        Where the file cannot be opened, or another process holds it.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(spill_directory),
        # Every query that is published sorts, so keeping the order of insertion would only cost memory.
        "preserve_insertion_order": "false",
        # True by default, and then SQL can read any variable of the calling Python code.
        "python_enable_replacements": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
    }
    with database_errors(str(path or "memory")):
        spill_directory.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(database_name(path) if path else ":memory:", config=settings)
    try:
        _set_limits(connection, memory_limit=memory_limit, threads=threads, spill_limit=spill_limit)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_limits(connection: DuckDBPyConnection, *, memory_limit: str, threads: int, spill_limit: str) -> None:
    """Set what must be set on the open database: the spill limit is not enforced when given to connect()."""
    set_memory_limit(connection, memory_limit)
    for setting, value in (
        ("threads", str(threads)),
        ("max_temp_directory_size", spill_limit),
        ("TimeZone", "UTC"),
        ("enable_progress_bar", "false"),
    ):
        _set(connection, setting, value)


def _set(connection: DuckDBPyConnection, setting: str, value: str) -> None:
    import duckdb

    try:
        connection.execute(f"SET {setting} = '{value.replace(chr(39), chr(39) * 2)}'")
    except (duckdb.ProgrammingError, duckdb.DataError) as error:
        raise UsageError(
            setting.replace("max_temp_directory_size", "spill limit").replace("_", " "),
            f"{value!r} cannot be meant",
            reason=_first_line(error),
            help="sizes are a number and a unit, e.g. 2GB or 512MiB; threads are at least 1",
        ) from error


def set_memory_limit(connection: DuckDBPyConnection, limit: str) -> None:
    """Set the memory of a session that is not locked down, as of `open_session`: no less than before."""
    import duckdb

    _set(connection, "memory_limit", limit)
    ((size,),) = connection.execute(
        "SELECT parse_formatted_bytes(current_setting('memory_limit'))"
    ).fetchall()
    # Only for speed, and refused where it is more than the machine has.
    with suppress(duckdb.InvalidInputException):
        connection.execute(f"SET block_allocator_memory = '{int(size * _KEPT_SHARE)}B'")


def put_off_vacuum(connection: DuckDBPyConnection) -> None:
    """Have a session that is not locked down put its findings down as they were written.

    DuckDB takes out rows that were deleted, and makes one group of neighbouring groups of rows: it compresses
    most of a run's findings a second time, at the end, in one thread. Here it does once a quarter of what
    stands in their table was deleted by earlier runs.
    """
    ((standing, rows),) = connection.execute(
        """
        SELECT
            coalesce(sum("count"), 0),
            (SELECT count(*) FROM findings)
        FROM pragma_storage_info('findings')
        WHERE column_id = 0 AND segment_type <> 'VALIDITY'
        """
    ).fetchall()
    if standing - rows <= _MOST_DELETED * standing:
        connection.execute("SET max_vacuum_tasks = 0")


def lock_down(connection: DuckDBPyConnection) -> None:
    """Refuse files, network, extensions and changes of settings from here on, for good.

    Spilling, registered Arrow tables and tables of the open database still work.
    """
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@contextmanager
def database_errors(where: str) -> Iterator[None]:
    """Turn DuckDB's expected failures inside the block into errors of `balance_sync.errors`."""
    import duckdb

    try:
        yield
    except (duckdb.Error, OSError) as error:
        known = known_failure(error, where=where)
        if known is None:
            raise
        raise known from error


def known_failure(error: duckdb.Error | OSError, *, where: str) -> BalanceSyncError | None:
    """Return the error of `balance_sync.errors` that `error` amounts to; `None` if it is none of them."""
    import duckdb

    reason = _first_line(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        # DuckDB reports a full or capped spill directory as out of memory, too.
        if "max_temp_directory_size" in str(error):
            return ResourceError(
                where,
                "the limit of the spill directory was reached",
                reason=reason,
                help="raise the spill limit, free disk space, or allow more memory with --memory-limit",
            )
        return ResourceError(
            where,
            "memory ran out",
            reason=reason,
            help="raise --memory-limit or lower --threads",
        )
    if isinstance(error, duckdb.IOException | duckdb.ConnectionException | OSError):
        return ResourceError(
            where,
            "the database or its spill directory cannot be read or written",
            reason=reason,
            help="check free disk space and permissions, and that no other program has the database open",
        )
    if isinstance(error, duckdb.OutOfRangeException):
        return InputError(
            where,
            "an amount is too large to calculate with",
            reason=reason,
            help="amounts and their sums must stay below 10^20",
        )
    return None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
