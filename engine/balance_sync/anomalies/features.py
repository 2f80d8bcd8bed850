"""Computes the features in SQL and hands them over as numpy arrays, a chunk at a time.

The whole table lives in the database, where it can spill; only one chunk and one sample of it are
ever in memory, whatever the length of the ledger.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from balance_sync.store.sql_files import sql_directory
from balance_sync.store.temporary_tables import drop_tables, fill_steps, named_in

if TYPE_CHECKING:
    import polars as pl
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
_CANDIDATES = "feature_company"
_ASKED = "feature_asked"
SAMPLE_ROWS = 40_000
CHUNK_ROWS = 16_384
"""Rows scored at a time: four times as many take 120 MB more, on two threads, and hardly less time."""
_MIXED = (
    "(coalesce(epoch_ms(l.logged_at), 0) % 2147483648 * 1103515245 + l.line * 12345) % 2147483648 // 2048"
)
"""A number of a ledger's row that has nothing to do with what it is about, as good as drawn by lot.

With a cryptographic hash of all that identifies the row the choice took five times as long.
"""

FloatMatrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FeatureChunk:
    """Some rows of the features.

    Attributes
    ----------
    ledger_rows
        int64, shape (n,): the event of the ledger that each row is about.
    explained
        bool, shape (n,): a rule's finding of severity error or critical names the transaction.
    at_us
        int64, shape (n,): microseconds since 1970, UTC; before all times where none is stated.
    values
        float64, shape (n, columns): non-negative, 0 where nothing is unusual; `FEATURES` first.
    """

    ledger_rows: npt.NDArray[np.int64]
    explained: npt.NDArray[np.bool_]
    at_us: npt.NDArray[np.int64]
    values: FloatMatrix


def build_features(connection: DuckDBPyConnection, *, timezone: str) -> int:
    """Compute the features of every transaction of `ledger` into a temporary table.

    The tables on the way to them stay until `drop_features`, for `select_features`.

    Parameters
    ----------
    connection
        Holds the tables ``ledger`` and ``findings``.
    timezone
        IANA name of the business time zone.

    Returns
    -------
    int
        The number of transactions.
    """
    header, steps = read_features()
    values = {**_defaults(header), "timezone": timezone}
    select = steps.pop(FEATURES_TABLE)
    drop_features(connection)
    fill_steps(connection, steps, values)
    drop_tables(connection, [name for name in steps if name not in select and name != _CANDIDATES])
    columns = f"ledger_row, explained, at_us, {_columns(FEATURES)}"
    connection.execute(f"CREATE TEMP VIEW {_ASKED} AS FROM {_CANDIDATES}")
    connection.execute(
        f"CREATE TEMP TABLE {FEATURES_TABLE} AS SELECT {columns} FROM ({select})",  # noqa: S608
        named_in(select, values),
    )
    connection.execute(f"DROP VIEW {_ASKED}")
    return int(connection.execute(f"SELECT count(*) FROM {FEATURES_TABLE}").fetchall()[0][0])  # noqa: S608


def select_features(
    connection: DuckDBPyConnection, ledger_rows: Sequence[int], *, timezone: str
) -> tuple[str, dict[str, Any]]:
    """Return a SELECT of some transactions' features with all their context, and its parameters.

    Context is twice as wide as the features and asked for of a few transactions, so it is not kept of all.

    Parameters
    ----------
    connection
        After `build_features`. A temporary table holds the rows that are asked for until the next call.
    """
    header, steps = read_features()
    drop_tables(connection, [_ASKED])
    connection.execute(
        f"CREATE TEMP TABLE {_ASKED} AS FROM {_CANDIDATES} WHERE list_contains($rows::BIGINT[], ledger_row)",
        {"rows": list(ledger_rows)},
    )
    select = steps[FEATURES_TABLE]
    return select, named_in(select, {**_defaults(header), "timezone": timezone})


def read_features() -> tuple[dict[str, Any], dict[str, str]]:
    """Return the header of the features, and the SELECT of each table on the way, the features last."""
    folder = sql_directory() / "features"
    last = (folder / f"v{FEATURES_VERSION}.sql").read_text(encoding="utf-8")
    head, select = last.split("\n---*/\n", 1)
    header = tomllib.loads(head.removeprefix("/*---\n"))
    steps = {
        f"feature_{step}": (folder / f"v{FEATURES_VERSION}" / f"{step}.sql").read_text(encoding="utf-8")
        for step in header["steps"]
    }
    return header, {**steps, FEATURES_TABLE: select}


def features_hash() -> str:
    """Return the SHA-256 of all that the features are computed by."""
    _, steps = read_features()
    return hashlib.sha256("\0".join(steps.values()).encode()).hexdigest()


def count_explained(connection: DuckDBPyConnection) -> int:
    """Return how many transactions a finding of severity error or critical names."""
    query = f"SELECT count(*) FROM {FEATURES_TABLE} WHERE explained"  # noqa: S608
    return int(connection.execute(query).fetchall()[0][0])


def drop_features(connection: DuckDBPyConnection) -> None:
    """Drop the temporary tables and free their memory."""
    drop_tables(connection, [*read_features()[1], _ASKED])


def sample_features(connection: DuckDBPyConnection, count: int) -> FloatMatrix:
    """Return features of at most about `SAMPLE_ROWS` of the `count` transactions.

    Which ones depends on their time and line, and on nothing else; they are ordered by what identifies them.
    So the same ledger gives the same sample whatever the order of its rows and the number of threads.

    Returns
    -------
    numpy.ndarray
        float64, shape (n, columns).
    """
    names = feature_columns(connection)
    query = f"""
        SELECT {_columns(names, "f.")}
        FROM {FEATURES_TABLE} AS f
        INNER JOIN numbered_ledger AS l ON f.ledger_row = l.event_number
        WHERE {_MIXED} % $every = 0
        ORDER BY l.transaction_id, l.source_id, l.line
    """  # noqa: S608
    every = max(1, -(-count // SAMPLE_ROWS))
    matrices = [
        _matrix(batch, names) for batch in _read_batches(connection, query, {"every": every}, CHUNK_ROWS)
    ]
    return np.concatenate([np.empty((0, len(names))), *matrices])


def iter_features(connection: DuckDBPyConnection, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[FeatureChunk]:
    """Yield the features of all transactions, in no particular order."""
    names = feature_columns(connection)
    query = f"SELECT ledger_row, explained, at_us, {_columns(names)} FROM {FEATURES_TABLE}"  # noqa: S608
    for batch in _read_batches(connection, query, {}, chunk_rows):
        yield FeatureChunk(
            batch["ledger_row"].to_numpy(),
            batch["explained"].to_numpy(),
            batch["at_us"].to_numpy(),
            _matrix(batch, names),
        )


def _read_batches(
    connection: DuckDBPyConnection, query: str, parameters: dict[str, Any], rows: int
) -> Iterator[pl.DataFrame]:
    import polars as pl

    # A relation, because Arrow batches straight from `execute` come unordered in spite of ORDER BY where
    # the session does not preserve insertion order (DuckDB 2.0).
    # Through Polars, because pyarrow's own way to numpy imports pandas wherever that is installed.
    for batch in connection.sql(query, params=parameters).to_arrow_reader(rows):
        yield pl.DataFrame(batch)


def _defaults(header: dict[str, Any]) -> dict[str, Any]:
    read = {"BIGINT": int, "VARCHAR": str}
    return {
        name: read[parameter["type"]](parameter["default"]) for name, parameter in header["params"].items()
    }


def feature_columns(connection: DuckDBPyConnection) -> tuple[str, ...]:
    """Return the columns of every matrix of this ledger: `FEATURES`, and what was put beside them."""
    query = f"SELECT column_name FROM (DESCRIBE {FEATURES_TABLE}) WHERE contains(column_name, '_before_')"  # noqa: S608
    return (*FEATURES, *(name for (name,) in connection.execute(query).fetchall()))


def _columns(names: tuple[str, ...], prefix: str = "") -> str:
    return ", ".join(prefix + name for name in names)


def _matrix(batch: pl.DataFrame, names: tuple[str, ...]) -> FloatMatrix:
    return np.column_stack([batch[name].to_numpy() for name in names])
