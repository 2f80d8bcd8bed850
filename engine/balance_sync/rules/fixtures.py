"""Fixtures: small tables in TOML and the findings that a rule must make of them.

    [[case]]
    name = "a debit below zero"
    [[case.transactions]]
    transaction_id = "t1"
    new_balance = "-3"
    [[case.expect]]
    subject = "t1/subscription"
    difference = "-3"

A rule has a file ``fires.toml``, whose cases all expect something, and ``clean.toml``, whose cases
expect nothing. Columns that a row does not name are empty; amounts are text, so that they are exact.
Of an expected finding only the columns named are compared; number and order always are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from balance_sync.arrow_rows import rows_of, table_of
from balance_sync.errors import BalanceSyncError, RuleFileError
from balance_sync.rules.catalogue import Rule
from balance_sync.rules.ledger import build_ledger
from balance_sync.rules.parameters import bound_values, parameter_texts
from balance_sync.rules.workbench import workbench
from balance_sync.store.findings import FINDING_ROW
from balance_sync.store.sql_files import repository_directory

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

INPUT_TABLES = (
    *("transactions", "sync_errors", "messages", "invocations", "suspects", "dropped_logs", "rejects"),
    "sources",
)
FIXTURE_FILES = ("fires.toml", "clean.toml")

Row = dict[str, Any]


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One case of a fixture file: rows per table, parameters, and the findings expected."""

    name: str
    transactions: tuple[Row, ...] = ()
    sync_errors: tuple[Row, ...] = ()
    messages: tuple[Row, ...] = ()
    invocations: tuple[Row, ...] = ()
    suspects: tuple[Row, ...] = ()
    dropped_logs: tuple[Row, ...] = ()
    rejects: tuple[Row, ...] = ()
    sources: tuple[Row, ...] = ()
    parameters: dict[str, str] = {}
    expect: tuple[Row, ...] = ()


class FixtureFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fixture file: its cases, and the versions of the rule they hold for (none: all)."""

    case: tuple[Case, ...]
    versions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of a case; `problem` is empty if the rule did as expected."""

    rule: str
    file: Path
    case: str
    problem: str


def fixture_directory(rule: Rule) -> Path | None:
    """Return the folder of a rule's fixtures: beside an own rule, in the repository for a built-in one."""
    if not rule.built_in:
        return rule.directory
    repository = repository_directory()
    return repository / "tests" / "rules" / rule.header.id if repository else None


def run_fixtures(rules: Iterable[Rule]) -> tuple[CaseResult, ...]:
    """Run every case of every rule whose fixtures are at hand.

    Raises
    ------
    RuleFileError
        A fixture file is not as it must be.
    """
    with workbench() as connection:
        return tuple(result for rule in rules for result in _run_rule(connection, rule))


def read_fixtures(path: Path) -> FixtureFile:
    """Return the content of a fixture file, validated as far as it can be without the tables."""
    try:
        fixtures = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), FixtureFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RuleFileError(
            str(path),
            "is no fixture file",
            reason=str(error),
            help=f"a [[case]] has a name, tables ({', '.join(INPUT_TABLES)}), parameters and [[case.expect]]",
        ) from error
    fires = path.name == "fires.toml"
    for case in fixtures.case:
        if bool(case.expect) is not fires:
            wanted = "must expect a finding" if fires else "must not expect a finding"
            raise RuleFileError(
                str(path), f"the case {case.name!r} {wanted}", help="move it to the other file"
            )
    return fixtures


def _run_rule(connection: DuckDBPyConnection, rule: Rule) -> Iterator[CaseResult]:
    directory = fixture_directory(rule)
    if directory is None:
        return
    for name in FIXTURE_FILES:
        path = directory / name
        if not path.is_file():
            yield CaseResult(
                rule.key, path, "", "there is no such file: a rule is shown to fire and to stay silent"
            )
            continue
        fixtures = read_fixtures(path)
        if fixtures.versions and rule.header.version not in fixtures.versions:
            continue
        for case in fixtures.case:
            yield CaseResult(rule.key, path, case.name, _try_case(connection, rule, path, case))


