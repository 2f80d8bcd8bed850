"""Logs to Parquet tables: ``balance-sync ingest``, the first half of the job, as a user runs it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Outcome, Place, Program
from benchmarks.speed.yardsticks import GUNZIP


def ingest(place: Place, store: Path, *, logs: Path | None = None) -> list[str]:
    """Return the command that reads the archive, or other `logs`, into `store`."""
    return place.engine.program("ingest", logs or place.logs, "--store", store, "--quiet")


def _command(place: Place) -> list[str]:
    return ingest(place, place.scratch / "store")


def read_store(place: Place, _: str) -> Outcome:
    """Find out what the store in the scratch folder holds."""
    return stored(place.scratch / "store")


def stored(store: Path) -> Outcome:
    """Count the rows of a store and add up its amounts, exactly."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1GB'")

        def query(table: str, sql: str) -> list[tuple[str, int, Decimal]]:
            files = f"read_parquet('{store}/batches/*/*/{table}.parquet')"
            return connection.execute(sql.format(table=files)).fetchall()

        sums = query(
            "transactions",
            "SELECT currency || '/' || coalesce(type, 'None'), count(*), sum(amount) FROM {table} GROUP BY 1",
        )
        sync_errors = query("sync_errors", "SELECT '', count(*), 0 FROM {table}")[0][1]
        text_bytes = query("sources", "SELECT '', sum(text_bytes)::BIGINT, 0 FROM {table}")[0][1]
    transactions = sum(count for _, count, _ in sums)
    facts = {
        "bytes": text_bytes,
        "transactions": transactions,
        "sync_errors": sync_errors,
        "amounts": {key: Decimal(amount) for key, _, amount in sums},
    }
    return Outcome(facts, rows=transactions)


def expected_rows(answer: Facts) -> Facts:
    """Return what a store of the archive must hold."""
    amounts = {key: Decimal(amount) for key, amount in answer["amount_by_currency_type"].items()}
    return {name: answer[name] for name in ("bytes", "transactions", "sync_errors")} | {"amounts": amounts}


CASES = (
    Case(
        Program("tables", _command, read_store, expected_rows),
        title="logs to Parquet tables (`ingest`)",
        yardstick=GUNZIP,
        bar=0.8,
        memory_mb=500,
        starts=True,
    ),
)
