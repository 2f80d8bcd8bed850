"""The forms that a ledger has by the length of the archive, to be asked for on small ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from duckdb import DuckDBPyConnection

from balance_sync.rules import ledger


def stand_in_order(connection: DuckDBPyConnection) -> None:
    """Put the transactions into a table of which no row was ever deleted, as those of a run are."""
    connection.execute("CREATE OR REPLACE TABLE transactions AS FROM transactions ORDER BY source_id, line")


@contextmanager
def ledgers_in_place(*, wanted: bool = True) -> Iterator[None]:
    """Have every ledger read in place, as that of a long archive is; or leave all as it is."""
    most = ledger.MOST_TABLE_ROWS
    if wanted:
        ledger.MOST_TABLE_ROWS = -1
    try:
        yield
    finally:
        ledger.MOST_TABLE_ROWS = most
