from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from balance_sync.currency import minor_unit, tolerance
from balance_sync.schema import PUBLISHED_TABLES
from balance_sync.store.tables import create_tables, fill_currencies


@pytest.fixture
def database():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        create_tables(connection)
        yield connection


@pytest.mark.parametrize("name", PUBLISHED_TABLES)
def test_tables_agree_with_their_arrow_schemas(database, name):
    made = database.sql(f"FROM {name}").to_arrow_table().schema
    assert made.equals(PUBLISHED_TABLES[name])


def test_making_the_tables_again_keeps_what_they_hold(database):
    database.execute("INSERT INTO rejects VALUES ('a', 1, 'reason', 'text')")
    create_tables(database)
    assert database.execute("SELECT count(*) FROM rejects").fetchall() == [(1,)]


def test_currencies_are_those_seen_and_the_unknown_one(database):
    for currency in ("BHD", "SAR", "BHD", None, "JPY", "'; DROP TABLE rejects"):
        database.execute("INSERT INTO transactions (currency) VALUES ($currency)", {"currency": currency})
    fill_currencies(database)
    fill_currencies(database)
    rows = database.execute("FROM currencies ORDER BY currency").fetchall()
    assert [row[0] for row in rows] == ["", "'; DROP TABLE rejects", "BHD", "JPY", "SAR"]
    assert all(row[1:] == (minor_unit(row[0]), tolerance(row[0])) for row in rows)


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        ("12.5", 3, "12.500"),
        ("-103371.09", 2, "-103371.09"),
        ("0", 2, "0.00"),
        ("100", 0, "100"),
        ("-0.0005", 3, "-0.0005"),
        ("0.1", 0, "0.1"),
        ("36.800000000000004", 3, "36.800000000000004"),
        ("-0.000000000000000001", 2, "-0.000000000000000001"),
        ("99999999999999999999", 0, "99999999999999999999"),
        (None, 2, None),
    ],
)
def test_money_text_never_hides_a_digit(database, amount, decimals, text):
    sql = "SELECT money_text($amount::DECIMAL(38, 18), $decimals)"
    made = database.execute(sql, {"amount": amount, "decimals": decimals}).fetchone()[0]
    assert made == text
    assert made is None or Decimal(made) == Decimal(amount)


def test_money_words_name_the_currency_where_there_is_one(database):
    sql = "SELECT money_words(1.5, 'BHD', 3), money_words(1.5, NULL, 2), money_words(NULL, 'BHD', 3)"
    assert database.execute(sql).fetchone() == ("1.500 BHD", "1.50", "an unstated amount BHD")
