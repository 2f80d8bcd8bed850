"""Writes the reports of a run: the workbook here, and all else in the second process, if there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions
from balance_sync.pipeline.log_lines import log_reader_of_run

if TYPE_CHECKING:
    from collections.abc import Collection
    from concurrent.futures import Executor, Future

    from duckdb import DuckDBPyConnection

    from balance_sync.reports.changes import EarlierRun
    from balance_sync.reports.context import ReportContext
    from balance_sync.reports.formats import Format

_MEMORY_LIMIT = "256MB"
"""DuckDB's in the second process, which there is for small archives alone."""


def write_run_reports(
    connection: DuckDBPyConnection,
    database: Path,
    options: RunOptions,
    *,
    context: ReportContext,
    earlier: Sequence[EarlierRun],
    executor: Executor | None,
) -> tuple[Path, ...]:
    """Write the reports that `options` ask for; return the files.

    Parameters
    ----------
    connection
        The session in which the run wrote `database`, which nothing is added to any more.
    executor
        Of the second process.
    """
    from balance_sync.reports.writer import write_reports

    with _second_writer(connection, database, context, earlier, executor) as elsewhere:
        return write_reports(
            connection,
            options.output,
            formats=options.formats,
            context=context,
            earlier=earlier,
            read_logs=log_reader_of_run(connection),
            elsewhere=elsewhere,
        )


def prepare_to_write(formats: Collection[str]) -> None:
    """Import in the second process what it will write `formats` with, before the database is there."""
    from balance_sync.reports.writer import import_writers

    if import_writers(formats, elsewhere=True):
        # The page shows log lines, and Polars comes with what reads them.
        import duckdb  # noqa: F401


@dataclass(frozen=True, slots=True)
class _SecondWriter:
    """Has the second process write from a copy of the database: the file itself is this one's alone."""

    connection: DuckDBPyConnection
    database: Path
    copy: Path
    context: ReportContext
    earlier: tuple[EarlierRun, ...]
    executor: Executor

    def __call__(self, formats: tuple[Format, ...], folder: Path) -> Future[tuple[str, ...]] | None:
        self.connection.execute("CHECKPOINT")
        shutil.copyfile(self.database, self.copy)
        try:
            return self.executor.submit(_write, self.copy, formats, folder, self.context, self.earlier)
        except BrokenProcessPool:
            return None


@contextmanager
def _second_writer(
    connection: DuckDBPyConnection,
    database: Path,
    context: ReportContext,
    earlier: Sequence[EarlierRun],
    executor: Executor | None,
) -> Iterator[_SecondWriter | None]:
    if executor is None:
        yield None
        return
    # A name that `published` clears away where a killed run leaves it.
    copy = database.with_name(f"{database.name}.copy")
    try:
        yield _SecondWriter(connection, database, copy, context, tuple(earlier), executor)
    finally:
        copy.unlink(missing_ok=True)


def _write(
    database: Path,
    formats: tuple[Format, ...],
    folder: Path,
    context: ReportContext,
    earlier: tuple[EarlierRun, ...],
) -> tuple[str, ...]:
    from balance_sync.reports.writer import write_files
    from balance_sync.rules import keep_ledger
    from balance_sync.store.reading import read_only_session

    with read_only_session(
        database, memory_limit=_MEMORY_LIMIT, spill_directory=folder, threads=1
    ) as connection:
        keep_ledger(connection)
        read_logs = log_reader_of_run(connection)
        return write_files(
            connection, folder, formats=formats, context=context, earlier=earlier, read_logs=read_logs
        )
