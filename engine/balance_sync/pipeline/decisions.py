"""Takes decisions down: about a finding of a run, or all that a file holds."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from balance_sync.config import FEEDBACK_FILE
from balance_sync.errors import InputError, UsageError
from balance_sync.feedback.journal import Imported, Journal
from balance_sync.feedback.statements import Refused, Statement, checked, now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from balance_sync.feedback.rows import Row
    from balance_sync.feedback.statements import Entry

_MOST_BYTES = 2 << 30


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import came to.

    Attributes
    ----------
    added
        The new entries.
    known
        How many rows said what was known already.
    undecided
        How many rows decide nothing.
    again
        Whether the very file had been imported before, and was not looked at.
    """

    added: tuple[Entry, ...]
    known: int = 0
    undecided: int = 0
    again: bool = False


def find_journal(database: Path, feedback: Path | None) -> Journal:
    """Return the decisions: of the file `feedback`, or of the one that the run of `database` used.

    Where the run's folders were moved, or there is no run yet, that is the file beside the database.
    """
    if feedback is not None:
        return Journal(feedback)
    beside = database.parent / FEEDBACK_FILE
    if not database.is_file():
        return Journal(beside)
    from balance_sync.store.reading import read_only_session

    with read_only_session(database) as connection:
        rows = connection.execute("SELECT options FROM runs").fetchall()
    used = json.loads(rows[0][0]).get("feedback_file") if rows else None
    return Journal(Path(used) if used and Path(used).parent.is_dir() else beside)


def decide(database: Path, journal: Journal, beginning: str, said: Statement) -> Entry:
    """Take down what was `said` of the finding of `database` whose id begins with `beginning`.

    Parameters
    ----------
    said
        The statement; its subject is replaced by the finding.

    Raises
    ------
    UsageError
        No finding, or several, have such an id; or the statement cannot be meant.
    """
    from balance_sync.feedback.findings import find_subject

    entries = journal.entries()
    with _findings(database) as connection:
        subject = find_subject(connection, beginning, entries)
    try:
        statement = checked(msgspec.structs.replace(said, subject=subject))
    except Refused as error:
        raise UsageError(
            subject.finding_id, str(error), help="see balance-sync feedback add --help"
        ) from error
    return journal.append([statement])[0]


def import_decisions(database: Path, journal: Journal, file: Path, *, decided_by: str) -> Brought:
    """Take down what is new in a workbook, a CSV file or JSON lines; all of it or nothing.

    Parameters
    ----------
    database
        Of the run whose findings are decided on.
    decided_by
        Who decided where a row does not say.

    Raises
    ------
    InputError
        The file cannot be read, or rows of it cannot be meant.
    """
    from balance_sync.feedback.findings import known_subjects
    from balance_sync.feedback.importing import Source, plan_import

    content = _content(file)
    imported = Imported(file.name, hashlib.sha256(content).hexdigest())
    entries = journal.entries()
    if journal.knows_import(imported.sha256):
        return Brought((), again=True)
    rows = _rows(file, content)
    with _findings(database) as connection:
        subjects = known_subjects(connection, [row.finding_id.strip() for row in rows], entries)
    plan = plan_import(rows, subjects=subjects, entries=entries, source=Source(imported, decided_by, now()))
    return Brought(journal.append(plan.statements, imported=imported), plan.known, plan.undecided)


@contextmanager
def _findings(database: Path) -> Iterator[DuckDBPyConnection]:
    import duckdb

    from balance_sync.store.reading import read_only_session

    with read_only_session(database) as connection:
        try:
            yield connection
        except duckdb.Error as error:
            raise UsageError(
                str(database),
                "has no findings to decide on",
                reason=str(error).splitlines()[0],
                help="run `balance-sync run LOGS` again with this version",
            ) from error


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise InputError(str(file), "is too large to be a file of decisions")
        return file.read_bytes()
    except OSError as error:
        raise InputError(str(file), "cannot be read", reason=str(error.strerror)) from error


def _rows(file: Path, content: bytes) -> Sequence[Row]:
    if file.suffix.lower() in {".xlsx", ".xlsm"}:
        from balance_sync.feedback.workbook import read_workbook
        from balance_sync.reports.labels import SECTIONS_WITHOUT_DECISIONS

        return read_workbook(file, passed_over=SECTIONS_WITHOUT_DECISIONS)
    if file.suffix.lower() in {".csv", ".jsonl", ".json"}:
        from balance_sync.feedback.texts import read_texts

        return tuple(read_texts(file, content))
    raise InputError(
        str(file), "is neither a workbook nor CSV nor JSON lines", help="name a file .xlsx, .csv or .jsonl"
    )
