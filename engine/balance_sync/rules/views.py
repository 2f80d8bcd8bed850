"""Builds what the rules read and what is told about their findings: ledger, roll-forward, episodes.

Each is computed once. The ledger is wide and as long as the archive, so it is a temporary table,
which is written three times as fast as one in the database file; the published database gets a view
of the same name in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.errors import RuleFileError
from balance_sync.rules.header import SqlFile, ViewHeader, read_sql_file
from balance_sync.rules.lock import check_released, read_lock
from balance_sync.store.session import database_errors
from balance_sync.store.sql_files import sql_directory
from balance_sync.store.tables import fill_currencies

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

View = SqlFile[ViewHeader]


def load_views(*, check_lock: bool = True) -> dict[str, View]:
    """Return the views by id.

    Raises
    ------
    RuleFileError
        A view's header is not as it must be, or the view was changed without a new version.
    """
    locked = read_lock(sql_directory()).views
    views = {}
    for path in sorted((sql_directory() / "views").glob("*.sql")):
        view = read_sql_file(path, ViewHeader)
        if view.header.id != path.stem:
            raise RuleFileError(
                f"{path}:2", f"the header says {view.header.id!r}", help="the file is called <id>.sql"
            )
        if check_lock:
            check_released(view, locked, must=True)
        views[view.header.id] = view
    return views


def build_ledger(
    connection: DuckDBPyConnection,
    *,
    profile_directory: Path | None = None,
    check_lock: bool = True,
    currencies_of: str = "transactions",
) -> None:
    """Fill `currencies` and the temporary table `ledger` from `transactions`.

    Parameters
    ----------
    connection
        With the published tables.
    profile_directory
        Where to keep the profile of the ledger's query, which then runs twice.
    check_lock
        Refuse views that were changed after their release; off only where changes are tried out.
    currencies_of
        The table of all transactions, where `transactions` means an excerpt of it.

    Raises
    ------
    ResourceError, InputError
        Memory or disk ran out, or an amount is too large to calculate with.
    """
    view = load_views(check_lock=check_lock)["ledger"]
    with database_errors("ledger"):
        fill_currencies(connection, transactions=currencies_of)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE ledger AS\n{view.query}")
    if profile_directory is not None:
        write_profile(connection, view.query, {}, profile_directory / "00_ledger.txt")


def build_summaries(connection: DuckDBPyConnection, *, state_rules: Sequence[str], timezone: str) -> None:
    """Fill the tables `roll_forward` and `episodes`, and define the view `ledger` for later readers.

    Parameters
    ----------
    connection
        After all findings were recorded, those of the detector included.
    state_rules
        Ids of the rules whose findings are states (`RuleRun.nature`).
    timezone
        IANA name of the business time zone, which decides the days of an episode.
    """
    views = load_views()
    with database_errors("roll-forward and episodes"):
        connection.execute(f"CREATE OR REPLACE TABLE roll_forward AS\n{views['roll_forward'].query}")
        connection.execute(
            f"CREATE OR REPLACE TABLE episodes AS\n{views['episodes'].query}",
            {"state_rules": list(state_rules), "timezone": timezone},
        )
        define_views(connection)
    build_completeness(connection, timezone=timezone)


def build_completeness(connection: DuckDBPyConnection, *, timezone: str) -> None:
    """Fill the table `completeness` anew: what is missing from the logs.

    Parameters
    ----------
    connection
        With all published tables, no excerpt in their place.
    timezone
        IANA name of the business time zone, which decides what a day is.
    """
    with database_errors("completeness"):
        connection.execute(
            f"CREATE OR REPLACE TABLE completeness AS\n{load_views()['completeness'].query}",
            {"timezone": timezone},
        )


def define_views(connection: DuckDBPyConnection) -> None:
    """Define `ledger` as a view of the database itself, where sessions without the table find it."""
    connection.execute(f"CREATE OR REPLACE VIEW main.ledger AS\n{load_views()['ledger'].query}")


def write_profile(
    connection: DuckDBPyConnection, query: str, values: Mapping[str, object], path: Path
) -> None:
    """Run `query` once more under EXPLAIN ANALYZE and keep what it says at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = connection.execute(f"EXPLAIN ANALYZE {query}", dict(values)).fetchall()
    path.write_text("\n".join(str(row[-1]) for row in rows) + "\n", encoding="utf-8")
