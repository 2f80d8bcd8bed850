"""Hands the features over as numpy arrays: of some transactions, of a sample, or of all in chunks.

Only one chunk and one sample are ever in memory, whatever the length of the ledger. Of a long ledger the
features themselves are no table: they are computed while they are read, and context, which is twice as
wide, is computed only of the few that are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from balance_sync.anomalies.features import (
    ASKED_TABLE,
    CANDIDATES_TABLE,
    FEATURES,
    FEATURES_TABLE,
    WANTED_TABLE,
    FloatMatrix,
    read_parts,
    select_asked,
    select_part,
)
from balance_sync.store.temporary_tables import named_in

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

SAMPLE_ROWS = 40_000
CHUNK_ROWS = 16_384
"""Rows scored at a time: four times as many take 120 MB more, on two threads, and hardly less time."""
_MIXED = (
    "(coalesce(epoch_ms(l.logged_at), 0) % 2147483648 * 1103515245 + l.line * 12345) % 2147483648 // 2048"
)
"""A number of a ledger's row that has nothing to do with what it is about, as good as drawn by lot.

With a cryptographic hash of all that identifies the row the choice took five times as long.
"""


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


def sample_features(connection: DuckDBPyConnection, count: int) -> FloatMatrix:
    """Return features of at most about `SAMPLE_ROWS` of the `count` transactions.

    Which ones depends on their time and line, and on nothing else; they are ordered by what identifies them.
    So the same ledger gives the same sample whatever the order of its rows and the number of threads.

    Returns
    -------
    numpy.ndarray
        float64, shape (n, columns).
    """
    query = f"""
        SELECT l.event_number, row_number() OVER (ORDER BY l.transaction_id, l.source_id, l.line)
        FROM numbered_ledger AS l
        WHERE {_MIXED} % $every = 0
    """  # noqa: S608
    _want(connection, query, {"every": max(1, -(-count // SAMPLE_ROWS))})
    return _wanted_values(connection)


def fetch_values(connection: DuckDBPyConnection, ledger_rows: Sequence[int]) -> FloatMatrix:
    """Return the features of some transactions in the order given, float64, shape (n, columns).

    A transaction may be named several times. Until others are asked for, `select_asked` selects these, and
    `WANTED_TABLE` holds their places.
    """
    query = "SELECT unnest($rows::BIGINT[]), unnest(range(len($rows)))"
    _want(connection, query, {"rows": list(ledger_rows)})
    return _wanted_values(connection)


def _want(connection: DuckDBPyConnection, query: str, parameters: dict[str, Any]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {WANTED_TABLE} (ledger_row BIGINT, place BIGINT)")
    connection.execute(f"INSERT INTO {WANTED_TABLE} {query}", parameters)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {ASKED_TABLE} AS "
        f"FROM {CANDIDATES_TABLE} AS c SEMI JOIN {WANTED_TABLE} AS w ON c.ledger_row = w.ledger_row"
    )


def _wanted_values(connection: DuckDBPyConnection) -> FloatMatrix:
    names = feature_columns(connection)
    select, values = (f"FROM {FEATURES_TABLE}", {}) if _is_kept(connection) else select_asked()
    query = f"""
        SELECT {", ".join("f." + name for name in names)}
        FROM ({select}) AS f
        INNER JOIN {WANTED_TABLE} AS w ON f.ledger_row = w.ledger_row
        ORDER BY w.place
    """  # noqa: S608
    batches = _read_batches(connection, query, values, CHUNK_ROWS)
    return np.concatenate([np.empty((0, len(names))), *(_matrix(batch, names) for batch in batches)])


def iter_features(connection: DuckDBPyConnection, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[FeatureChunk]:
    """Yield the features of all transactions, in no particular order.

    Until the last chunk was taken nothing else may be done with the connection.
    """
    names = feature_columns(connection)
    for query, values in _queries(connection):
        for batch in _read_batches(connection, query, values, chunk_rows):
            yield FeatureChunk(
                batch["ledger_row"].to_numpy(),
                batch["explained"].to_numpy(),
                batch["at_us"].to_numpy(),
                _matrix(batch, names),
            )


def _queries(connection: DuckDBPyConnection) -> list[tuple[str, dict[str, Any]]]:
    """Return what to ask for all features, and the parameters of each."""
    if _is_kept(connection):
        return [(f"FROM {FEATURES_TABLE}", {})]
    select, values = select_part()
    return [(select, {**values, **named_in(select, part)}) for part in read_parts(connection)]


def feature_columns(connection: DuckDBPyConnection) -> tuple[str, ...]:
    """Return the columns of every matrix of this ledger: `FEATURES`, and what was put beside them."""
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns()"
        " WHERE database_name = 'temp' AND table_name = $table AND contains(column_name, '_before_')"
        " ORDER BY column_index",
        {"table": FEATURES_TABLE},
    ).fetchall()
    return (*FEATURES, *(name for (name,) in rows))


def _is_kept(connection: DuckDBPyConnection) -> bool:
    """Return whether the features are a table."""
    query = "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'temp' AND table_name = $table"
    return bool(connection.execute(query, {"table": FEATURES_TABLE}).fetchall()[0][0])


def _read_batches(
    connection: DuckDBPyConnection, query: str, parameters: dict[str, Any], rows: int
) -> Iterator[pl.DataFrame]:
    import polars as pl

    # A relation, because Arrow batches straight from `execute` come unordered in spite of ORDER BY where
    # the session does not preserve insertion order (DuckDB 2.0).
    # Through Polars, because pyarrow's own way to numpy imports pandas wherever that is installed.
    for batch in connection.sql(query, params=parameters).to_arrow_reader(rows):
        yield pl.DataFrame(batch)


def _matrix(batch: pl.DataFrame, names: tuple[str, ...]) -> FloatMatrix:
    return np.column_stack([batch[name].to_numpy() for name in names])
