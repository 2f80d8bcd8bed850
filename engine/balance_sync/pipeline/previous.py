"""The database of an earlier run, where a new one may begin with it.

It may where everything that decides results is what it was, and the database is what that run left: then
only what new sources bring has to be read, judged and ranked, and the results are those of a run over all.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from balance_sync import __version__
from balance_sync.errors import ResourceError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    from duckdb import DuckDBPyConnection

    from balance_sync.rules import Rule

COUNTED_TABLES = (
    *("sources", "transactions", "sync_errors", "messages", "invocations", "suspects", "rejects"),
    "dropped_logs",
    *("findings", "roll_forward", "episodes"),
)
"""The tables whose lengths are recorded with a run."""

_ROWS_AT_ONCE = 1 << 17
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Previous:
    """What an earlier run was, and what it counted.

    Attributes
    ----------
    run_id
        Its id.
    rules
        What is recorded of its rules: the text in the column of `runs`.
    is_untouched
        Whether nobody has written to its database since (see `mark_as_published`).
    sources
        ``source_id``, ``said`` (see `what_was_said`), ``is_copy`` and ``repeated_events`` of its sources.
    event_kinds
        ``kind, events``.
    settled
        What sources of one log stream had settled together: the hash of it.
    """

    run_id: str
    rules: str
    is_untouched: bool
    sources: pl.DataFrame
    event_kinds: pl.DataFrame
    settled: str


def basis(rules: tuple[Rule, ...], store_version: str, options: tuple[tuple[str, str], ...]) -> str:
    """Return the hash of all that decides results beside the sources."""
    import duckdb

    from balance_sync.store.sql_files import sql_directory

    sql = sql_directory()
    folders = ("schema", "views", "features", "sequences")
    files = [path for folder in folders for path in sorted(sql.glob(f"{folder}/**/*.sql"))]
    content = {
        "program": (__version__, store_version, duckdb.__version__),
        "rules": [(rule.key, rule.file.sha256) for rule in rules],
        "sql": [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files],
        "options": options,
    }
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def read_previous(database: Path, expected_basis: str) -> Previous | None:
    """Return what the run that made `database` counted; `None` where a new run cannot begin with it."""
    import duckdb

    from balance_sync.store.reading import read_only_session

    if not database.is_file():
        return None
    try:
        with read_only_session(database) as connection:
            return _read(connection, database, expected_basis)
    except (duckdb.Error, ResourceError, UsageError, ValueError, TypeError, AttributeError, KeyError):
        # No database, one of another version, one that was changed, or that another program has open.
        return None


def mark_as_published(database: Path, finished_at: datetime) -> None:
    """Give a database that is finished the time at which its run was: whatever writes to it changes that."""
    # Where the system refuses, the next run judges again.
    with suppress(OSError):
        os.utime(database, ns=(_nanoseconds(finished_at),) * 2)


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _read(connection: DuckDBPyConnection, database: Path, expected_basis: str) -> Previous | None:
    recorded = "run_id, rules, options, counts, epoch_us(finished_at)"
    runs = connection.execute(f"SELECT {recorded} FROM runs").fetchall()  # noqa: S608 - own words
    if len(runs) != 1:
        return None
    ((run_id, rules, options, counts, finished_us),) = runs
    # Somebody may have changed the tables since.
    told = json.loads(options)
    if told.get("basis") != expected_basis or json.loads(counts) != count_rows(connection):
        return None
    kinds = connection.sql("SELECT kind, events FROM event_kinds").pl()
    is_untouched = database.stat().st_mtime_ns == finished_us * 1000
    return Previous(run_id, rules, is_untouched, _sources(connection), kinds, told["settled"])


def _sources(connection: DuckDBPyConnection) -> pl.DataFrame:
    import polars as pl

    found = connection.sql("SELECT source_id, path, status, reason, repeated_events FROM sources")
    return pl.concat(
        pl.DataFrame(batch).select(
            "source_id",
            what_was_said(),
            is_copy=pl.col("status") == "duplicate",
            repeated_events="repeated_events",
        )
        for batch in (found.limit(0).to_arrow_table(), *found.to_arrow_reader(_ROWS_AT_ONCE))
    )


def what_was_said() -> pl.Expr:
    """Return a hash of the columns ``path, status, reason``: ``said``, UInt64, equal within a process."""
    import polars as pl

    return pl.struct("path", "status", "reason").hash().alias("said")


def count_rows(connection: DuckDBPyConnection) -> dict[str, int]:
    """Return how many rows each of `COUNTED_TABLES` has."""
    return {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]  # noqa: S608 - own names
        for table in COUNTED_TABLES
    }
