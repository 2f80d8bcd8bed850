"""Divides the memory of a run among all that takes some: reading processes first, then the database.

Both are not at work at the same time, so each may have the whole limit. What the database gets is what the
interpreter and the libraries in it leave, for DuckDB's own limit covers its buffers only.
"""

from __future__ import annotations

from dataclasses import dataclass

from balance_sync.config import read_memory
from balance_sync.errors import UsageError

# Measured at 200 MB of text in one file, the worst shape: its pieces wait in the first process.
_FIRST_READER = 320_000_000
_FURTHER_READER = 160_000_000

# What a job takes beyond DuckDB's limit: interpreter, Polars, scikit-learn, reports. Measured were 400 MB at
# 20 MB of text, 540 MB at 200 MB, 620 MB with CSV and Parquet, and 700 MB with all of them and the PDF; with
# 730 MB a run that may take 900 MB took 866 to 878 MB, and once 908 MB on a busy machine.
_BESIDE_DATABASE = 750_000_000

# What filling the database takes beyond DuckDB's limit: interpreter, Polars, DuckDB itself, and the events of
# some thousand sources at a time. The inventory of all sources comes on top; it is let go before the rest
# begins.
_BESIDE_FILLING = 650_000_000

# For the inventory, and as much for what is selected from it: with 1.3 million sources filling peaked at
# 917 MB beyond DuckDB's limit, 151 MB of them the inventory.
_INVENTORY = 2

# What the first process holds while another one fills the database, and what it knows each file by: 165 MB
# were measured with 668,000 files, and 224 MB with 2.6 million.
_WAITING_PROCESS = 180_000_000
_WAITING_FILE = 30

# Below this DuckDB cannot sort the ledger; and each of its threads needs buffers before it can spill.
_LEAST_DATABASE = 110_000_000
_DATABASE_THREAD = 100_000_000

# Of what is beyond the least, a tenth stays for what grows beside DuckDB's limit. Chosen, not derived:
# with eight million transactions the job peaked at 1,327 MB without it and at 1,312 MB with it.
_ALLOCATED = 1.1

LEAST_TO_INGEST = _FIRST_READER
LEAST_TO_RUN = _BESIDE_DATABASE + _LEAST_DATABASE


@dataclass(frozen=True, slots=True)
class Budget:
    """How the memory of a run is divided.

    Attributes
    ----------
    limit
        Of the whole process tree, in bytes.
    reading_processes
        How many read logs at once, the first one included.
    database
        DuckDB's limit, in bytes.
    database_threads
        DuckDB's threads.
    """

    limit: int
    reading_processes: int
    database: int
    database_threads: int

    def filling(self, inventory_bytes: int, *, waiting_files: int | None = None) -> int:
        """Return DuckDB's limit in bytes while it is filled, beside an inventory of that size.

        Parameters
        ----------
        waiting_files
            Where that is done in another process, the files that the one which waits knows.
        """
        waiting = 0 if waiting_files is None else _WAITING_PROCESS + _WAITING_FILE * waiting_files
        beside = _BESIDE_FILLING + _INVENTORY * inventory_bytes + waiting
        return max(min(self.database, self.limit - beside), _LEAST_DATABASE)

    def __str__(self) -> str:
        """Return the budget in words, sizes in MB of 1,000,000 bytes."""
        return (
            f"{_megabytes(self.limit)} in all: {_counted(self.reading_processes, 'reading process', 'es')}, "
            f"then {_megabytes(self.database)} and {_counted(self.database_threads, 'thread', 's')} "
            "for the database"
        )


def divide_memory(limit: str, *, threads: int) -> Budget:
    """Divide the memory of a whole job.

    Parameters
    ----------
    limit
        A size, as `balance_sync.config.read_memory` reads it.
    threads
        What may work at once; fewer do where the limit is small.

    Raises
    ------
    UsageError
        `limit` is no size, or less than a job needs.
    """
    size = _at_least(LEAST_TO_RUN, limit)
    database = _LEAST_DATABASE + int((size - LEAST_TO_RUN) / _ALLOCATED)
    return Budget(
        size, _fitting_readers(size, threads), database, max(1, min(threads, database // _DATABASE_THREAD))
    )


def reading_processes(limit: str, *, threads: int) -> int:
    """Return how many processes may read logs at once; parameters and errors as of `divide_memory`."""
    return _fitting_readers(_at_least(LEAST_TO_INGEST, limit), threads)


def _fitting_readers(size: int, threads: int) -> int:
    return min(threads, 1 + (size - _FIRST_READER) // _FURTHER_READER)


def _at_least(least: int, limit: str) -> int:
    size = read_memory(limit, option="--memory-limit")
    if size < least:
        raise UsageError(
            "--memory-limit",
            f"{limit!r} is less than the program needs",
            help=f"the least is {least // 1_000_000}MB",
        )
    return size


def _megabytes(size: int) -> str:
    return f"{size // 1_000_000:,} MB"


def _counted(number: int, noun: str, ending: str) -> str:
    return f"{number} {noun}{'' if number == 1 else ending}"
