"""What is known about a single transaction that is put before a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from balance_sync.anomalies.features import FEATURES_TABLE, FloatMatrix, feature_columns, select_features
from balance_sync.schema import TRANSACTIONS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Context(msgspec.Struct, frozen=True):
    """A transaction, and what is usual around it.

    The columns of the ledger, and the context of the features as the header of their SQL file says.
    Amounts of the ledger are exact, the ranges are floats; `local_time` is HH:MM in the business time
    zone, `at_us` microseconds since 1970 in UTC.
    """

    ledger_row: int
    transaction_id: str | None
    user_id: str | None
    source_id: str | None
    line: int | None
    request_id: str | None
    at_us: int | None
    local_time: str | None
    currency: str | None
    action: str | None
    direction: str | None
    amount: Decimal | None
    new_balance: Decimal | None
    usual_low: float | None
    usual_high: float | None
    same_action: int
    population_low: float | None
    population_high: float | None
    population: int
    pooled: bool
    seconds_after_identical: float | None
    population_repeats: int
    history: int
    action_count: int
    currency_count: int
    hour: int
    hour_count: int
    busiest_hour: int
    busiest_count: int
    pause_seconds: float | None
    pause_low: float | None
    pause_high: float | None
    gap: float | None
    gap_before: float | None
    balance_low: float | None
    balance_high: float | None
    usual_debit: float | None
    relative_low: float | None
    relative_high: float | None
    near_count: int
    near_population: int
    near_others: int
    day_count: int
    day_others: int
    day_sum: float | None
    day_high: float | None
    batch_count: int
    batch_population: int
    batch_others: int
    source_kind: str | None
    source_count: int
    action_total: int
    direction_total: int

    @property
    def logged_at(self) -> datetime | None:
        """When the transaction was logged, in UTC."""
        return None if self.at_us is None else _EPOCH + timedelta(microseconds=self.at_us)


_LEDGER_COLUMNS = frozenset(TRANSACTIONS.names) | {"direction"}
_COMPUTED = {
    "at_us": "epoch_us(l.logged_at)",
    "local_time": "strftime(timezone($timezone, l.logged_at), '%H:%M')",
}


def fetch_contexts(
    connection: DuckDBPyConnection, ledger_rows: Sequence[int], *, timezone: str
) -> tuple[list[Context], FloatMatrix]:
    """Return the contexts of some transactions and their features, in the order given.

    The features are float64, shape (len(ledger_rows), columns).
    """
    names = Context.__struct_fields__
    columns = [_COMPUTED.get(name, ("l." if name in _LEDGER_COLUMNS else "f.") + name) for name in names]
    select, values = select_features(connection, ledger_rows, timezone=timezone)
    # A semi join first, or DuckDB holds the whole ledger in memory for a hundred rows of it.
    query = f"""
        WITH wanted AS (
            SELECT unnest($rows::BIGINT[]) AS ledger_row, unnest(range(len($rows))) AS place
        ), own AS (
            SELECT l.* FROM numbered_ledger AS l SEMI JOIN wanted ON l.event_number = wanted.ledger_row
        )
        SELECT {", ".join(columns)}
        FROM wanted
        INNER JOIN ({select}) AS f ON wanted.ledger_row = f.ledger_row
        INNER JOIN own AS l ON f.ledger_row = l.event_number
        ORDER BY wanted.place
    """  # noqa: S608
    asked = {**values, "rows": list(ledger_rows), "timezone": timezone}
    contexts = [Context(*row) for row in connection.execute(query, asked).fetchall()]
    return contexts, fetch_values(connection, ledger_rows)


def fetch_values(connection: DuckDBPyConnection, ledger_rows: Sequence[int]) -> FloatMatrix:
    """Return the features of some transactions in the order given, float64, shape (n, columns)."""
    features = feature_columns(connection)
    query = f"""
        SELECT {", ".join("f." + name for name in features)}
        FROM (SELECT unnest($rows::BIGINT[]) AS ledger_row, unnest(range(len($rows))) AS place) AS wanted
        INNER JOIN {FEATURES_TABLE} AS f ON wanted.ledger_row = f.ledger_row
        ORDER BY wanted.place
    """  # noqa: S608
    rows = connection.execute(query, {"rows": list(ledger_rows)}).fetchall()
    return np.array(rows, dtype=np.float64).reshape(-1, len(features))
