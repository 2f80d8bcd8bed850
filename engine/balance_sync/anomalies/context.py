"""What is known about a single transaction that is put before a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from balance_sync.anomalies.feature_values import fetch_values
from balance_sync.anomalies.features import WANTED_TABLE, FloatMatrix, select_asked
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
    # First, for it puts into the tables what is asked for below.
    values = fetch_values(connection, ledger_rows)
    names = Context.__struct_fields__
    columns = [_COMPUTED.get(name, ("l." if name in _LEDGER_COLUMNS else "f.") + name) for name in names]
    select, parameters = select_asked()
    # A semi join first, or DuckDB holds the whole ledger in memory for a hundred rows of it.
    query = f"""
        WITH own AS (
            SELECT l.* FROM numbered_ledger AS l
            SEMI JOIN {WANTED_TABLE} AS w ON l.event_number = w.ledger_row
        )
        SELECT {", ".join(columns)}
        FROM {WANTED_TABLE} AS w
        INNER JOIN ({select}) AS f ON w.ledger_row = f.ledger_row
        INNER JOIN own AS l ON f.ledger_row = l.event_number
        ORDER BY w.place
    """  # noqa: S608
    rows = connection.execute(query, {**parameters, "timezone": timezone}).fetchall()
    return [Context(*row) for row in rows], values
