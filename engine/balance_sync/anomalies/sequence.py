"""What came before a transaction: the features of its subscriber's previous ones, for detectors that ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from balance_sync.anomalies.features import FEATURES, FEATURES_TABLE

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PREVIOUS = 3
"""How many transactions back a detector can look."""

CONTEXT = tuple(f"{name}_before_{back}" for back in range(1, PREVIOUS + 1) for name in FEATURES)
"""The columns that `add_sequence` adds, the last transaction's first; 0, the usual, where there is none."""


def needs_sequence(names: Iterable[str]) -> bool:
    """Return whether any of these features is one of the transactions before."""
    return not set(CONTEXT).isdisjoint(names)


def add_sequence(connection: DuckDBPyConnection) -> None:
    """Put the columns of `CONTEXT` beside the features, which are kept, in each subscriber's order."""
    lagged = ", ".join(
        f"coalesce(lag(f.{name}, {back}) OVER before, 0) AS {name}_before_{back}"
        for back in range(1, PREVIOUS + 1)
        for name in FEATURES
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {FEATURES_TABLE} AS
        SELECT f.*, {lagged}
        FROM {FEATURES_TABLE} AS f
        INNER JOIN numbered_ledger AS l ON f.ledger_row = l.event_number
        WINDOW before AS (PARTITION BY l.subscriber_number ORDER BY l.place_number)
        """  # noqa: S608
    )
