"""A ledger holds the same rows as a table, read in place, and as the view that the database publishes."""

from __future__ import annotations

from contextlib import closing, contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from ledger_strategies import tables

from balance_sync.rules import excerpt_of, ledger
from balance_sync.rules.fixtures import fill_tables
from balance_sync.rules.ledger import build_ledger, define_ledger, drop_ledger, keep_ledger
from balance_sync.rules.workbench import workbench
from balance_sync.store.session import open_session
from balance_sync.store.tables import create_tables
from ledger_forms import ledgers_in_place, stand_in_order

ROW_GROUP = 122_880


def ledger_rows(connection):
    return connection.sql("FROM ledger ORDER BY ALL").to_arrow_table().to_pylist()


def kind_of_ledger(connection):
    return connection.execute(
        "SELECT table_type FROM information_schema.tables "
        "WHERE table_catalog = 'temp' AND table_name = 'numbered_ledger'"
    ).fetchall()


def reads_side_by_side(connection):
    plan = connection.execute("EXPLAIN SELECT sum(gap) FROM ledger").fetchall()[0][1]
    return "Positional" in plan


def check_forms(connection):
    stand_in_order(connection)
    build_ledger(connection, check_lock=False)
    assert kind_of_ledger(connection) == [("LOCAL TEMPORARY",)]
    rows = ledger_rows(connection)
    with ledgers_in_place():
        keep_ledger(connection, check_lock=False)
        assert kind_of_ledger(connection) == [("VIEW",)]
        assert reads_side_by_side(connection)
        assert ledger_rows(connection) == rows
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ledger, "_parts", lambda _connection, _rows: 3)
            keep_ledger(connection, check_lock=False)
        assert ledger_rows(connection) == rows
    drop_ledger(connection)
    define_ledger(connection)
    assert ledger_rows(connection) == rows
    connection.execute("DROP VIEW main.ledger")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=tables)
def test_all_forms_hold_the_same_rows(bench, tables):
    fill_tables(bench, tables)
    check_forms(bench)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=tables)
def test_all_forms_hold_the_same_rows_of_many_tables(bench, tables):
    fill_tables(bench, tables)
    check_forms(bench)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=tables)
def test_one_subscribers_ledger_is_theirs_of_the_whole(bench, tables):
    fill_tables(bench, tables)
    build_ledger(bench, check_lock=False)
    rows = ledger_rows(bench)
    drop_ledger(bench)
    for user in ("u1", "u2", None):
        with excerpt_of(bench, user):
            assert ledger_rows(bench) == [row for row in rows if row["user_id"] == user]
    everybody = bench.execute("SELECT count(*) FROM transactions").fetchall()
    assert everybody == [(len(rows),)]


MANY = f"""
INSERT INTO transactions BY NAME
SELECT
    'T' || (n * 7919 % {5 * ROW_GROUP}) AS transaction_id,
    if(n % 1009 = 0, NULL, 'U' || n % 611) AS user_id,
    TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL 1 SECOND * (n * 104729 % 9999991) AS logged_at,
    if(n % 5 = 0, NULL, 'DEBIT') AS type,
    if(n % 17 = 0, 'SAR', 'BHD') AS currency,
    n % 13 AS amount,
    n % 101 AS old_balance,
    if(n % 19 = 0, NULL, n % 101 - n % 13) AS new_balance,
    if(n % 3 = 0, NULL, n % 101) AS payment_balance,
    if(n % 23 = 0, 'failed', 'published') AS outcome,
    'S' || n % 3 AS source_id,
    n AS line
FROM range({4 * ROW_GROUP + 12_345}) AS numbers (n)
"""
SUMS = "SELECT count(*), sum(hash(l::VARCHAR)) FROM ledger AS l"


@pytest.fixture(scope="module")
def long_ledger():
    with workbench() as connection:
        connection.execute(MANY)
        yield connection


