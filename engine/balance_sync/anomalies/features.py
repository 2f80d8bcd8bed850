"""Computes in SQL what the features of every transaction follow from.

It lives in temporary tables, which can spill. What DuckDB holds and cannot spill, such as all amounts of
every subscriber, is done in as many parts as the length of the ledger asks for.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from balance_sync.store.sql_files import sql_directory
from balance_sync.store.temporary_tables import count_parts, drop_tables, fill_steps, named_in

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FEATURES = (
    "amount_subscriber",
    "amount_population",
    "amount_both",
    "repeat",
    "action_subscriber",
    "action_rarity",
    "hour_of_day",
    "pause",
    "wallet_gap",
    "wallet_gap_step",
    "balance",
    "amount_relative",
    "near",
    "day",
    "day_amount",
    "batch",
    "source",
    "direction_of_action",
)
"""The columns of every feature matrix, in order; what each means stands in the SQL file's header."""

FEATURES_VERSION = 3
FEATURES_TABLE = "transaction_features"
CANDIDATES_TABLE = "feature_company"
ASKED_TABLE = "feature_asked"
"""What `select_asked` gives the features of: some rows of `CANDIDATES_TABLE`."""

WANTED_TABLE = "feature_wanted"
MOST_KEPT_ROWS = 250_000
"""Of up to so many transactions the features are a table, of 161 bytes for each."""

_KINDS = ("first_steps", "own_steps", "part_steps", "last_steps")
"""Kinds of steps in their order: of all; of one part alone; of each part, added to those before; of all."""

_PARTS_TABLE = "feature_parts"
_HELD_ROW = 45
"""Bytes held for each transaction, and not spilled, while what is usual for each subscriber is found out."""

_KEPT_ROW = 8
"""Bytes of each transaction's rows in temporary tables, the ledger's among them, that cannot be spilled."""

FloatMatrix = npt.NDArray[np.float64]


def build_features(connection: DuckDBPyConnection, *, timezone: str, kept: bool = False) -> int:
    """Fill the temporary tables that the features of every transaction of `ledger` follow from.

    They stay until `drop_features`.

    Parameters
    ----------
    connection
        Holds the tables ``ledger`` and ``findings``.
    timezone
        IANA name of the business time zone.
    kept
        Keep the features themselves in a table, however many there are.

    Returns
    -------
    int
        The number of transactions.
    """
    header, steps = read_features()
    values = {**_defaults(header), "timezone": timezone}
    first, of_one_part, of_parts, last = (
        {_table(step): steps[_table(step)] for step in header[kind]} for kind in _KINDS
    )
    drop_features(connection)
    count = count_transactions(connection)
    _divide(connection, count)
    parts = read_parts(connection)
    fill_steps(connection, first, values)
    for number, part in enumerate(parts):
        fill_steps(connection, of_one_part, {**values, **part})
        fill_steps(connection, of_parts, {**values, **part}, adding=number > 0)
    drop_tables(connection, of_one_part)
    fill_steps(connection, last, values)
    select = steps[FEATURES_TABLE]
    drop_tables(
        connection,
        [name for name in (*first, *of_parts, *last) if name not in select and name != CANDIDATES_TABLE],
    )
    if kept or count <= MOST_KEPT_ROWS:
        for number, part in enumerate(parts):
            fill_steps(connection, {FEATURES_TABLE: select_part()[0]}, {**values, **part}, adding=number > 0)
    return count


def _divide(connection: DuckDBPyConnection, count: int) -> None:
    """Keep which subscribers, by their numbers, make a part: about as many transactions in each."""
    connection.execute(
        f"""
        CREATE TEMP TABLE {_PARTS_TABLE} AS
        WITH subscribers AS (
            SELECT subscriber_number, sum(count(*)) OVER (ORDER BY subscriber_number) - 1 AS place
            FROM numbered_ledger
            WHERE $parts > 1
            GROUP BY subscriber_number
        )
        SELECT min(subscriber_number) AS first_subscriber, max(subscriber_number) AS last_subscriber
        FROM subscribers
        GROUP BY place * $parts // $count
        """,  # noqa: S608
        {"parts": count_parts(connection, count * _HELD_ROW, beside=count * _KEPT_ROW), "count": count},
    )


def read_parts(connection: DuckDBPyConnection) -> list[dict[str, int]]:
    """Return the parameters of each part that the features are made in, at least one; after `build_features`.

    Those of a single part are none: their defaults mean everything.
    """
    rows = connection.execute(
        f"SELECT first_subscriber, last_subscriber FROM {_PARTS_TABLE} ORDER BY first_subscriber"  # noqa: S608
    ).fetchall()
    return [{"first_subscriber": first, "last_subscriber": last} for first, last in rows] or [{}]


def select_asked() -> tuple[str, dict[str, Any]]:
    """Return a SELECT of features with all their context, of `ASKED_TABLE`, and its parameters."""
    header, steps = read_features()
    select = steps[FEATURES_TABLE]
    return select, named_in(select, _defaults(header))


def select_part() -> tuple[str, dict[str, Any]]:
    """Return a SELECT of the features of all transactions of a part, and its parameters, a part's among them.

    Its columns are ledger_row, explained, at_us and `FEATURES`.
    """
    header, steps = read_features()
    text = f"""
        WITH {ASKED_TABLE} AS (
            FROM {CANDIDATES_TABLE}
            WHERE subscriber BETWEEN $first_subscriber AND $last_subscriber
        )
        SELECT ledger_row, explained, at_us, {", ".join(FEATURES)} FROM (
            {steps[FEATURES_TABLE]}
        )
    """  # noqa: S608
    return text, named_in(text, _defaults(header))


@cache
def read_features() -> tuple[dict[str, Any], dict[str, str]]:
    """Return the header of the features, and the SELECT of each table on the way, the features last."""
    folder = sql_directory() / "features"
    last = (folder / f"v{FEATURES_VERSION}.sql").read_text(encoding="utf-8")
    head, select = last.split("\n---*/\n", 1)
    header = tomllib.loads(head.removeprefix("/*---\n"))
    names = [name for kind in _KINDS for name in header[kind]]
    steps = {
        _table(step): (folder / f"v{FEATURES_VERSION}" / f"{step}.sql").read_text(encoding="utf-8")
        for step in names
    }
    return header, {**steps, FEATURES_TABLE: select}


def _table(step: str) -> str:
    return f"feature_{step}"


def features_hash() -> str:
    """Return the SHA-256 of all that the features are computed by."""
    _, steps = read_features()
    return hashlib.sha256("\0".join(steps.values()).encode()).hexdigest()


def count_explained(connection: DuckDBPyConnection) -> int:
    """Return how many transactions a finding of severity error or critical names."""
    query = f"SELECT count(*) FROM ({read_features()[1][_table('explained')]})"  # noqa: S608 - own SQL
    return int(connection.execute(query).fetchall()[0][0])


def count_transactions(connection: DuckDBPyConnection) -> int:
    """Return how many transactions the ledger has."""
    return int(connection.execute("SELECT count(*) FROM numbered_ledger").fetchall()[0][0])


def drop_features(connection: DuckDBPyConnection) -> None:
    """Drop the temporary tables and free their memory."""
    drop_tables(connection, [*read_features()[1], _PARTS_TABLE, WANTED_TABLE, ASKED_TABLE])


def _defaults(header: dict[str, Any]) -> dict[str, Any]:
    read = {"BIGINT": int, "VARCHAR": str}
    return {
        name: read[parameter["type"]](parameter["default"]) for name, parameter in header["params"].items()
    }
