from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from golden_files import check_golden
from made_up_run import START, made_up_run, transaction

from balance_sync.errors import DeliveryError
from balance_sync.reports.attention import points_of_attention
from balance_sync.reports.data import build_report_data
from balance_sync.reports.figures import CompletenessTotal
from balance_sync.reports.writer import write_reports
from balance_sync.vocabulary import Outcome

ALL = ["xlsx", "html", "pdf", "csv", "parquet", "json"]


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_every_format_is_written_where_it_belongs(run, tmp_path):
    connection, context = run
    written = write_reports(connection, tmp_path / "new" / "folder", formats=ALL, context=context)
    names = {path.relative_to(tmp_path / "new" / "folder").as_posix() for path in written}
    assert {
        "report.xlsx",
        "report.html",
        "report.pdf",
        "summary.json",
        "csv/findings.csv",
        "parquet/findings.parquet",
    } <= names
    assert names == set(files_of(tmp_path / "new" / "folder"))


def test_two_writes_at_other_times_are_the_same_bytes(run, tmp_path):
    connection, context = run
    write_reports(connection, tmp_path / "a", formats=ALL, context=context)
    later = replace(context, started_at=START + timedelta(days=1), finished_at=None, elapsed_s=99.0)
    write_reports(connection, tmp_path / "b", formats=ALL, context=later)
    first, second = files_of(tmp_path / "a"), files_of(tmp_path / "b")
    assert {name for name in first if first[name] != second[name]} == {"summary.json"}


def test_only_what_was_asked_for_is_written(run, tmp_path):
    connection, context = run
    assert write_reports(connection, tmp_path, formats={"json"}, context=context) == (
        tmp_path / "summary.json",
    )
    assert set(files_of(tmp_path)) == {"summary.json"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ALL)
def test_a_format_alone_says_what_it_says_beside_others(run, tmp_path, kind):
    connection, context = run
    write_reports(connection, tmp_path / "all", formats=ALL, context=context)
    write_reports(connection, tmp_path / "one", formats={kind}, context=context)
    every, alone = files_of(tmp_path / "all"), files_of(tmp_path / "one")
    assert alone
    assert {name: every[name] for name in alone} == alone


def test_unknown_format_is_refused(run, tmp_path):
    connection, context = run
    with pytest.raises(ValueError, match="docx"):
        write_reports(connection, tmp_path, formats=["docx"], context=context)


@pytest.mark.parametrize("name", ["summary.json", "report.xlsx"])
def test_failure_leaves_what_was_there(run, tmp_path, monkeypatch, name):
    connection, context = run
    (tmp_path / name).write_text("before")

    def fail(*_, **__):
        raise OSError(28, "No space left on device", name)

    target = "summary.write_summary" if name == "summary.json" else "workbook._rules_frame"
    monkeypatch.setattr(f"balance_sync.reports.{target}", fail)
    with pytest.raises(DeliveryError, match="could not be written") as caught:
        write_reports(connection, tmp_path, formats=ALL, context=context)
    assert "No space left" in caught.value.reason
    assert files_of(tmp_path) == {name: b"before"}
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_a_killed_run_left_beside_is_removed(run, tmp_path):
    (tmp_path / ".reports-killed" / "csv").mkdir(parents=True)
    write_reports(run[0], tmp_path, formats=["json"], context=run[1])
    assert set(files_of(tmp_path)) == {"summary.json"}
    assert not (tmp_path / ".reports-killed").exists()


def test_workbook_that_cannot_be_packed_is_a_delivery_error(run, tmp_path, monkeypatch):
    connection, context = run

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("balance_sync.reports.sheets.archive.FastZip.write", fail)
    with pytest.raises(DeliveryError):
        write_reports(connection, tmp_path, formats=["xlsx"], context=context)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file_is_a_delivery_error(run, tmp_path):
    connection, context = run
    (tmp_path / "reports").write_text("in the way")
    with pytest.raises(DeliveryError) as caught:
        write_reports(connection, tmp_path / "reports", formats=["json"], context=context)
    assert "choose another folder" in caught.value.help


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_folder_without_permission_is_a_delivery_error(run, tmp_path):
    connection, context = run
    tmp_path.chmod(0o500)
    with pytest.raises(DeliveryError):
        write_reports(connection, tmp_path, formats=["json"], context=context)


def test_summary_is_as_agreed(run, tmp_path):
    connection, context = run
    write_reports(connection, tmp_path, formats=["json"], context=context)
    text = (tmp_path / "summary.json").read_text()
    summary = json.loads(text)
    promised = "run_id sources bytes events transactions sync_errors messages outcomes users rejects findings"
    assert {*promised.split(), "elapsed_s"} <= set(summary)
    assert set(Outcome) <= set(summary["outcomes"])
    assert set(summary["findings"]) == {run.rule for run in context.rules}
    assert summary["findings"]["failed_sync"] == 0
    check_golden("summary.json", _without_hashes(text))


