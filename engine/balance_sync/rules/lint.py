"""Checks of rule files: what makes a rule's result the same in every run, and its columns the ones agreed.

The checks read the statement (sqlglot for its shape, DuckDB for its meaning on empty tables) and
never run it on data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.errors import RuleFileError
from balance_sync.rules.catalogue import Rule
from balance_sync.rules.parameters import bound_values, parameter_texts
from balance_sync.rules.workbench import workbench
from balance_sync.store.findings import FINDING_ROW

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

READABLE = (
    "currencies",
    "dropped_logs",
    "invocations",
    "ledger",
    "messages",
    "rejects",
    "sources",
    "suspects",
    "sync_errors",
    "transactions",
)
"""Tables that a rule may read. Not `findings`: a rule's result must not depend on which others ran."""

_TABLE_FUNCTIONS = {"unnest", "generate_series", "range"}
# With one argument they count from today, whatever DuckDB says.
_FROM_TODAY = {"age"}
# Functions that DuckDB itself calls consistent and whose result depends on the order of rows.
_ORDER_DEPENDENT = {
    "any_value",
    "arbitrary",
    "first",
    "last",
    "list",
    "array_agg",
    "string_agg",
    "group_concat",
}
_NEED_ORDER = {
    "row_number",
    "rank",
    "dense_rank",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
    "ntile",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a rule file that must be mended, and how."""

    where: str
    what: str
    help: str


def lint_rules(rules: Iterable[Rule]) -> tuple[Problem, ...]:
    """Return every problem of `rules`, by file; none if all is well."""
    rules = tuple(rules)
    if not rules:
        return ()
    with workbench() as connection:
        volatile = _volatile_functions(connection)
        return tuple(problem for rule in rules for problem in _lint(connection, rule, volatile))


def refuse_problems(rules: Iterable[Rule]) -> None:
    """Raise `RuleFileError` for the first problem of `rules`, if there is one."""
    problems = lint_rules(rules)
    if problems:
        first = problems[0]
        more = f"{len(problems) - 1} more; see `balance-sync rules validate`" if len(problems) > 1 else ""
        raise RuleFileError(first.where, first.what, reason=more, help=first.help)


def _lint(connection: DuckDBPyConnection, rule: Rule, volatile: frozenset[str]) -> Iterator[Problem]:
    import duckdb
    from sqlglot import parse
    from sqlglot.errors import SqlglotError

    try:
        statements = duckdb.extract_statements(rule.file.sql)
    except duckdb.Error as error:
        yield _database_problem(rule, error)
        return
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        yield _problem(rule, "a rule is one SELECT statement", "leave out everything else", at=None)
        return
    yield from _check_parameters(rule, set(statements[0].named_parameters))
    try:
        tree = parse(rule.file.sql, dialect="duckdb")[0]
    except SqlglotError as error:
        yield _problem(rule, "the statement is not understood", str(error).splitlines()[0], at=None)
        return
    assert tree is not None  # noqa: S101 - DuckDB found one statement in the same text
    for check in _CHECKS:
        yield from check(rule, tree)
    yield from _check_functions(rule, tree, volatile)
    yield from _check_columns(connection, rule)


def _check_parameters(rule: Rule, used: set[str]) -> Iterator[Problem]:
    declared = set(rule.header.params)
    for name in sorted(used - declared):
        yield _problem(rule, f"${name} is not declared", f"add [params.{name}] to the header", at=f"${name}")
    for name in sorted(declared - used):
        help_ = f"use ${name} in the statement or take it out of the header"
        yield _problem(rule, f"the parameter {name} is never used", help_, at=f"[params.{name}]")


def _check_stars(rule: Rule, tree: exp.Expr) -> Iterator[Problem]:
    from sqlglot import exp

    for star in tree.find_all(exp.Star):
        if not isinstance(star.parent, exp.Count):
            yield _at_node(rule, star, "SELECT * hides which columns a rule uses", "name the columns")


def _check_tables(rule: Rule, tree: exp.Expr) -> Iterator[Problem]:
    from sqlglot import exp

    named = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    for name in sorted(named & set(READABLE)):
        yield _problem(rule, f"a CTE must not be called {name!r} like a table", "call it otherwise", at=name)
    for name in sorted(set(rule.header.reads) - set(READABLE)):
        help_ = f"a rule may read {', '.join(READABLE)}"
        yield _problem(rule, f"reads names {name!r}, which is no table of rules", help_, at="reads")
    read = set()
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            continue
        read.add(table.name)
        if table.db or table.name not in named | set(rule.header.reads):
            full_name = f"{table.db}.{table.name}" if table.db else table.name
            yield _at_node(
                rule, table.this, f"{full_name!r} is read and not declared", "add it to reads in the header"
            )
    for name in sorted(set(rule.header.reads) & set(READABLE) - read):
        yield _problem(rule, f"reads names {name!r}, which is never read", "take it out of reads", at="reads")


def _check_samples(rule: Rule, tree: exp.Expr) -> Iterator[Problem]:
    from sqlglot import exp

    for node in tree.find_all(exp.TableSample):
        yield _at_node(rule, node, "a sample differs from run to run", "read the whole table")
    for limit in tree.find_all(exp.Limit, exp.Fetch):
        parent = limit.parent
        if parent is None or parent.args.get("order") is None:
            yield _at_node(
                rule, limit, "LIMIT without ORDER BY takes any rows", "order by a unique key, or drop LIMIT"
            )


def _check_windows(rule: Rule, tree: exp.Expr) -> Iterator[Problem]:
    from sqlglot import exp

    for window in tree.find_all(exp.Window):
        function = window.this
        if not isinstance(function, exp.Func) or window.args.get("order") or window.args.get("alias"):
            continue
        if _names(function) & _NEED_ORDER:
            yield _at_node(
                rule, function, "a window without ORDER BY numbers rows at random", "order it by a unique key"
            )


def _check_functions(rule: Rule, tree: exp.Expr, volatile: frozenset[str]) -> Iterator[Problem]:
    from sqlglot import exp

    for function in tree.find_all(exp.Func):
        names = _names(function)
        is_from_today = len(list(function.iter_expressions())) == 1
        changing = names & (volatile | _FROM_TODAY if is_from_today else volatile)
        if changing:
            what = f"{min(changing)}() gives another result in another run"
            yield _at_node(rule, function, what, "use the times and ids of the logs")
        in_table = isinstance(function.parent, exp.Table)
        if in_table and not names & _TABLE_FUNCTIONS:
            yield _at_node(
                rule, function, f"{min(names)}() reads something other than the tables", "read the tables"
            )
        if (
            names & _ORDER_DEPENDENT
            and not function.find(exp.Order)
            and not isinstance(function.parent, exp.Window)
        ):
            what = f"{min(names & _ORDER_DEPENDENT)}() depends on the order of rows"
            yield _at_node(rule, function, what, "give it an ORDER BY, or use min, max, arg_min or arg_max")


def _check_columns(connection: DuckDBPyConnection, rule: Rule) -> Iterator[Problem]:
    """Describe the statement on empty tables: it must bind, with exactly the agreed columns."""
    import duckdb

    declared = rule.header.params
    try:
        texts = parameter_texts(rule.key, declared, {}, timezone="UTC")
        rows = connection.execute(f"DESCRIBE {rule.file.sql}", bound_values(declared, texts)).fetchall()
    except duckdb.Error as error:
        yield _database_problem(rule, error)
        return
    columns = {name: kind for name, kind, *_ in rows}
    if tuple(columns) != tuple(FINDING_ROW):
        wrong = [f"{name} is missing" for name in FINDING_ROW if name not in columns]
        wrong += [f"{name} is not one of them" for name in columns if name not in FINDING_ROW]
        what = f"the columns are not the agreed ones: {', '.join(wrong) or 'their order differs'}"
        yield _problem(rule, what, f"select {', '.join(FINDING_ROW)}", at="SELECT")
    for name, kind in columns.items():
        if name in FINDING_ROW and kind not in (FINDING_ROW[name], '"NULL"'):
            yield _problem(rule, f"the column {name} is {kind}", f"it must be {FINDING_ROW[name]}", at=name)


def _volatile_functions(connection: DuckDBPyConnection) -> frozenset[str]:
    """Return the functions that DuckDB says may give another result in another query.

    But for those that depend on the session's time zone alone, as all do that take or make times of a zone:
    it is UTC.
    """
    rows = connection.execute(
        """
        SELECT DISTINCT lower(function_name) FROM duckdb_functions()
        WHERE stability <> 'CONSISTENT' AND (
            len(parameter_types) = 0
            OR NOT regexp_matches(concat_ws(',', parameter_types, return_type), 'TIME ZONE|TIMESTAMPTZ')
        )
        """
    ).fetchall()
    # sqlglot's names for now() and its kin.
    return frozenset(name for (name,) in rows) | {
        "current_timestamp",
        "current_time",
        "localtime",
        "localtimestamp",
    }


def _names(function: exp.Func) -> set[str]:
    from sqlglot import exp

    names = (
        [function.name]
        if isinstance(function, exp.Anonymous | exp.AnonymousAggFunc)
        else function.sql_names()
    )
    return {name.lower() for name in names}


def _problem(rule: Rule, what: str, help_: str, *, at: str | None) -> Problem:
    """Make a problem at the first line that holds `at`."""
    lines = rule.file.sql.splitlines()
    line = next((n for n, text in enumerate(lines, 1) if at is not None and at in text), 1)
    return Problem(f"{rule.file.path}:{line}", what, help_)


def _at_node(rule: Rule, node: exp.Expr, what: str, help_: str) -> Problem:
    """Make a problem at the line of `node`, or of the first thing in it whose line is known."""
    start = next((found.meta["start"] for found in node.walk() if "start" in found.meta), 0)
    line = rule.file.sql.count("\n", 0, start) + 1
    return Problem(f"{rule.file.path}:{line}", what, help_)


def _database_problem(rule: Rule, error: Exception) -> Problem:
    """Make a problem of what DuckDB says; it was given the whole file, so its lines are the file's."""
    found = re.search(r"^LINE (\d+):", str(error), re.MULTILINE)
    message = " ".join(str(error).split("\n\nLINE", 1)[0].split())
    return Problem(f"{rule.file.path}:{found[1] if found else 1}", message, "correct the statement")


_CHECKS: tuple[Callable[[Rule, exp.Expr], Iterator[Problem]], ...] = (
    _check_stars,
    _check_tables,
    _check_samples,
    _check_windows,
)