@pytest.mark.slow
def test_a_ledger_of_many_parts_holds_the_same_rows(long_ledger, monkeypatch):
    """More than one group of rows in each part, and a rest in the last one."""
    build_ledger(long_ledger, check_lock=False)
    assert kind_of_ledger(long_ledger) == [("VIEW",)]
    assert reads_side_by_side(long_ledger)
    in_place = long_ledger.execute(SUMS).fetchall()
    monkeypatch.setattr(ledger, "MOST_TABLE_ROWS", 10_000_000)
    build_ledger(long_ledger, check_lock=False)
    assert kind_of_ledger(long_ledger) == [("LOCAL TEMPORARY",)]
    assert long_ledger.execute(SUMS).fetchall() == in_place


@pytest.mark.slow
def test_filters_and_joins_read_it_as_a_table(long_ledger, monkeypatch):
    queries = [
        "SELECT count(*), sum(line) FROM ledger WHERE NOT applied",
        "SELECT count(*), sum(line) FROM numbered_ledger WHERE repeats_earlier OR place_number = 3",
        "SELECT count(*), sum(line) FROM ledger WHERE abs(gap) > tolerance AND currency = 'SAR'",
        "SELECT count(*), sum(a.line - b.line) FROM numbered_ledger AS a JOIN numbered_ledger AS b"
        " ON a.subscriber_number = b.subscriber_number AND a.link_number + 1 = b.link_number",
        "SELECT sum(line) FROM (FROM ledger ORDER BY logged_at, line LIMIT 1000)",
    ]
    build_ledger(long_ledger, check_lock=False)
    in_place = [long_ledger.execute(query).fetchall() for query in queries]
    monkeypatch.setattr(ledger, "MOST_TABLE_ROWS", 10_000_000)
    build_ledger(long_ledger, check_lock=False)
    assert [long_ledger.execute(query).fetchall() for query in queries] == in_place


def test_where_rows_were_deleted_the_ledger_is_still_right(bench):
    fill_tables(bench, {"transactions": []})
    bench.execute(MANY.replace(str(4 * ROW_GROUP + 12_345), "3_000"))
    bench.execute("DELETE FROM transactions WHERE line % 7 = 0")
    build_ledger(bench, check_lock=False)
    rows = ledger_rows(bench)
    with ledgers_in_place():
        build_ledger(bench, check_lock=False)
        assert kind_of_ledger(bench) == [("VIEW",)]
        assert not reads_side_by_side(bench)
        assert ledger_rows(bench) == rows


VERY_MANY = """
INSERT INTO transactions BY NAME
SELECT
    md5(n::VARCHAR) AS transaction_id,
    'U' || n % 20011 AS user_id,
    TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL 1 SECOND * (n * 104729 % 9999991) AS logged_at,
    'DEBIT' AS type,
    'BHD' AS currency,
    n % 13 AS amount,
    n % 101 AS old_balance,
    n % 101 - n % 13 AS new_balance,
    n % 101 AS payment_balance,
    'published' AS outcome,
    md5((n // 90)::VARCHAR)[:16] AS source_id,
    n AS line
FROM range(2_000_000) AS numbers (n)
"""


@pytest.mark.slow
def test_chains_are_made_in_memory_that_one_window_does_not_fit_in(tmp_path):
    """In one part they run out of memory with 90 MB, too."""

    @contextmanager
    def session(memory):
        opened = open_session(
            tmp_path / "run.duckdb",
            memory_limit=memory,
            threads=2,
            spill_directory=tmp_path / "spill",
            spill_limit="9GB",
        )
        with closing(opened):
            yield opened

    with session("1GB") as connection:
        create_tables(connection)
        connection.execute(VERY_MANY)
    sums = "SELECT count(*), sum(hash(c::VARCHAR)) FROM chain AS c"
    with session("1GB") as connection:
        build_ledger(connection)
        expected = connection.execute(sums).fetchall()
    with session("75MB") as connection:
        build_ledger(connection)
        assert connection.execute(sums).fetchall() == expected
