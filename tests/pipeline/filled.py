"""Reads an archive through the store into a database in memory, and gives its tables back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from balance_sync.config import RunOptions
from balance_sync.pipeline import ingest as ingestion
from balance_sync.pipeline import search
from balance_sync.pipeline.database import Filled, fill_database
from balance_sync.pipeline.ingest import Ingested, ingest
from balance_sync.pipeline.taking_inventory import take_inventory
from balance_sync.rules import build_summaries, run_rules
from balance_sync.rules.header import Nature
from balance_sync.sources import opening
from balance_sync.sources.batching import plan_batches
from balance_sync.store.session import open_session
from balance_sync.store.tables import create_tables
from balance_sync.vocabulary import OUTSIDE_OF_EVENTS

TABLES = (
    *("sources", "transactions", "sync_errors", "messages", "invocations"),
    *("suspects", "dropped_logs", "rejects"),
)


@dataclass(frozen=True)
class Database:
    ingested: Ingested
    filled: Filled
    tables: dict[str, list[dict[str, Any]]]

    def column(self, table: str, name: str) -> list[Any]:
        return [row[name] for row in self.tables[table]]

    @property
    def kinds(self) -> dict[str, int]:
        return dict(self.filled.event_kinds)

    @property
    def content(self) -> dict[str, Any]:
        """All that may not depend on how the archive was read."""
        return {**self.tables, "kinds": self.kinds}


def fill(
    *logs: Path,
    store: Path,
    batch_bytes: int | None = None,
    threads: int = 1,
    judged: bool = False,
    summed: bool = False,
    **options: Any,
) -> Database:
    """Ingest `logs` and fill a database; `batch_bytes` cuts them into that small batches.

    Where it is `judged`, the tables have the rules' ``findings``, too, and where it is `summed`, also the
    ``currencies`` and the ``roll_forward``. Whatever the archive: its bytes and its records add up.
    """
    chosen = RunOptions(tuple(map(str, logs)), output=store.parent, store=store, threads=threads, **options)
    with pytest.MonkeyPatch.context() as patch:
        if batch_bytes is not None:
            patch.setattr(opening, "_CHUNK_BYTES", max(2, min(batch_bytes, 64)))
            patch.setattr(ingestion, "plan_batches", partial(plan_batches, batch_bytes=batch_bytes))
        if threads > 1:
            # Else so little is read in one process.
            patch.setattr(search, "FEW_BYTES", 0)
        ingested = ingest(chosen.ingest)
    connection = open_session(
        None, memory_limit="500MB", threads=1, spill_directory=store / "spill", spill_limit="1GB"
    )
    try:
        create_tables(connection)
        filled = fill_database(connection, chosen, take_inventory(ingested))
        names = list(TABLES)
        if judged or summed:
            runs = run_rules(connection)
            names.append("findings")
        if summed:
            states = [run.id for run in runs if run.nature is Nature.STATE]
            build_summaries(connection, state_rules=states, timezone=chosen.timezone)
            names += ["currencies", "roll_forward"]
        tables = {}
        for table in names:
            # Through Arrow: fetching times with a zone as Python objects would need pytz.
            tables[table] = connection.sql(f"FROM {table} ORDER BY ALL").to_arrow_table().to_pylist()
    finally:
        connection.close()
    database = Database(ingested, filled, tables)
    require_adding_up(database, within_period=bool(chosen.since or chosen.until))
    return database


def require_adding_up(found: Database, *, within_period: bool) -> None:
    """Account for every byte of the text, and every event that should be a record."""
    assert sum(found.column("sources", "event_bytes")) == sum(found.column("sources", "text_bytes"))
    assert sum(found.column("sources", "events")) == sum(found.kinds.values())
    if not within_period:
        rejected = [reason for reason in found.column("rejects", "reason") if reason not in OUTSIDE_OF_EVENTS]
        read = sum(len(found.tables[name]) for name in ("transactions", "sync_errors", "messages"))
        logged = sum(found.kinds.get(kind, 0) for kind in ("transaction", "sync_error", "processing"))
        assert read + len(rejected) == logged


def touch(path: Path) -> None:
    """Give `path` another time and leave its content."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