def _try_case(connection: DuckDBPyConnection, rule: Rule, path: Path, case: Case) -> str:
    """Run one case; return what differs from what it expects, or nothing."""
    import duckdb

    header = rule.header
    try:
        fill_tables(connection, {name: getattr(case, name) for name in INPUT_TABLES})
        texts = parameter_texts(header.id, header.params, case.parameters, timezone="Asia/Bahrain")
        found = found_rows(connection, rule, texts)
    except BalanceSyncError as error:
        raise RuleFileError(f"{path}: {case.name}: {error.where}", error.what, help=error.help) from error
    except duckdb.Error as error:
        return f"the rule failed: {str(error).splitlines()[0]}"
    return _compare(found, case.expect)


def found_rows(connection: DuckDBPyConnection, rule: Rule, texts: Mapping[str, str]) -> list[Row]:
    """Return what `rule` selects from the tables as they are, in total order."""
    values = bound_values(rule.header.params, texts)
    relation = connection.sql(rule.file.query, params=values or None)
    rows: list[Row] = rows_of(relation)
    return sorted(rows, key=_row_order)


def _row_order(row: Row) -> tuple[datetime, str, int, str, str]:
    earliest = datetime.min.replace(tzinfo=UTC)
    return (row["logged_at"] or earliest, row["source_id"], row["line"], row["subject"], row["wallet"] or "")


def fill_tables(connection: DuckDBPyConnection, tables: Mapping[str, Iterable[Row]]) -> None:
    """Put `tables` in place of what the tables hold, and build the ledger from them.

    Rows lack any columns; a missing `source_id` is the table's name, a missing `line` the row's number.
    """
    for name in INPUT_TABLES:
        connection.execute(f"DELETE FROM {name}")  # noqa: S608 - one of INPUT_TABLES
        rows = tuple(tables.get(name, ()))
        if rows:
            connection.register("fixture", _arrow_table(name, rows))
            connection.execute(f"INSERT INTO {name} BY NAME FROM fixture")
            connection.unregister("fixture")
    build_ledger(connection, check_lock=False)


def _arrow_table(name: str, rows: Iterable[Row]) -> pa.Table:

    from balance_sync.schema import PUBLISHED_TABLES

    schema = PUBLISHED_TABLES[name]
    made = []
    for number, row in enumerate(rows, start=1):
        unknown = sorted(set(row) - set(schema.names))
        if unknown:
            raise RuleFileError(
                name, f"there is no column {unknown[0]!r}", help=f"columns: {', '.join(schema.names)}"
            )
        defaults = {"source_id": name, "line": number}
        filled = {column: value for column, value in defaults.items() if column in schema.names} | row
        made.append({c: _value(f"{name}.{c}", v, str(schema.field(c).type)) for c, v in filled.items()})
    return table_of(made, schema)


def _value(where: str, value: object, kind: str) -> object:
    """Return a TOML value as the column's type wants it."""
    try:
        if kind.startswith("decimal") and isinstance(value, str | int | Decimal) and value is not True:
            return Decimal(value)
        if kind.startswith("timestamp") and isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
        if {"string": str, "int64": int, "bool": bool}.get(kind) is type(value) or value is None:
            return value
    except InvalidOperation:
        pass
    raise RuleFileError(
        where,
        f"{value!r} cannot be meant",
        help='amounts are text ("1.500"), times have a zone (2024-01-31T21:00:00Z), lines are whole numbers',
    )


def _compare(found: list[Row], expected: tuple[Row, ...]) -> str:
    if len(found) != len(expected):
        subjects = ", ".join(str(row["subject"]) for row in found) or "none"
        return f"{len(expected)} findings expected, {len(found)} found: {subjects}"
    for number, (row, wanted) in enumerate(zip(found, expected, strict=True), start=1):
        for column, value in wanted.items():
            if column not in FINDING_ROW:
                return f"finding {number}: there is no column {column!r}"
            kind = {
                "DECIMAL(38,18)": "decimal",
                "TIMESTAMP WITH TIME ZONE": "timestamp",
                "BIGINT": "int64",
            }.get(FINDING_ROW[column], "string")
            if row[column] != _value(column, value, kind):
                return f"finding {number}: {column} is {row[column]!r}, expected {value!r}"
    return ""
