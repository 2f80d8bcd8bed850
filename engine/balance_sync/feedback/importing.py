"""Turns the rows of a file into statements: all that is new in it, or every reason why none is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from balance_sync.errors import InputError
from balance_sync.feedback.statements import (
    Refused,
    Scope,
    Statement,
    checked,
    normal_note,
    read_day,
    read_decision,
    read_scope,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from balance_sync.feedback.journal import Imported
    from balance_sync.feedback.rows import Row
    from balance_sync.feedback.statements import Entry, Subject

PROBLEMS_TOLD = 20


@dataclass(frozen=True)
class Source:
    """What a file's statements have in common.

    Parameters
    ----------
    file
        Its name and hash.
    decided_by, decided_at
        Who and when, where a row does not say.
    """

    file: Imported
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True)
class Plan:
    """What an import brings.

    Parameters
    ----------
    statements
        What is new, in the order of the file.
    known
        How many rows say what is known already.
    undecided
        How many rows decide nothing.
    """

    statements: tuple[Statement, ...]
    known: int
    undecided: int


def plan_import(
    rows: Iterable[Row], *, subjects: Mapping[str, Subject], entries: Sequence[Entry], source: Source
) -> Plan:
    """Compare the rows of a file with what is known.

    A row of a workbook that says what the workbook was written with says nothing new, even if somebody has
    decided otherwise since; a row of an export, which states its time, is an entry of its own.

    Parameters
    ----------
    subjects
        The findings that may be decided on, by id.

    Raises
    ------
    InputError
        Rows cannot be meant; the error names each with its place and reason, and nothing is to be imported.
    """
    reading = _Reading(subjects, entries, source)
    problems = []
    for row in rows:
        try:
            reading.take(row)
        except Refused as error:
            problems.append(f"{row.place}: {error}")
    if problems:
        told = problems[:PROBLEMS_TOLD]
        rest = len(problems) - len(told)
        raise InputError(
            source.file.name,
            f"{len(problems):,} of its rows cannot be meant; nothing was imported",
            reason="\n    ".join([*told, *([f"and {rest:,} more"] if rest else [])]),
            help="correct them and import the file again",
        )
    return Plan(tuple(reading.statements), reading.known, reading.undecided)


class _Reading:
    """Goes through the rows of one file."""

    def __init__(self, subjects: Mapping[str, Subject], entries: Sequence[Entry], source: Source) -> None:
        self._subjects, self._source = subjects, source
        self._by_id = {str(one.entry_id): one.statement for one in entries}
        self._latest = {_about(one.statement): one.statement for one in entries}
        self._every = {_identity(one.statement) for one in entries}
        self._here: dict[tuple[str, Scope], tuple[str, Statement]] = {}
        self.statements: list[Statement] = []
        self.known = self.undecided = 0

    def take(self, row: Row) -> None:
        shown = self._by_id.get(row.entry_id)
        if not row.decision.strip():
            self._undecided(row)
            return
        statement = self._statement(row, shown)
        if row.decided_at:
            self._add(statement, known=_identity(statement) in self._every)
            self._every.add(_identity(statement))
            return
        before = self._here.setdefault(_about(statement), (row.place, statement))
        if before[1] is not statement:
            if _content(before[1]) != _content(statement):
                raise Refused(f"decides otherwise than {before[0]} about the same finding")
            self.known += 1
            return
        is_as_written = shown is not None and _said(shown) == _said(statement)
        latest = self._latest.get(_about(statement))
        self._add(
            statement, known=is_as_written or (latest is not None and _content(latest) == _content(statement))
        )

    def _add(self, statement: Statement, *, known: bool) -> None:
        if known:
            self.known += 1
        else:
            self.statements.append(statement)

    def _undecided(self, row: Row) -> None:
        if row.entry_id:
            raise Refused(
                "its decision was taken out, and decisions stay: choose “Needs information” instead"
            )
        if row.note.strip():
            raise Refused("has a note and no decision")
        self.undecided += 1

    def _statement(self, row: Row, shown: Statement | None) -> Statement:
        subject = self._subjects.get(row.finding_id.strip())
        if subject is None:
            raise Refused(f"no finding has the id {row.finding_id.strip()!r}; it may have been edited")
        # What a sheet cannot show as it is, it shows otherwise.
        owner = (subject.user_id or "").strip()
        if row.user_id and owner.isprintable() and row.user_id.strip() not in {owner, ""}:
            raise Refused(
                f"finding {subject.finding_id} is not of subscriber {row.user_id!r}: "
                "ids were edited, or a part of the columns was sorted"
            )
        names_another = bool(row.decided_by.strip()) and (shown is None or row.decided_by != shown.decided_by)
        stated = row.decided_by if names_another or row.decided_at else self._source.decided_by
        return checked(
            Statement(
                subject=subject,
                decision=read_decision(row.decision),
                note=row.note,
                decided_by=stated,
                decided_at=_moment(row.decided_at) if row.decided_at else self._source.decided_at,
                scope=read_scope(row.scope),
                until=read_day(row.until),
                source=self._source.file.name,
                source_sha256=self._source.file.sha256,
            )
        )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(f"{text!r} is no time (write 2024-01-31T12:00:00Z)") from None
    if moment.tzinfo is None:
        raise Refused(f"{text!r} names no time zone (write 2024-01-31T12:00:00Z)")
    return moment.astimezone(UTC)


def _about(statement: Statement) -> tuple[str, Scope]:
    return statement.subject.finding_id, statement.scope


def _said(statement: Statement) -> tuple[str, str]:
    return statement.decision, normal_note(statement.note)


def _content(statement: Statement) -> tuple[object, ...]:
    return statement.decision, statement.note, statement.scope, statement.until


def _identity(statement: Statement) -> tuple[object, ...]:
    return (*_about(statement), *_content(statement), statement.decided_by, statement.decided_at)
