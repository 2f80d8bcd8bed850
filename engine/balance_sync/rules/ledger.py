"""The ledger of a session: built once, kept under its name, and dropped.

Of few transactions it is a temporary table. Of many it would take 900 bytes a row, more than the archive
itself, and every rule would read all of it back from disk. So then only what takes a sort to find out is a
table (`chain`, some 110 bytes a row), and `ledger` is a view that reads it side by side with `transactions`.
Of very many that is made in parts, by subscriber.
Rules and reports see no difference. What the product itself does with ledgers reads `numbered_ledger`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.rules.views import load_views, write_profile
from balance_sync.store.session import database_errors
from balance_sync.store.tables import fill_currencies
from balance_sync.store.temporary_tables import count_parts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.rules.views import View

MOST_TABLE_ROWS = 250_000
"""Up to so many transactions the ledger is a table, which is planned faster and read faster than a view."""

_PARTS = 4
_ROW_GROUP = 122_880
"""Rows that DuckDB keeps together: a part that begins elsewhere would look through some of another one."""

_SORTED_ROW = 300 / 16
"""Bytes that each thread holds for each transaction while chains are made: of 300, a sixteenth at a time."""

_NAMES = ("ledger", "numbered_ledger", "linked", "chain")


def build_ledger(
    connection: DuckDBPyConnection,
    *,
    profile_directory: Path | None = None,
    check_lock: bool = True,
    currencies_of: str = "transactions",
) -> None:
    """Fill `currencies` from `transactions`, and make the temporary `ledger`.

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
    with database_errors("ledger"):
        fill_currencies(connection, transactions=currencies_of)
    keep_ledger(connection, profile_directory=profile_directory, check_lock=check_lock)


def keep_ledger(
    connection: DuckDBPyConnection,
    *,
    profile_directory: Path | None = None,
    check_lock: bool = True,
) -> None:
    """Make the temporary `ledger` where `currencies` is filled: of a database that may be read-only.

    Parameters and errors are those of `build_ledger`.
    """
    views = load_views(check_lock=check_lock)
    drop_ledger(connection)
    ((rows,),) = connection.execute("SELECT count(*) FROM transactions").fetchall()
    with database_errors("ledger"):
        if rows <= MOST_TABLE_ROWS:
            connection.execute(f"CREATE TEMP TABLE numbered_ledger AS\n{_numbered(views)}")
            connection.execute(f"CREATE TEMP VIEW ledger AS\n{views['ledger'].query}")
        else:
            _make_chain(connection, views["chain"].query, rows)
            _define_in_place(connection, views, rows)
    if profile_directory is not None:
        query = _numbered(views) if rows <= MOST_TABLE_ROWS else _chain_part(views["chain"].query)
        write_profile(connection, query, {}, profile_directory / "00_ledger.txt")


def _make_chain(connection: DuckDBPyConnection, query: str, rows: int) -> None:
    """Make the table in as many parts as its rows ask for: DuckDB cannot spill what it sorts for a window."""
    parts = _parts(connection, rows)
    if parts == 1:
        connection.execute(f"CREATE TEMP TABLE chain AS\n{_chain_part(query)} ORDER BY event")
        return
    into = "CREATE TEMP TABLE parts_of_chain AS"
    for part in range(parts):
        connection.execute(f"{into}\n{_chain_part(query, part, parts)}")
        into = "INSERT INTO parts_of_chain"
    connection.execute("CREATE TEMP TABLE chain AS FROM parts_of_chain ORDER BY event")
    connection.execute("DROP TABLE parts_of_chain")


def _parts(connection: DuckDBPyConnection, rows: int) -> int:
    ((threads,),) = connection.execute("SELECT current_setting('threads')").fetchall()
    return count_parts(connection, rows * int(threads) * _SORTED_ROW)


def _chain_part(query: str, part: int = 0, parts: int = 1) -> str:
    return query.replace("$parts", str(parts)).replace("$part", str(part))


def _numbered(views: Mapping[str, View]) -> str:
    """Return the numbered ledger in one query."""
    chain = _chain_part(views["chain"].query)
    return (
        f"WITH\nchain AS (\n{chain}),\nlinked AS (\n{views['linked'].query})\n"
        f"{views['numbered_ledger'].query}"
    )


def _define_in_place(connection: DuckDBPyConnection, views: Mapping[str, View], rows: int) -> None:
    ((displaced,),) = connection.execute("SELECT count(*) FROM chain WHERE rowid <> event").fetchall()
    # Where rows of transactions were deleted, the two do not lie side by side.
    linked = views["linked"].query if displaced else _in_parts(views["linked_in_place"].query, rows)
    connection.execute(f"CREATE TEMP VIEW linked AS\n{linked}")
    for name in ("numbered_ledger", "ledger"):
        connection.execute(f"CREATE TEMP VIEW {name} AS\n{views[name].query}")


def _in_parts(query: str, rows: int) -> str:
    part_rows = -(-rows // (_PARTS * _ROW_GROUP)) * _ROW_GROUP
    # A view has no parameters.
    return query.replace("$part_rows", str(part_rows))


def define_ledger(connection: DuckDBPyConnection) -> None:
    """Define the ledgers as views of the database, where sessions without the temporary ones find them."""
    views = load_views()
    numbered = _numbered(views)
    connection.execute(f"CREATE OR REPLACE VIEW main.numbered_ledger AS\n{numbered}")
    connection.execute(
        f"CREATE OR REPLACE VIEW main.ledger AS\n"
        f"WITH numbered_ledger AS (\n{numbered})\n{views['ledger'].query}"
    )


def drop_ledger(connection: DuckDBPyConnection) -> None:
    """Drop the temporary ledger, if there is one: the name means the published view again."""
    for name, kind in _temporary(connection, _NAMES):
        connection.execute(f"DROP {kind} temp.{name}")


def _temporary(connection: DuckDBPyConnection, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return those of `names` that are temporary, with what they are, ``TABLE`` or ``VIEW``."""
    return connection.execute(
        """
        SELECT table_name, if(table_type = 'VIEW', 'VIEW', 'TABLE')
        FROM information_schema.tables
        WHERE table_catalog = 'temp' AND list_contains($names, table_name)
        ORDER BY table_name
        """,
        {"names": list(names)},
    ).fetchall()
