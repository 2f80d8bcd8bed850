"""The store: batches of tables to Parquet, and Parquet to the tables of a run's database."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Place, Program, told_outcome
from benchmarks.speed.stages import finished
from benchmarks.speed.stopwatch import Stopwatch
from benchmarks.speed.yardsticks import GUNZIP

_COUNTS = ("transactions", "sync_errors", "messages", "invocations", "rejects")


def _write_command(place: Place) -> list[str]:
    return place.engine.module("stages.store", "write", finished.store_of(place), place.scratch)


def _load_command(place: Place) -> list[str]:
    return place.engine.module("stages.store", "load", finished.store_of(place), place.scratch, place.logs)


def _expected_written(answer: Facts) -> Facts:
    return {"transactions": answer["transactions"]}


def _expected_loaded(answer: Facts) -> Facts:
    return {name: answer[name] for name in ("events", *_COUNTS)}


CASES = (
    Case(
        Program("store-write", _write_command, told_outcome, _expected_written, finished.prepare),
        title="typed tables to Parquet, one process",
        yardstick=GUNZIP,
        bar=0.4,
        memory_mb=500,
    ),
    Case(
        Program("store-load", _load_command, told_outcome, _expected_loaded, finished.prepare),
        title="Parquet tables to the run's database",
        yardstick=GUNZIP,
        bar=2.0,
        memory_mb=1500,
    ),
)


def write(kept: Path, scratch: Path) -> None:
    """Write every batch of the store `kept` to another store; reading them is not timed."""
    import polars as pl

    from balance_sync.store.dataset import TABLES, Store, batch_id

    watch = Stopwatch()
    store = Store(scratch / "store", "benchmark")
    store.open()
    transactions = 0
    for batch in sorted(kept.glob("batches/*/*/")):
        tables = {name: pl.read_parquet(batch / f"{name}.parquet") for name in TABLES}
        with watch:
            store.commit(batch_id(tables["sources"]), tables)
    for file in store.files("transactions"):
        transactions += pl.scan_parquet(file).select(pl.len()).collect().item()
    watch.tell(rows=transactions, transactions=transactions)


def load(kept: Path, scratch: Path, logs: Path) -> None:
    """Fill a new database from the store `kept`; looking through the folder of the logs is not timed."""
    from balance_sync.config import RunOptions
    from balance_sync.pipeline.database import fill_database
    from balance_sync.pipeline.ingest import ingest
    from balance_sync.pipeline.taking_inventory import take_inventory
    from balance_sync.store.tables import create_tables

    options = RunOptions((str(logs),), output=scratch, store=kept)
    ingested = ingest(options.ingest)
    watch = Stopwatch()
    with finished.session(scratch / "run.duckdb", scratch, locked=False) as connection:
        create_tables(connection)
        with watch:
            filled = fill_database(connection, options, take_inventory(ingested))
        counts = {name: connection.table(name).count("*").fetchall()[0][0] for name in _COUNTS}
    events = sum(count for _, count in filled.event_kinds)
    watch.tell(rows=counts["transactions"], events=events, **counts)


if __name__ == "__main__":
    what, *named = sys.argv[1:]
    paths = [Path(name) for name in named]
    if what == "write":
        write(paths[0], paths[1])
    else:
        load(paths[0], paths[1], paths[2])
