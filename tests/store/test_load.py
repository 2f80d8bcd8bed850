"""The published tables: the sources of the run alone, each event once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from duckdb import DuckDBPyConnection

from balance_sync.schema import PUBLISHED_TABLES
from balance_sync.store.differences import (
    Differences,
    put_differences,
    put_written_differences,
    write_differences,
)
from balance_sync.store.load import Loaded, load_tables
from balance_sync.store.session import open_session
from balance_sync.store.tables import create_tables

AT = datetime(2024, 1, 15, 21, tzinfo=UTC)
PLACE = {"source_id": pl.String, "line": pl.Int64}
RANGE = {**PLACE, "last_line": pl.Int64}
LOADED = ("transactions", "sync_errors", "messages", "invocations", "suspects", "dropped_logs", "rejects")


@pytest.fixture
def connection(tmp_path: Path) -> Any:
    opened = open_session(
        None, memory_limit="200MB", threads=1, spill_directory=tmp_path / "spill", spill_limit="1GB"
    )
    create_tables(opened)
    yield opened
    opened.close()


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = PUBLISHED_TABLES[name]
    filled = [{**dict.fromkeys(schema.names), **row} for row in rows]
    return pl.DataFrame(pl.from_arrow(pa.Table.from_pylist(filled, schema=schema)))


def resolution(**changed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    nothing = {
        "repeats": pl.DataFrame(schema=RANGE),
        "requests": pl.DataFrame(schema={"request_id": pl.String}),
        "messages": table("messages", []),
        "invocations": table("invocations", []),
        "transactions": pl.DataFrame(schema={**PLACE, "message_id": pl.String, "outcome": pl.String}),
        "stale": pl.DataFrame(schema={"batch": pl.String, "source_id": pl.String}),
    }
    return {**nothing, **changed}


Put = Callable[[DuckDBPyConnection, Differences, Path], AbstractContextManager[None]]


def _at_once(
    connection: DuckDBPyConnection, differences: Differences, folder: Path
) -> AbstractContextManager[None]:
    assert not folder.exists()
    return put_differences(connection, differences)


def _written_before(
    connection: DuckDBPyConnection, differences: Differences, folder: Path
) -> AbstractContextManager[None]:
    write_differences(differences, folder)
    return put_written_differences(connection, folder)


@pytest.fixture(params=[_at_once, _written_before])
def put(request: pytest.FixtureRequest) -> Put:
    """Both ways of having what differs in tables."""
    chosen: Put = request.param
    return chosen


def load(
    connection: DuckDBPyConnection,
    put: Put,
    folder: Path,
    batches: dict[str, dict[str, list[dict[str, Any]]]],
    resolved: dict[str, pl.DataFrame],
    *,
    left_out: Sequence[str] = (),
    until: datetime | None = None,
) -> None:
    files: dict[str, list[Path]] = {name: [] for name in LOADED}
    for batch, tables in batches.items():
        (folder / batch).mkdir(parents=True)
        for name in LOADED:
            path = folder / batch / f"{name}.parquet"
            table(name, tables.get(name, [])).write_parquet(path)
            files[name].append(path)
    others = pl.DataFrame({"source_id": left_out}, schema={"source_id": pl.String})
    again = {name: resolved[name] for name in ("messages", "invocations", "transactions")}
    at_once = {name: frame for name, frame in resolved.items() if name not in again}
    some_at_a_time = [{name: frame.clear() for name, frame in again.items()}, again]
    differences = Differences({**at_once, "left_out": others}, some_at_a_time)
    with put(connection, differences, folder / "differences"):
        load_tables(connection, Loaded(files, until))


def sync_error(source: str, line: int, user: str = "U1") -> dict[str, Any]:
    return {"user_id": user, "logged_at": AT, "source_id": source, "line": line}


def places(connection: DuckDBPyConnection, name: str) -> list[tuple[str, int]]:
    return connection.execute(f"SELECT source_id, line FROM {name} ORDER BY ALL").fetchall()


def test_only_sources_of_the_run_are_loaded(connection: DuckDBPyConnection, put: Put, tmp_path: Path) -> None:
    rows = [
        sync_error("s2", 1),
        sync_error("s1", 9),
        sync_error("s1", 2),
        sync_error("s3", 1),
        sync_error("s9", 1),
    ]
    batches = {"b1": {"sync_errors": rows[:2]}, "b2": {"sync_errors": rows[2:]}}
    load(connection, put, tmp_path, batches, resolution(), left_out=["s3", "s9", "s7"])
    assert places(connection, "sync_errors") == [("s1", 2), ("s1", 9), ("s2", 1)]


def test_all_is_loaded_where_no_source_is_left_out(
    connection: DuckDBPyConnection, put: Put, tmp_path: Path
) -> None:
    rows = {"sync_errors": [sync_error("s1", 9), sync_error("s2", 1)]}
    load(connection, put, tmp_path, {"b1": rows}, resolution())
    assert places(connection, "sync_errors") == [("s1", 9), ("s2", 1)]


def test_repeats_are_left_out(connection: DuckDBPyConnection, put: Put, tmp_path: Path) -> None:
    ranges = {"source_id": ["s2", "s2", "s3"], "line": [3, 5, 2], "last_line": [3, 8, 4]}
    repeats = pl.DataFrame(ranges, schema=RANGE)
    rows = [sync_error(source, line) for source in ("s1", "s2", "s3") for line in range(1, 10)]
    load(connection, put, tmp_path, {"b1": {"sync_errors": rows}}, resolution(repeats=repeats))
    left = {"s1": range(1, 10), "s2": [1, 2, 4, 9], "s3": [1, 5, 6, 7, 8, 9]}
    assert places(connection, "sync_errors") == [(source, line) for source in left for line in left[source]]


def test_a_source_that_stands_in_two_batches_is_loaded_from_the_newer(
    connection: DuckDBPyConnection, put: Put, tmp_path: Path
) -> None:
    old = {"sync_errors": [sync_error("s1", 1), sync_error("s2", 1)]}
    new = {"sync_errors": [sync_error("s1", 1)]}
    stale = pl.DataFrame({"batch": [str(tmp_path / "b1")], "source_id": ["s1"]})
    load(connection, put, tmp_path, {"b1": old, "b2": new}, resolution(stale=stale))
    assert places(connection, "sync_errors") == [("s1", 1), ("s2", 1)]


def test_resolved_requests_replace_what_batches_knew(
    connection: DuckDBPyConnection, put: Put, tmp_path: Path
) -> None:
    own = {"request_id": "r1", "source_id": "s1", "line": 1, "started_at": AT}
    batch = {
        "messages": [
            {**own, "message_id": "M1", "outcome": "incomplete"},
            {**own, "request_id": None, "line": 5},
        ],
        "transactions": [{"transaction_id": "T1", "logged_at": AT, "source_id": "s1", "line": 3}],
        "invocations": [{**own, "status": "unfinished"}, {**own, "request_id": "r2", "status": "unseen"}],
    }
    resolved = resolution(
        requests=pl.DataFrame({"request_id": ["r1"]}),
        messages=table("messages", [{**own, "message_id": "M1", "outcome": "published"}]),
        invocations=table("invocations", [{**own, "status": "ok"}]),
        transactions=pl.DataFrame(
            {"source_id": ["s1"], "line": [3], "message_id": ["M1"], "outcome": ["published"]},
            schema={**PLACE, "message_id": pl.String, "outcome": pl.String},
        ),
    )
    load(connection, put, tmp_path, {"b1": batch}, resolved)
    messages = connection.execute("SELECT message_id, outcome FROM messages ORDER BY line").fetchall()
    assert messages == [("M1", "published"), (None, None)]
    assert connection.execute("SELECT status FROM invocations").fetchall() == [("ok",)]
    assert connection.execute("SELECT message_id, outcome FROM transactions").fetchall() == [
        ("M1", "published")
    ]


def test_what_is_at_the_end_of_the_period_is_after_it(
    connection: DuckDBPyConnection, put: Put, tmp_path: Path
) -> None:
    rows = [{**sync_error("s1", hour), "logged_at": AT.replace(hour=hour)} for hour in range(4)]
    rejects = [{"source_id": "s1", "line": 1, "reason": "r", "text": "t"}]
    batches = {"b1": {"sync_errors": rows, "rejects": rejects}}
    load(connection, put, tmp_path, batches, resolution(), until=AT.replace(hour=3))
    assert places(connection, "sync_errors") == [("s1", 0), ("s1", 1), ("s1", 2)]
    assert places(connection, "rejects") == [("s1", 1)]


def test_money_keeps_every_digit(connection: DuckDBPyConnection, put: Put, tmp_path: Path) -> None:
    amounts = ["99999999999999999999.999999999999999999", "-0.000000000000000001"]
    rows = [
        {"transaction_id": f"T{line}", "amount": pa.scalar(text).cast(pa.decimal128(38, 18)).as_py(),
         "logged_at": AT, "source_id": "s1", "line": line}
        for line, text in enumerate(amounts)
    ]  # fmt: skip
    load(connection, put, tmp_path, {"b1": {"transactions": rows}}, resolution())
    found = connection.execute("SELECT amount::VARCHAR FROM transactions ORDER BY line").fetchall()
    assert [text for (text,) in found] == amounts
