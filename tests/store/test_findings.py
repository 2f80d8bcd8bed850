from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from balance_sync.errors import RuleFileError
from balance_sync.schema import MONEY, UTC_TIME
from balance_sync.store.findings import FINDING_ROW, record_finding_rows, record_findings
from balance_sync.store.tables import create_tables

ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "TIMESTAMP WITH TIME ZONE": UTC_TIME,
    "DECIMAL(38,18)": MONEY,
    "BIGINT": pa.int64(),
}
ROW = {"logged_at": datetime(2024, 1, 31, tzinfo=UTC), "explanation": "…", "source_id": "a", "line": 1}


@pytest.fixture
def database():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET preserve_insertion_order = false")
        create_tables(connection)
        yield connection


def rows_table(*rows):
    schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in FINDING_ROW.items()])
    return pa.Table.from_pylist([ROW | row for row in rows], schema=schema)


def record(database, *rows, rule="overdraft", version=1):
    return record_finding_rows(database, rows_table(*rows), rule=rule, version=version, severity="error")


def ids(database):
    return [
        row[0]
        for row in database.execute("SELECT finding_id FROM findings ORDER BY line, source_id").fetchall()
    ]


def test_rows_become_findings(database):
    assert record(database, {"subject": "t1", "difference": Decimal("-1")}) == 1
    (finding,) = database.sql("FROM findings").to_arrow_table().to_pylist()
    assert (finding["rule"], finding["rule_version"], finding["severity"]) == ("overdraft", 1, "error")
    assert finding["difference"] == Decimal("-1")
    assert len(finding["finding_id"]) == 20


def test_ids_are_known(database):
    """Ids are kept in people's decisions, so they must never change."""
    record(database, {"subject": "t1"})
    assert ids(database) == ["f0d42a790163dffb512d"]


def test_ids_depend_on_what_the_finding_is_about_alone(database):
    record(database, {"subject": "t1"})
    before = ids(database)
    later = {
        "source_id": "z",
        "line": 99,
        "logged_at": datetime(2025, 1, 1, tzinfo=UTC),
        "explanation": "else",
    }
    record(database, {"subject": "t1"} | later, version=2)
    assert ids(database) == before
    record(database, {"subject": "t2"}, rule="other")
    record(database, {"subject": "t1"}, rule="another")
    assert len(set(ids(database))) == 3


def test_findings_about_one_subject_are_numbered_in_order_of_time(database):
    early, late = (
        {"subject": "t1", "line": n, "logged_at": datetime(2024, 1, n, tzinfo=UTC)} for n in (1, 2)
    )
    record(database, late, early)
    both = ids(database)
    record(database, early)
    assert ids(database) == both[:1]
    assert len(set(both)) == 2


def test_findings_stand_in_the_table_in_total_order(database):
    rows = [{"subject": f"t{n}", "line": n, "source_id": "ab"[n % 2]} for n in range(2_000)]
    record(database, *reversed(rows))
    stored = database.execute("SELECT source_id, line FROM findings").fetchall()
    assert stored == sorted(stored)


def test_recording_a_rule_again_replaces_its_findings(database):
    record(database, {"subject": "t1"}, {"subject": "t2"})
    record(database, {"subject": "t1"}, rule="other")
    assert record(database, {"subject": "t3"}) == 1
    counts = database.execute("SELECT rule, count(*) FROM findings GROUP BY ALL ORDER BY ALL").fetchall()
    assert counts == [("other", 1), ("overdraft", 1)]


@pytest.mark.parametrize("missing", ["subject", "source_id", "line"])
def test_a_finding_without_root_is_refused(database, missing):
    with pytest.raises(RuleFileError, match="1 of 2 findings"):
        record(database, {"subject": "t1"}, {"subject": "t2", missing: None})


def test_parameters_are_bound(database):
    empty = ", ".join(f"NULL AS {column}" for column in list(FINDING_ROW)[1:-2])
    rows_sql = f"SELECT $word AS subject, {empty}, 'a' AS source_id, 1 AS line"
    hostile = "'); DROP TABLE findings; --"
    record_findings(
        database, rule="r", version=1, severity="info", rows_sql=rows_sql, parameters={"word": hostile}
    )
    assert len(ids(database)) == 1
