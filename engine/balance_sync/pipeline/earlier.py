"""Reads finished runs: to compare with them, and to write their reports again without reading logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.config import DATABASE_NAME, MEMORY_LIMIT, default_threads
from balance_sync.errors import DeliveryError
from balance_sync.pipeline.budget import divide_memory
from balance_sync.pipeline.log_lines import log_reader_of_run
from balance_sync.pipeline.record import read_context

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from balance_sync.reports.changes import Comparison, EarlierRun

_COLUMNS = (
    *("finding_id", "rule", "severity", "user_id", "transaction_id", "logged_at", "currency", "wallet"),
    *("difference", "explanation", "source_id", "line"),
)


def run_database(path: Path) -> Path:
    """Return the database of the run at `path`: itself, or that in a folder of reports."""
    return path / DATABASE_NAME if path.is_dir() else path


def read_earlier(path: Path) -> EarlierRun:
    """Return the findings of the finished run at `path`, its database or its folder of reports.

    Raises
    ------
    UsageError
        There is no database of a finished run.
    """
    from balance_sync.reports.changes import EarlierRun
    from balance_sync.store.reading import read_only_session

    database = run_database(path)
    with read_only_session(database) as connection:
        context = read_context(connection, database)
        query = f"SELECT {', '.join(_COLUMNS)} FROM findings ORDER BY finding_id"  # noqa: S608 - own names
        findings = connection.sql(query).to_arrow_table()
        (last_at,) = connection.sql("SELECT max(last_at) AS at FROM sources").to_arrow_table()["at"]
    return EarlierRun(str(path), context.run_id, context.version, last_at.as_py(), findings)


def write_reports_again(
    database: Path,
    directory: Path,
    *,
    formats: Sequence[str],
    earlier: Sequence[Path] = (),
    key: bytes | None = None,
    sections: Collection[str] = (),
    most_rows: int | None = None,
    memory_limit: str = MEMORY_LIMIT,
) -> tuple[Path, ...]:
    """Write reports of the finished run in `database` into `directory`; return the files.

    Of the logs nothing is read but the few lines that the page shows, and those only if they are still there.

    Parameters
    ----------
    earlier
        Databases or folders of runs to compare with, oldest first.
    sections
        Names of `Section`, which workbook and page then show alone; none for all.
    most_rows
        Rows that a table of workbook and page shows at most.
    key
        Of the pseudonyms that identifiers become; `None` to leave them as they are.
    memory_limit
        Of the whole process; what does not fit is spilled into `directory`.

    Raises
    ------
    UsageError
        There is no database of a finished run, the key is too short, or the limit is none.
    DeliveryError
        A file could not be written.
    """
    from balance_sync.reports.context import Section
    from balance_sync.reports.data import manifest_hash
    from balance_sync.reports.pseudonyms import pseudonymise, pseudonymised_findings
    from balance_sync.reports.writer import write_reports
    from balance_sync.rules import keep_ledger
    from balance_sync.store.reading import read_only_session
    from balance_sync.store.session import database_errors

    budget = divide_memory(memory_limit, threads=default_threads())
    runs = [read_earlier(path) for path in earlier]
    with (
        _spill_folder(directory) as spill,
        read_only_session(database, memory_limit=f"{budget.database}B", spill_directory=spill) as connection,
        database_errors(str(database)),
    ):
        context = read_context(connection, database)
        read_logs = log_reader_of_run(connection) if key is None else None
        if sections:
            context = replace(context, sections=frozenset(map(Section, sections)))
        context = replace(context, most_rows=most_rows)
        if key is None:
            # Else each table of each report would compute it anew.
            keep_ledger(connection)
        else:
            sha256 = manifest_hash(connection, context.run_id)
            context = replace(context, pseudonymised=True, manifest_sha256=sha256)
            pseudonymise(connection, key)
            runs = [replace(run, findings=pseudonymised_findings(run.findings, key)) for run in runs]
        return write_reports(
            connection, directory, formats=formats, context=context, earlier=runs, read_logs=read_logs
        )


@contextmanager
def _spill_folder(directory: Path) -> Iterator[Path]:
    """Give a folder within `directory`, where the reports go anyway, for what does not fit into memory."""
    from balance_sync.store.temporary_folder import SPILL, temporary_folder

    with ExitStack() as stack:
        try:
            folder = stack.enter_context(temporary_folder(directory, SPILL))
        except OSError as error:
            raise DeliveryError(str(directory), "cannot be written", reason=str(error.strerror)) from error
        yield folder


def compare_runs(database: Path, *, earlier: Sequence[Path]) -> Comparison:
    """Compare the finished run in `database` with `earlier` ones, oldest first; errors as above."""
    from balance_sync.reports.changes import compare
    from balance_sync.store.reading import read_only_session

    runs = [read_earlier(path) for path in earlier]
    with read_only_session(database) as connection:
        return compare(connection, read_context(connection, database), runs)


def reveal_pseudonyms(database: Path, key: bytes, wanted: Sequence[str]) -> dict[str, str | None]:
    """Return the identifier behind each pseudonym; `None` where the run in `database` has none such.

    Raises
    ------
    UsageError
        There is no database of a finished run, or the key is too short.
    """
    from balance_sync.reports.pseudonyms import reveal
    from balance_sync.store.reading import read_only_session

    with read_only_session(database) as connection:
        read_context(connection, database)
        return reveal(connection, key, wanted)
