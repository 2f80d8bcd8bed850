"""Fills the database of a large archive in processes of their own, whose memory is gone when judging begins.

What Polars, Arrow and DuckDB have once taken from the system they keep for themselves: after eight million
transactions were filled in, some 300 MB beside what the rules need. Where many sources are compared with each
other Polars keeps half a gigabyte, which loading the tables would need, so that another process does that.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from balance_sync.config import RunOptions
from balance_sync.errors import ResourceError
from balance_sync.pipeline.budget import Budget
from balance_sync.pipeline.database import (
    Compared,
    Filled,
    compare_sources,
    fill_compared,
    fill_database,
    insert_sources,
    record_event_kinds,
    what_to_load,
    what_was_filled,
)
from balance_sync.pipeline.ingest import Ingested
from balance_sync.pipeline.inventory import Inventory
from balance_sync.pipeline.processes import Processes
from balance_sync.pipeline.taking_inventory import take_inventory

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.store.load import Loaded

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_LARGE_BYTES = 1 << 30
_MANY_FILES = 1_000_000
"""Compressed logs or files from which on another process pays: it takes half a second to begin."""

_MANY_COMPARED = 100_000
"""Sources compared with others from which on two more processes pay."""

_COUNTED = ("counts", "kinds")


@dataclass(frozen=True, slots=True)
class Filling:
    """Where a database is to be filled, and with what.

    Attributes
    ----------
    database
        The file, which may hold an earlier run's tables already.
    spill
        Where what does not fit into memory goes.
    threads
        DuckDB's threads.
    """

    options: RunOptions
    ingested: Ingested
    budget: Budget
    database: Path
    spill: Path
    threads: int

    @property
    def is_large(self) -> bool:
        """Whether it should be done in a process of its own."""
        read = self.ingested
        is_much = read.files_bytes > _LARGE_BYTES or read.files.height > _MANY_FILES
        return self.options.threads > 1 and is_much

    @property
    def whole(self) -> Filling:
        """The same with a database that is not published."""
        return replace(self, database=self.ingested.store.working_directory / "whole.duckdb")

    @property
    def differences_folder(self) -> Path:
        """Where one process puts for another what differs from the batches."""
        return self.ingested.store.working_directory / "differences"

    @property
    def counted_folder(self) -> Path:
        """Where it puts how many events there are."""
        return self.ingested.store.working_directory / "counted"

    def open(self, limit: int) -> DuckDBPyConnection:
        """Open the database with a memory limit in bytes; the caller closes it."""
        return self.opening(limit)()

    def opening(self, limit: int) -> Callable[[], DuckDBPyConnection]:
        """Return what opens it, for another process."""
        from balance_sync.store.session import open_session

        return partial(
            open_session,
            self.database,
            memory_limit=f"{limit}B",
            threads=self.threads,
            spill_directory=self.spill,
            spill_limit=self.options.spill_limit,
        )


def open_filled(filling: Filling) -> tuple[DuckDBPyConnection, Filled]:
    """Fill a new database, in other processes where it is large; return it open, and what is in it."""
    if filling.is_large:
        filled = fill_apart(filling)
        return filling.open(filling.budget.database), filled
    inventory = take_inventory(filling.ingested)
    connection = filling.open(filling.budget.filling(inventory.size_bytes))
    try:
        return connection, fill(connection, filling.options, inventory)
    except BaseException:
        connection.close()
        raise


def fill(connection: DuckDBPyConnection, options: RunOptions, inventory: Inventory) -> Filled:
    """Make the tables in an empty database, and fill them with all that is in the inventory."""
    from balance_sync.store.tables import create_tables

    create_tables(connection)
    return fill_database(connection, options, inventory)


def fill_apart(filling: Filling) -> Filled:
    """Fill a new database in another process, or in three, one after the other, where much is compared.

    Raises
    ------
    BalanceSyncError
        As filling it here would; a `ResourceError` where another process was ended.
    """
    done = _apart(filling, _fill_alone, filling)
    if isinstance(done, Filled):
        return done
    filled = _apart(filling, _insert_sources_alone, filling)
    # Not with all that is ingested, for which it would import Polars.
    limit = filling.budget.filling(0, waiting_files=filling.ingested.files.height)
    where = str(filling.options.database_path)
    _apart(filling, _load_alone, filling.opening(limit), done, filling.differences_folder, where)
    return filled


def _apart(
    filling: Filling, step: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Do a step in a process of its own."""
    # It works while the first process waits.
    processes = Processes(1, polars_threads=filling.threads)
    other = processes.submit(os.getpid).result()
    try:
        return processes.submit(step, *args, **named).result()
    except KeyboardInterrupt:
        # Nobody waits for the rest, and it looks for no interrupt.
        os.kill(other, signal.SIGTERM)
        raise
    except BrokenProcessPool as error:
        raise ResourceError(
            str(filling.options.database_path),
            "the process that filled it was ended from outside",
            reason="most often the system ran out of memory",
            help="run the same command again to go on; a lower --memory-limit needs less",
        ) from error
    finally:
        processes.let_go()


def _fill_alone(filling: Filling) -> Filled | Loaded:
    """Fill the database, or write down what differs from the batches and return what is still to be loaded.

    What Polars keeps of the memory that comparing many sources takes, loading would need.
    """
    inventory = take_inventory(filling.ingested)
    compared = compare_sources(inventory, filling.options)
    if compared.resolution.compared_sources > _MANY_COMPARED:
        return _write_down(filling, inventory, compared)
    with _new_database(filling, inventory) as connection:
        return fill_compared(connection, filling.options, inventory, compared)


def _write_down(filling: Filling, inventory: Inventory, compared: Compared) -> Loaded:
    from balance_sync.store.differences import write_differences

    filling.counted_folder.mkdir(parents=True)
    for name in _COUNTED:
        getattr(compared, name).write_parquet(filling.counted_folder / f"{name}.parquet")
    loaded, differences = what_to_load(inventory, compared.originals, compared.resolution, filling.options)
    write_differences(differences, filling.differences_folder)
    return loaded


def _insert_sources_alone(filling: Filling) -> Filled:
    import polars as pl

    files = [filling.counted_folder / f"{name}.parquet" for name in _COUNTED]
    counts, kinds = (pl.read_parquet(file, glob=False) for file in files)
    inventory = take_inventory(filling.ingested)
    with _new_database(filling, inventory) as connection:
        insert_sources(connection, inventory, counts)
        record_event_kinds(connection, kinds)
    return what_was_filled(inventory, kinds)


def _load_alone(
    opening: Callable[[], DuckDBPyConnection], loaded: Loaded, differences_folder: Path, where: str
) -> None:
    from balance_sync.store.differences import put_written_differences
    from balance_sync.store.load import load_tables
    from balance_sync.store.session import database_errors

    with (
        database_errors(where),
        closing(opening()) as connection,
        put_written_differences(connection, differences_folder),
    ):
        load_tables(connection, loaded)


@contextmanager
def _new_database(filling: Filling, inventory: Inventory) -> Iterator[DuckDBPyConnection]:
    """Open the database, with its tables, beside an inventory."""
    from balance_sync.store.session import database_errors
    from balance_sync.store.tables import create_tables

    files = filling.ingested.files
    held = inventory.size_bytes + int(files.estimated_size())
    limit = filling.budget.filling(held, waiting_files=files.height)
    with (
        database_errors(str(filling.options.database_path)),
        closing(filling.open(limit)) as connection,
    ):
        create_tables(connection)
        yield connection