def _without_hashes(text):
    return "".join(line for line in text.splitlines(keepends=True) if '"sha256"' not in line)


def test_control_totals_hold_and_tell_when_they_do_not(run):
    connection, context = run
    data = build_report_data(connection, context)
    assert data.broken_totals == ()
    wrong = replace(context, event_kinds=(("end", 1),), rules=context.rules[:-1])
    broken = build_report_data(connection, wrong)
    assert {total.name for total in broken.broken_totals} == {
        "events_by_kind",
        "records_read_or_rejected",
        "findings_by_rule",
    }
    first = points_of_attention(broken)[0]
    assert (first.severity, first.what) == ("critical", "Control totals do not add up")


def test_findings_of_a_rule_that_did_not_run_are_shown(run):
    connection, context = run
    less = replace(context, rules=tuple(one for one in context.rules if one.rule != "overdraft"))
    rules = {result.run.rule: result.findings for result in build_report_data(connection, less).rules}
    assert rules["overdraft"] > 0


def test_checks_of_rules_that_did_not_run_are_left_out(run):
    connection, context = run
    less = replace(context, rules=tuple(one for one in context.rules if one.rule != "continuity"))
    names = {total.name for total in build_report_data(connection, less).control_totals}
    assert "continuity_explained" not in names
    assert "arithmetic_explained" in names


def test_attention_tells_what_still_stands(data):
    points = {point.section: point for point in points_of_attention(data)}
    assert points["overdraft"].what == "Overdrafts: 3 findings, 2 still open"
    assert "SAR 103,371.09 for 1 subscriber (subscription balance)" in points["overdraft"].detail
    assert points["Sources"].what == "1 log file could not be read in full"
    assert points["Rejects"].severity == "error"


def test_a_period_is_that_of_the_figures_and_a_warning_where_it_leaves_out_what_was_before(run):
    connection, context = run
    data = build_report_data(connection, context)
    first, last = data.totals.first_at, data.totals.last_at
    assert data.period == (first, last)
    hour = timedelta(hours=1)
    for since, until, period, warns in (
        (first + hour, last - hour, (first + hour, last - hour), True),
        (first - hour, last + hour, (first, last), False),
        (None, last - hour, (first, last - hour), False),
        (last + hour, None, (None, None), True),
    ):
        asked = replace(data, context=replace(context, since=since, until=until))
        assert asked.period == period
        told = "The period begins within the archive"
        assert (told in [point.what for point in points_of_attention(asked)]) == warns


def test_a_single_gap_is_told_with_its_day(data):
    midnight = datetime(2024, 3, 15, 21, tzinfo=UTC)
    for cases, places, words in (
        (1, 1, "Days without logs: 1 (2024-03-16)."),
        (3, 1, "Days without logs: 3 (from 2024-03-16 on)."),
        (3, 2, "Days without logs: 3."),
    ):
        gap = CompletenessTotal("days_without_logs", cases, places, midnight)
        points = {point.what: point for point in points_of_attention(replace(data, completeness=(gap,)))}
        assert points["The logs have gaps"].detail.startswith(words)


def test_report_works_where_the_session_may_do_nothing_else(tmp_path):
    with made_up_run(locked=True) as (connection, context):
        assert write_reports(connection, tmp_path, formats=ALL, context=context)


@pytest.mark.slow
def test_read_only_database_gives_the_same_report(tmp_path):
    import duckdb

    from balance_sync.rules.ledger import define_ledger

    with made_up_run(locked=False) as (connection, context):
        write_reports(connection, tmp_path / "during", formats=["xlsx", "html", "pdf"], context=context)
        define_ledger(connection)
        file = str(tmp_path / "run.duckdb").replace("'", "''")
        connection.execute(f"ATTACH '{file}' AS kept")
        connection.execute("COPY FROM DATABASE memory TO kept")
        connection.execute("DETACH kept")
    with duckdb.connect(tmp_path / "run.duckdb", read_only=True) as later:
        write_reports(later, tmp_path / "later", formats=["xlsx", "html", "pdf"], context=context)
    assert files_of(tmp_path / "during") == files_of(tmp_path / "later")


def test_sums_beyond_float_are_exact(tmp_path):
    amount = Decimal("12345678901234567.123456789012345678")
    rows = [transaction(number, amount=amount, old_balance=None, new_balance=None) for number in (1, 2)]
    with made_up_run(rows, sync_errors=()) as (connection, context):
        write_reports(connection, tmp_path, formats=["json"], context=context)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["amounts"][0]["amount"] == "24691357802469134.246913578024691356"
