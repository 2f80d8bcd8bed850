"""What a report says of the findings of earlier runs."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from made_up_run import START, made_up_run, transaction
from openpyxl import load_workbook

from balance_sync.reports.changes import Change, EarlierRun
from balance_sync.reports.data import build_report_data
from balance_sync.reports.writer import write_reports


def overdrawn(*numbers, below="-5", **fields):
    """Give transactions of as many subscribers, each of whom is overdrawn by one and by no other."""
    return [
        transaction(
            number, f"subscriber-{number}", old_balance=Decimal(below) + 9, new_balance=Decimal(below)
        )
        | fields
        for number in numbers
    ]


def findings_of(rows, name="run"):
    with made_up_run(rows, sync_errors=(), anomalies=False) as (connection, context):
        table = connection.table("findings").to_arrow_table()
    return EarlierRun(name, name, context.version, START, table)


def kinds(rows, *earlier, **changed):
    """Give the change of each finding of an overdraft, by its transaction."""
    with made_up_run(rows, sync_errors=(), anomalies=False) as (connection, context):
        data = build_report_data(connection, replace(context, **changed), earlier)
        found = connection.sql(
            "SELECT transaction_id, change FROM changes WHERE rule = 'overdraft'"
        ).fetchall()
        assert sum(count.findings for count in data.changes.counts) == connection.table("changes").shape[0]
        return dict(found)


def test_each_finding_is_what_it_is():
    before = findings_of(overdrawn(1, 2, 3) + overdrawn(4, below="-7"))
    now = overdrawn(1, 5) + overdrawn(4, below="-8") + [transaction(2, "subscriber-2")]
    assert kinds(now, before) == {
        "tx-0001": "persisting",
        "tx-0002": "resolved",
        # Its log is the same file, and the transaction is not in it any more.
        "tx-0003": "resolved",
        "tx-0004": "changed",
        "tx-0005": "new",
    }


def test_what_was_gone_and_is_back_is_told_from_what_is_new():
    first, second = findings_of(overdrawn(1, 2)), findings_of(overdrawn(2))
    assert kinds(overdrawn(1, 2, 3), first, second) == {
        "tx-0001": "reopened",
        "tx-0002": "persisting",
        "tx-0003": "new",
    }


def test_what_this_run_could_not_find_is_not_called_resolved():
    before = findings_of(overdrawn(1, source_id="source-gone") + overdrawn(2))
    assert kinds([transaction(9)], before) == {"tx-0001": "not_judged", "tx-0002": "resolved"}
    assert kinds([transaction(9)], before, since=START + timedelta(hours=5))["tx-0002"] == "not_judged"
    assert kinds([transaction(9)], before, until=START + timedelta(hours=2))["tx-0002"] == "not_judged"
    with made_up_run([transaction(9)], sync_errors=(), anomalies=False) as (connection, context):
        others = tuple(run for run in context.rules if run.rule != "overdraft")
        build_report_data(connection, replace(context, rules=others), [before])
        assert {row[0] for row in connection.sql("SELECT change FROM changes").fetchall()} == {"not_judged"}


def test_counts_are_by_rule_and_currency_with_the_amounts():
    before = findings_of(overdrawn(1))
    rows = overdrawn(1, 2) + overdrawn(3, below="-4", currency="SAR")
    with made_up_run(rows, sync_errors=(), anomalies=False) as (connection, context):
        changes = build_report_data(connection, context, [before]).changes
    told = [(one.change, one.currency, one.findings, one.amount) for one in changes.counts]
    assert told == [
        ("new", "BHD", 1, None),
        ("new", "SAR", 1, None),
        ("persisting", "BHD", 1, None),
    ]
    assert (changes.total(Change.NEW), changes.total(Change.RESOLVED)) == (2, 0)


def test_what_is_found_every_night_is_not_summed_and_events_are():
    nothing = findings_of(overdrawn(1))
    with made_up_run() as (connection, context):
        changes = build_report_data(connection, context, [nothing]).changes
    amounts = {one.rule: one.amount for one in changes.counts if one.change == Change.NEW}
    assert amounts["arithmetic"] == Decimal("0.5")
    assert amounts["overdraft"] is amounts["discrepancy"] is None


def test_every_format_tells_of_changes_only_where_there_is_a_run_to_compare_with(tmp_path):
    before = findings_of(overdrawn(1))
    with made_up_run(overdrawn(2), sync_errors=(), anomalies=False) as (connection, context):
        formats = ["xlsx", "csv", "parquet", "json"]
        write_reports(connection, tmp_path / "a", formats=formats, context=context)
        write_reports(connection, tmp_path / "b", formats=formats, context=context, earlier=[before])
    assert not (tmp_path / "a" / "csv" / "changes.csv").exists()
    assert "Changes" not in load_workbook(tmp_path / "a" / "report.xlsx").sheetnames
    rows = list(csv.DictReader((tmp_path / "b" / "csv" / "changes.csv").open()))
    assert [(row["change"], row["transaction_id"]) for row in rows] == [
        ("new", "tx-0002"),
        ("resolved", "tx-0001"),
    ]
    sheet = load_workbook(tmp_path / "b" / "report.xlsx")["Changes"]
    assert {"New", "Gone"} <= {cell.value for cell in sheet["A"]}


@pytest.mark.parametrize("days", [0, 1, 2, 7, 8, 30, 31, 90, 91])
def test_ages_count_back_from_the_last_business_day(days):
    rows = [*overdrawn(1), transaction(2, "other", logged_at=START + timedelta(hours=1, days=days))]
    with made_up_run(rows, sync_errors=(), anomalies=False) as (connection, context):
        (aged,) = build_report_data(connection, context).ages
    place = next(at for at, most in enumerate((1, 7, 30, 90, 10_000)) if days <= most)
    assert aged.by_age == tuple(int(at == place) for at in range(6))


def test_what_a_decision_set_aside_is_not_called_resolved():
    """An unusual transaction that people answered is as unusual as it was."""
    with made_up_run() as (connection, context):
        finding = connection.execute("SELECT finding_id FROM anomalies_set_aside").fetchall()[0][0]
        earlier = connection.sql(
            f"SELECT * REPLACE (if(row_number() OVER (ORDER BY finding_id) = 1, '{finding}', 'no-more') "
            "AS finding_id, 'anomaly' AS rule) FROM findings WHERE rule = 'overdraft' "
            "QUALIFY row_number() OVER (ORDER BY findings.finding_id) <= 2"
        ).to_arrow_table()
        before = EarlierRun("before", "before", context.version, START, earlier)
        data = build_report_data(connection, context, [before])
        found = dict(connection.sql("SELECT finding_id, change FROM changes").fetchall())
    assert found[finding] == "set_aside"
    assert found["no-more"] == "resolved"
    assert (data.changes.total(Change.SET_ASIDE), data.changes.total(Change.RESOLVED)) == (1, 1)


def test_every_kind_of_change_has_words_and_a_place():
    from balance_sync.cli.report import _SHOWN_CHANGES
    from balance_sync.reports.labels import CHANGE_MEANINGS, CHANGES
    from balance_sync.reports.queries import report_sql

    kinds = [str(kind) for kind in Change]
    assert list(CHANGES) == list(CHANGE_MEANINGS) == list(_SHOWN_CHANGES) == kinds
    for query in ("changes", "change_counts"):
        assert str(kinds) in report_sql(query)
