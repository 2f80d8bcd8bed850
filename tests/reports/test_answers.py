"""The five questions, each answered within two clicks from the first sheet: the links are followed."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from made_up_run import START, made_up_run, transaction, usual_transactions
from openpyxl import load_workbook

from balance_sync.reports.answers import answers
from balance_sync.reports.changes import EarlierRun
from balance_sync.reports.data import build_report_data
from balance_sync.reports.labels import QUESTIONS
from balance_sync.reports.phrases import rounded_money
from balance_sync.reports.workbook import write_workbook

GUIDE = Path(__file__).parents[2] / "docs" / "reading-the-report.md"
USERS = range(40, 46)


def rows():
    """Give usual transactions and six overdrawn subscribers, one of whom is out of it again."""
    overdrawn = [
        transaction(number, f"poor-{number}", "SAR", old_balance=Decimal(1), new_balance=Decimal(1 - number))
        | {"amount": Decimal(number)}
        for number in USERS
    ]
    mended = transaction(60, "poor-45", "SAR", old_balance=Decimal(-44), new_balance=Decimal(6))
    return [*usual_transactions(), *overdrawn, mended | {"type": "CREDIT", "amount": Decimal(50)}]


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """Give the report's data, and its workbook compared with an earlier run."""
    with made_up_run(usual_transactions()[:4], anomalies=False) as (connection, context):
        earlier = EarlierRun("before", "0" * 16, "1", START, connection.table("findings").to_arrow_table())
    path = tmp_path_factory.mktemp("answers") / "report.xlsx"
    with made_up_run(rows(), anomalies=False) as (connection, context):
        data = build_report_data(connection, context, [earlier])
        write_workbook(path, data, max_rows=25)
    return data, load_workbook(path)


def follow(workbook, cell):
    """Click: give the cell that a link leads to."""
    sheet, target = cell.hyperlink.location.rsplit("!", 1)
    return workbook[sheet.strip("'")][target]


def question(workbook, name):
    """Find a question on the first screen of the first sheet."""
    sheet = workbook["README"]
    return next(cell for (cell,) in sheet.iter_rows(max_row=45, max_col=1) if cell.value == QUESTIONS[name])


def answer(cell):
    """Give the lines below a question."""
    lines = []
    for row in range(cell.row + 1, cell.row + 20):
        if cell.parent.cell(row, 1).value:
            break
        lines.append(cell.parent.cell(row, 2).value)
    return [line for line in lines if line]


def table_from(cell):
    """Give the rows of a sheet from the cell's on, as dicts."""
    sheet = cell.parent
    header = next(
        row for row in range(1, 30) if sheet.cell(row, 1).value and sheet.cell(row, 5).value is not None
    )
    names = [one.value for one in sheet[header]]
    return [
        dict(zip(names, values, strict=True))
        for values in sheet.iter_rows(min_row=cell.row, values_only=True)
    ]


@pytest.mark.parametrize(("name", "rule"), [("overdrawn", "Overdrafts"), ("disagree", "Discrepancies")])
def test_who_is_concerned_now_is_one_click_away(followed, name, rule):
    _, workbook = followed
    asked = question(workbook, name)
    shown = []
    for row in table_from(follow(workbook, asked)):
        if (row["Rule"], row["Status"]) != (rule, "Open"):
            break
        shown.append(row)
    everything = [
        row
        for sheet in workbook.worksheets
        if sheet.title.startswith("Episodes")
        for row in table_from(sheet["A1"])
        if (row["Rule"], row["Status"]) == (rule, "Open")
    ]
    # The first click shows all of them, with the amount and since when: nobody stands elsewhere.
    assert len(shown) == len(everything) > 1
    assert all(
        row["Subscriber"] and row["Amount at risk"] and row["First day (Asia/Bahrain)"] for row in shown
    )
    said = answer(asked)
    sums = {}
    for row in shown:
        place = (row["Currency"], row["Wallet"])
        sums[place] = sums.get(place, 0) + Decimal(str(row["Amount at risk"]))
    for (currency, _), amount in sums.items():
        unit = {"BHD": 3, "SAR": 2}[currency]
        assert any(line.startswith(f"{currency} {rounded_money(amount, unit)} for ") for line in said)
    assert "poor-45" not in {row["Subscriber"] for row in shown}


def test_what_is_owed_stands_on_the_first_screen_and_by_subscriber_one_click_away(followed):
    _, workbook = followed
    asked = question(workbook, "owed")
    sheet = follow(workbook, asked).parent
    closings = {}
    for name in workbook.sheetnames:
        if name.startswith(sheet.title):
            for row in table_from(workbook[name]["A8"]):
                if isinstance(row["= Closing balance"], float | int) and row["Currency"] == "SAR":
                    closings[row["Subscriber"]] = row["= Closing balance"]
    line = next(line for line in answer(asked) if line.startswith("SAR"))
    positive = sum(amount for amount in closings.values() if amount >= 0)
    negative = -sum(amount for amount in closings.values() if amount < 0)
    assert f"we owe {positive:,.2f} to " in line
    assert (
        f"are owed {negative:,.2f} by {sum(amount < 0 for amount in closings.values())} subscribers" in line
    )


def test_what_changed_is_one_click_away(followed):
    data, workbook = followed
    asked = question(workbook, "changed")
    sheet = follow(workbook, asked).parent
    assert sheet.title == "Changes"
    new = sum(one.findings for one in data.changes.counts if one.change == "new")
    assert new > 5
    assert f"new {new}" in answer(asked)[0]
    names = [name for name in workbook.sheetnames if name.startswith("Changes")]
    kinds = [cell.value for name in names for cell in workbook[name]["A"]]
    assert kinds.count("New") == new


def test_the_proof_of_a_line_is_two_clicks_away(followed):
    _, workbook = followed
    first = follow(workbook, question(workbook, "proof"))
    finding = table_from(first.parent.cell(9, 1))[0]
    names = [cell.value for cell in first.parent[8]]
    assert {"Source", "Line", "File", "Finding", "What is wrong"} <= set(names)
    assert finding["File"].endswith("000000.gz")
    link = first.parent.cell(9, names.index("Transaction") + 1)
    second = follow(workbook, link)
    header = next(row for row in second.parent.iter_rows() if row[1].value == "Subscriber")
    proved = dict(zip((one.value for one in header), second.parent[second.row], strict=True))
    assert proved["Transaction"].value == link.value
    assert (proved["Source"].value, proved["Line"].value) == (finding["Source"], finding["Line"])


def test_a_rule_that_did_not_run_is_no_clean_bill():
    with made_up_run(anomalies=False) as (connection, context):
        data = build_report_data(connection, context)
    others = tuple(one for one in data.rules if one.run.rule != "overdraft")
    first, *_ = answers(replace(data, rules=others))
    assert (first.lines, first.section) == (("Not judged: the rule overdraft did not run.",), "")


def test_the_guide_names_every_question_and_only_what_there_is(followed):
    _, workbook = followed
    guide = GUIDE.read_text(encoding="utf-8")
    assert set(re.findall(r"^## (.+)$", guide, re.MULTILINE)) >= set(QUESTIONS.values())
    sheets = {name.split(" (")[0] for name in workbook.sheetnames}
    named = set(re.findall(r"sheet \*\*([^*]+)\*\*", guide))
    assert named
    assert named <= sheets
