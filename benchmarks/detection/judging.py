"""Lets the rules judge transactions that lie in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa
from benchmarks.detection.planting import Row

from balance_sync.rules.runner import run_rules
from balance_sync.rules.workbench import workbench
from balance_sync.schema import TRANSACTIONS


@contextmanager
def reconciled(rows: Sequence[Row], sync_errors: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database in which the rules have judged these transactions."""
    with workbench() as connection:
        filled = [{name: row.get(name) for name in TRANSACTIONS.names} for row in rows]
        connection.register("planted_rows", pa.Table.from_pylist(filled, schema=TRANSACTIONS))
        connection.register("planted_errors", sync_errors)
        connection.execute("INSERT INTO transactions BY NAME SELECT * FROM planted_rows")
        connection.execute("INSERT INTO sync_errors BY NAME SELECT * FROM planted_errors")
        run_rules(connection)
        yield connection
