"""Fills the database of a large archive in a process of its own, whose memory is gone when judging begins.

What Polars, Arrow and DuckDB have once taken from the system they keep for themselves: after eight million
transactions were filled in, some 300 MB beside what the rules need.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions
from balance_sync.errors import ResourceError
from balance_sync.pipeline.budget import Budget
from balance_sync.pipeline.database import Filled, fill_database
from balance_sync.pipeline.ingest import Ingested
from balance_sync.pipeline.inventory import Inventory, take_inventory
from balance_sync.pipeline.processes import Processes

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LARGE_BYTES = 1 << 30
_MANY_FILES = 1_000_000
"""Compressed logs or files from which on another process pays: it takes half a second to begin."""


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

    def open(self, limit: int) -> DuckDBPyConnection:
        """Open the database with a memory limit in bytes; the caller closes it."""
        from balance_sync.store.session import open_session

        return open_session(
            self.database,
            memory_limit=f"{limit}B",
            threads=self.threads,
            spill_directory=self.spill,
            spill_limit=self.options.spill_limit,
        )


def fill(connection: DuckDBPyConnection, options: RunOptions, inventory: Inventory) -> Filled:
    """Make the tables in an empty database, and fill them with all that is in the inventory."""
    from balance_sync.store.tables import create_tables

    create_tables(connection)
    return fill_database(connection, options, inventory)


def fill_apart(filling: Filling) -> Filled:
    """Fill a new database in another process.

    Raises
    ------
    BalanceSyncError
        As filling it here would; a `ResourceError` where the other process was ended.
    """
    # It works while the first process waits.
    processes = Processes(1, polars_threads=filling.threads)
    other = processes.submit(os.getpid).result()
    try:
        return processes.submit(_fill_alone, filling).result()
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
        processes.shutdown(wait=False, cancel_futures=True)


def _fill_alone(filling: Filling) -> Filled:
    from balance_sync.store.session import database_errors

    files = filling.ingested.files
    inventory = take_inventory(filling.ingested)
    held = inventory.size_bytes + int(files.estimated_size())
    limit = filling.budget.filling(held, waiting_files=files.height)
    with database_errors(str(filling.options.database_path)):
        connection = filling.open(limit)
        try:
            return fill(connection, filling.options, inventory)
        finally:
            connection.close()
