from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_run import HOSTILE, made_up_run

from balance_sync.reports import tabular
from balance_sync.reports.data import build_report_data
from balance_sync.reports.tabular import TABLE_ORDERS, csv_frame, guarded, write_csv, write_parquet
from balance_sync.schema import MONEY, PUBLISHED_TABLES


@pytest.fixture(scope="module")
def connection(run):
    return run[0]


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_published_table_is_written():
    assert set(PUBLISHED_TABLES) <= set(TABLE_ORDERS)
    assert {"ledger", "episodes", "roll_forward", "anomalies"} <= set(TABLE_ORDERS)


@pytest.mark.parametrize("name", sorted(PUBLISHED_TABLES))
def test_parquet_has_the_published_schema(connection, tmp_path, name):
    write_parquet(tmp_path / "table.parquet", connection, name)
    written = pq.read_schema(tmp_path / "table.parquet")
    for field in PUBLISHED_TABLES[name]:
        assert written.field(field.name).type == field.type


def test_parquet_money_is_exact(connection, tmp_path):
    write_parquet(tmp_path / "errors.parquet", connection, "sync_errors")
    table = pq.read_table(tmp_path / "errors.parquet")
    assert table.schema.field("payment_balance").type == MONEY
    assert Decimal("10.123456789012345678") in table["payment_balance"].to_pylist()


@pytest.mark.parametrize("name", sorted(TABLE_ORDERS))
def test_both_formats_hold_all_rows_in_one_order(connection, tmp_path, name):
    rows = connection.table(name).aggregate("count(*)").fetchall()[0][0]
    write_parquet(tmp_path / "table.parquet", connection, name)
    write_csv(tmp_path / "table.csv", connection, name)
    table = pl.read_parquet(tmp_path / "table.parquet")
    shown = read_csv(tmp_path / "table.csv")
    assert table.height == len(shown) == rows
    key = next((one for one in ("line", "rank", "transactions") if one in table.columns), None)
    if key:
        assert ["" if value is None else str(value) for value in table[key]] == [row[key] for row in shown]


def test_order_does_not_depend_on_how_rows_were_stored(connection, tmp_path):
    connection.execute("CREATE TEMP TABLE shuffled AS SELECT * FROM ledger ORDER BY hash(transaction_id)")
    try:
        for name in ("ledger", "shuffled"):
            order = tabular.TABLE_ORDERS["ledger"]
            tabular.TABLE_ORDERS["shuffled"] = order
            write_csv(tmp_path / f"{name}.csv", connection, name)
            write_parquet(tmp_path / f"{name}.parquet", connection, name)
    finally:
        del tabular.TABLE_ORDERS["shuffled"]
        connection.execute("DROP TABLE shuffled")
    for kind in ("csv", "parquet"):
        assert (tmp_path / f"ledger.{kind}").read_bytes() == (tmp_path / f"shuffled.{kind}").read_bytes()


def test_row_groups_do_not_depend_on_how_the_database_cuts(connection, tmp_path, monkeypatch):
    monkeypatch.setattr(tabular, "ROW_GROUP_ROWS", 4)
    write_parquet(tmp_path / "small.parquet", connection, "ledger")
    file = pq.ParquetFile(tmp_path / "small.parquet")
    sizes = [file.metadata.row_group(place).num_rows for place in range(file.metadata.num_row_groups)]
    assert all(size == 4 for size in sizes[:-1])
    assert sum(sizes) == file.metadata.num_rows


def test_csv_money_keeps_its_digits_and_no_more(connection, tmp_path):
    write_csv(tmp_path / "ledger.csv", connection, "ledger")
    by_id = {row["transaction_id"]: row for row in read_csv(tmp_path / "ledger.csv")}
    assert by_id["tx-0007"]["amount"] == "36.800000000000004"
    assert by_id["tx-0006"]["new_balance"] == "-103371.09"
    assert by_id["tx-0001"]["vat"] == "0"
    assert by_id["tx-0001"]["payment_balance"] == ""
    assert by_id["tx-0001"]["logged_at"] == "2024-01-01T07:00:00.000Z"


def test_csv_text_is_no_formula(connection, tmp_path):
    write_csv(tmp_path / "transactions.csv", connection, "transactions")
    users = {row["user_id"] for row in read_csv(tmp_path / "transactions.csv")}
    assert users & set(HOSTILE) == {
        *("<script>alert(1)</script>", "<r><t>rich</t></r>", "_x0041__x0042_", " led and trailed ", "'=1"),
        "http://evil.example/a",
    }
    assert {"'" + HOSTILE[0], "'+1-@␉tab"} <= users
    assert not [user for user in users if user.startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_guarded_text_never_starts_a_formula(texts):
    shown = guarded(pl.Series("text", texts, dtype=pl.String)).to_list()
    for before, after in zip(texts, shown, strict=True):
        assert (before is None) == (after is None)
        assert not (after or "").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\0"))


def test_csv_times_keep_microseconds_where_there_are_some():
    times = [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 0, 0, 0, 17, tzinfo=UTC), None]
    frame = csv_frame(pl.DataFrame({"at": times}))
    assert frame["at"].to_list() == ["2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00.000017Z", None]


def test_tables_of_a_run_without_detector_are_empty(tmp_path):
    from balance_sync.reports.writer import write_reports

    with made_up_run(anomalies=False) as (connection, context):
        write_reports(connection, tmp_path, formats=["csv", "parquet"], context=context)
    assert (tmp_path / "csv" / "anomalies.csv").read_text().count("\n") == 1
    assert pl.read_parquet(tmp_path / "parquet" / "anomalies.parquet").height == 0


def test_a_database_without_nights_and_levels_has_empty_tables_of_them(tmp_path):
    with made_up_run(locked=False) as (connection, context):
        connection.execute("DROP TABLE unusual_nights; DROP TABLE change_points")
        build_report_data(connection, context)
        for name in ("unusual_nights", "change_points"):
            write_csv(tmp_path / f"{name}.csv", connection, name)
            assert (tmp_path / f"{name}.csv").read_text().count("\n") == 1
