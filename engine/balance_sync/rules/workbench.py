"""A small database in memory with the empty tables: where rules are checked and fixtures run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.rules.ledger import build_ledger
from balance_sync.store.session import lock_down, open_session
from balance_sync.store.tables import create_tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def workbench() -> Iterator[DuckDBPyConnection]:
    """Give a locked-down session with all tables empty, the ledger included."""
    with tempfile.TemporaryDirectory(prefix="balance-sync-") as spill:
        connection = open_session(
            None, memory_limit="256MB", threads=1, spill_directory=Path(spill), spill_limit="256MB"
        )
        try:
            create_tables(connection)
            lock_down(connection)
            build_ledger(connection, check_lock=False)
            yield connection
        finally:
            connection.close()
