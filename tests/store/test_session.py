from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from balance_sync.errors import InputError, ResourceError, UsageError
from balance_sync.store.session import (
    database_errors,
    lock_down,
    open_session,
    put_off_vacuum,
    set_memory_limit,
)

BIG_SORT = """
    CREATE TABLE sorted AS
    SELECT i, sha256(i::VARCHAR) || sha256((i + 1)::VARCHAR) AS text FROM range({rows}) AS r (i) ORDER BY text
"""


@pytest.fixture
def session(tmp_path):
    """Open sessions that the test's end closes."""
    opened = []

    def open_(path=None, **limits):
        settings = {"memory_limit": "100MB", "threads": 1, "spill_limit": "1GB"} | limits
        opened.append(open_session(path, spill_directory=tmp_path / "spill", **settings))
        return opened[-1]

    yield open_
    for connection in opened:
        connection.close()


def test_times_are_utc_and_no_progress_is_drawn(session):
    connection = session()
    settings = dict(connection.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert settings["TimeZone"] == "UTC"
    assert settings["enable_progress_bar"] == "false"
    assert settings["memory_limit"] == "95.3 MiB"
    assert settings["python_enable_replacements"] == "false"


def test_three_fifths_of_the_memory_are_not_given_back_in_between(session):
    connection = session(memory_limit="100MiB")
    kept = "SELECT value FROM duckdb_settings() WHERE name = 'block_allocator_memory'"
    assert connection.execute(kept).fetchall() == [("60.0 MiB",)]
    set_memory_limit(connection, "200MiB")
    assert connection.execute(kept).fetchall() == [("120.0 MiB",)]


def test_more_memory_than_the_machine_has_may_be_allowed(session):
    assert session(memory_limit="100TB").execute("SELECT sum(range) FROM range(10)").fetchall() == [(45,)]


@pytest.mark.parametrize(("deleted", "is_put_off"), [(0, True), (250, True), (251, False)])
def test_vacuum_is_put_off_until_many_findings_were_deleted(session, tmp_path, deleted, is_put_off):
    path = tmp_path / "run.duckdb"
    before = session(path)
    before.execute("CREATE TABLE findings AS SELECT range::VARCHAR AS finding_id FROM range(1000)")
    before.execute("SET max_vacuum_tasks = 0")
    before.execute("DELETE FROM findings WHERE finding_id::INTEGER < $deleted", {"deleted": deleted})
    before.close()
    run = session(path)
    tasks = "SELECT current_setting('max_vacuum_tasks')"
    by_default = run.execute(tasks).fetchall()
    put_off_vacuum(run)
    assert run.execute(tasks).fetchall() == ([(0,)] if is_put_off else by_default)


def test_vacuum_is_put_off_where_nothing_was_found_yet(session):
    connection = session()
    connection.execute("CREATE TABLE findings (finding_id VARCHAR)")
    put_off_vacuum(connection)
    assert connection.execute("SELECT current_setting('max_vacuum_tasks')").fetchall() == [(0,)]


def test_a_database_file_is_made_and_read_again(session, tmp_path):
    path = tmp_path / "run.duckdb"
    connection = session(path)
    connection.execute("CREATE TABLE t AS SELECT 1 AS one")
    connection.close()
    assert session(path).execute("FROM t").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "limits", [{"memory_limit": "lots"}, {"threads": 0}, {"spill_limit": "1'; SELECT 1"}]
)
def test_limits_that_are_none_are_refused(session, limits):
    with pytest.raises(UsageError, match="cannot be meant"):
        session(**limits)


def test_a_locked_session_still_spills(session, tmp_path):
    connection = session(memory_limit="60MB")
    lock_down(connection)
    connection.execute(BIG_SORT.format(rows=1_000_000))
    assert connection.execute("SELECT count(*), sum(length(text)) FROM sorted").fetchall() == [
        (1_000_000, 128_000_000)
    ]
    assert sum(file.stat().st_size for file in (tmp_path / "spill").iterdir()) > 0


def test_the_spill_limit_holds(session):
    connection = session(memory_limit="60MB", spill_limit="20MB")
    lock_down(connection)
    with (
        pytest.raises(ResourceError, match="limit of the spill directory") as caught,
        database_errors("a rule"),
    ):
        connection.execute(BIG_SORT.format(rows=1_000_000))
    assert caught.value.where == "a rule"
    assert "spill limit" in caught.value.help


def test_memory_that_cannot_be_spilled_runs_out_with_advice(session):
    connection = session(memory_limit="50MB")
    with pytest.raises(ResourceError, match="memory ran out") as caught, database_errors("a rule"):
        connection.execute("SELECT string_agg(sha256(i::VARCHAR), '') FROM range(3000000) AS r (i)")
    assert "--memory-limit" in caught.value.help


def test_sums_beyond_decimal_are_an_input_error(session):
    connection = session()
    with pytest.raises(InputError, match="too large"), database_errors("ledger"):
        connection.execute("SELECT sum(9e19::DECIMAL(38, 18)) FROM range(2)")


def test_a_database_that_is_in_use_or_no_database_is_a_resource_error(session, tmp_path):
    path = tmp_path / "no.duckdb"
    path.write_text("this is text and no database" * 300)
    with pytest.raises(ResourceError):
        session(path)


def test_other_errors_stay_what_they_are(session):
    connection = session()
    with pytest.raises(duckdb.BinderException), database_errors("a rule"):
        connection.execute("SELECT nothing FROM (SELECT 1 AS one)")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('*')",
        "SELECT * FROM '/etc/hostname'",
        "COPY (SELECT 1) TO 'out.csv'",
        "EXPORT DATABASE 'out'",
        "ATTACH 'other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 4",
        "RESET memory_limit",
        "SET enable_external_access = true",
        "SET TimeZone = 'Asia/Bahrain'",
        "SELECT * FROM python_table",
        "CREATE SECRET s (TYPE s3)",
    ],
)
def test_a_locked_session_refuses(session, statement, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    python_table = pa.table({"one": [1]})
    connection = session()
    lock_down(connection)
    with pytest.raises(duckdb.Error):
        connection.execute(statement)
    assert python_table.num_rows == 1
    assert [path.name for path in tmp_path.iterdir()] == ["spill"]


def test_registered_tables_are_still_read_when_locked(session):
    connection = session()
    lock_down(connection)
    connection.register("given", pa.table({"one": [1, 2]}))
    assert connection.execute("SELECT sum(one) FROM given").fetchall() == [(3,)]
