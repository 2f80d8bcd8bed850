"""Decisions made in a workbook come back: edited in one program, saved by another, imported, run again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from archive_text import STREAM, synced, write_export
from balance_sync.feedback.journal import Journal

USER = "U-=1+1"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a finished run: overdrafts of two subscribers, and unusual transactions."""
    folder = tmp_path_factory.mktemp("finished") / "work"
    text = "".join(
        synced(1000 * at, at, userId=f"'{user}'", id=f"'T{at}'", oldBalance=old, newBalance=new)
        for at, user, old, new in (
            *((number, "U1", 200 - 5 * number, 195 - 5 * number) for number in range(20)),
            (30, USER, 0, -5),
            (31, "U3", 0, -5),
            (32, "U3", -5, -10),
        )
    )
    text += synced(90_000, 40, userId="'U1'", id="'T40'", oldBalance="100", newBalance="-900", amount="1000")
    write_export(folder / "logs", {STREAM: text})
    balance_sync(folder, "run", "logs", "--format", "xlsx")
    # Whoever moves the folder of a run takes its decisions along.
    return folder.rename(folder.with_name("moved"))


@pytest.fixture
def work(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return Path(shutil.copytree(finished, tmp_path / "work"))


def balance_sync(work: Path, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [sys.executable, "-m", "balance_sync", *map(str, arguments)],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stderr
    return ended


def listed(work: Path) -> list[dict[str, Any]]:
    return json.loads(balance_sync(work, "feedback", "list", "--json").stdout)


def header(sheet: Worksheet) -> tuple[int, dict[str, int]]:
    """Return the row of the header, and the columns by their labels."""
    for row in sheet.iter_rows(max_row=20):
        labels = {cell.value: cell.column for cell in row if cell.value}
        if "Decision" in labels:
            return row[0].row, labels
    raise AssertionError(sheet.title)


def edit(path: Path, sheet_name: str, offset: int, **cells: str | None) -> str:
    """Set cells of the `offset`-th row below the header; return its finding."""
    workbook = load_workbook(path)
    sheet = workbook[sheet_name]
    top, columns = header(sheet)
    for label, value in cells.items():
        cell = sheet.cell(top + 1 + offset, columns[label.replace("_", " ")])
        cell.value = value
        cell.data_type = "s"  # also where it looks like a formula
    workbook.save(path)
    return str(sheet.cell(top + 1 + offset, columns["Finding"]).value)


def by_libreoffice(path: Path) -> None:
    """Let LibreOffice open the workbook and save it."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    out = path.parent / "saved"
    subprocess.run(
        [
            *(office, f"-env:UserInstallation=file://{path.parent / 'profile'}", "--headless"),
            *("--convert-to", "xlsx", "--outdir", str(out), str(path)),
        ],
        check=True,
        capture_output=True,
    )
    (out / path.name).replace(path)


@pytest.mark.parametrize("saved_by", ["openpyxl", pytest.param("libreoffice", marks=pytest.mark.slow)])
def test_decisions_made_in_the_workbook_come_back(work: Path, saved_by: str) -> None:
    report = work / "reports" / "report.xlsx"
    note = "=SUM(A1) <b> “agreed” مقبول"
    first = edit(report, "Overdrafts", 0, Decision="Accepted", Note=note)
    second = edit(report, "Overdrafts", 1, Decision="false_positive", Decided_by="Bo")
    if saved_by == "libreoffice":
        by_libreoffice(report)
    done = balance_sync(work, "feedback", "import", report, "--by", "Anna")
    assert done.stdout == "2 decisions added\n"
    entries = listed(work)
    assert [
        (one["finding_id"], one["decision"], one["note"], one["decided_by"], one["scope"]) for one in entries
    ] == [(first, "accepted", note, "Anna", "finding"), (second, "false_positive", "", "Bo", "finding")]
    assert {one["source"] for one in entries} == {"report.xlsx"}
    assert all(len(one["source_sha256"]) == 64 for one in entries)

    again = balance_sync(work, "feedback", "import", report, "--by", "Anna")
    assert (again.stdout, "imported before" in again.stderr) == ("0 decisions added\n", True)

    balance_sync(work, "run", "logs", "--format", "xlsx", "--format", "json", "--format", "csv")
    summary = json.loads((work / "reports" / "summary.json").read_text())
    assert summary["feedback"]["decided"]["accepted"] == 1
    assert summary["findings"]["overdraft"] == 4
    assert "accepted" in (work / "reports" / "csv" / "findings.csv").read_text()
    # What the new workbook shows of the decisions reads back as nothing new.
    if saved_by == "libreoffice":
        by_libreoffice(report)
    shown = balance_sync(work, "feedback", "import", report, "--by", "Anna")
    assert (shown.stdout, "2 known already" in shown.stderr) == ("0 decisions added\n", True)


def test_the_cells_to_fill_in_are_open_and_offer_the_words(work: Path) -> None:
    workbook = load_workbook(work / "reports" / "report.xlsx")
    for name in ("Overdrafts", "Anomalies"):
        sheet = workbook[name]
        top, columns = header(sheet)
        cell = sheet.cell(top + 1, columns["Decision"])
        (lists,) = (one for one in sheet.data_validations.dataValidation if one.type == "list")
        assert lists.formula1 == '"Confirmed,False positive,Accepted,Needs information"'
        assert cell.coordinate in lists.sqref
        assert sheet.cell(top, columns["Decision"]).coordinate not in lists.sqref
        # A cell that is not there has the format of its column.
        style = sheet.column_dimensions[cell.column_letter]
        assert style.protection.locked is False


def test_every_wrong_row_is_told_with_its_sheet_and_row_and_nothing_is_taken(work: Path) -> None:
    report = work / "reports" / "report.xlsx"
    edit(report, "Overdrafts", 0, Decision="Accepted")
    edit(report, "Overdrafts", 1, Decision="Maybe")
    edit(report, "Overdrafts", 2, Decision="Confirmed", Finding="0123456789abcdef0123")
    edit(report, "Overdrafts", 3, Decision="Confirmed", Subscriber="somebody else")
    edit(report, "Anomalies", 0, Decision="Confirmed")
    done = balance_sync(work, "feedback", "import", report, "--by", "Anna", code=3)
    top, _ = header(load_workbook(report)["Overdrafts"])
    for offset, reason in enumerate(
        ("without a reason", "'Maybe' is no decision", "no finding has the id", "is not of subscriber")
    ):
        assert any(
            f"Overdrafts row {top + 1 + offset}: " in line and reason in line
            for line in done.stderr.splitlines()
        ), (reason, done.stderr)
    assert "4 of its rows cannot be meant; nothing was imported" in done.stderr
    assert listed(work) == []


@pytest.mark.slow
def test_a_workbook_of_before_does_not_undo_what_was_decided_since(work: Path) -> None:
    report = work / "reports" / "report.xlsx"
    finding = edit(report, "Overdrafts", 0, Decision="Confirmed")
    balance_sync(work, "feedback", "import", report, "--by", "Anna")
    balance_sync(work, "run", "logs", "--format", "xlsx")
    balance_sync(work, "feedback", "add", finding, "--decision", "accepted", "--note", "repaid", "--by", "Bo")
    other = edit(report, "Overdrafts", 1, Decision="Confirmed")
    balance_sync(work, "feedback", "import", report, "--by", "Anna")
    assert [(one["finding_id"], one["decision"]) for one in listed(work)] == [
        (finding, "confirmed"),
        (finding, "accepted"),
        (other, "confirmed"),
    ]


@pytest.mark.slow
def test_a_note_that_looks_like_an_escape_reads_back_as_nothing_new(work: Path) -> None:
    finding = edit(work / "reports" / "report.xlsx", "Overdrafts", 0)
    said = ("--decision", "accepted", "--note", "_x0041_ _x005F_x0042_ <r>x</r>", "--by", "Anna")
    balance_sync(work, "feedback", "add", finding, *said)
    balance_sync(work, "run", "logs", "--format", "xlsx")
    shown = balance_sync(work, "feedback", "import", "reports/report.xlsx", "--by", "Anna")
    assert (shown.stdout, "1 known already" in shown.stderr) == ("0 decisions added\n", True)


def test_an_export_fills_another_file(work: Path) -> None:
    report = work / "reports" / "report.xlsx"
    edit(report, "Overdrafts", 0, Decision="Accepted", Note="=1+1")
    balance_sync(work, "feedback", "import", report, "--by", "Anna")
    for form in ("csv", "jsonl"):
        balance_sync(work, "feedback", "export", "--format", form, "-o", f"kept.{form}")
        other = ("--feedback", f"other-{form}.sqlite")
        assert (
            balance_sync(work, "feedback", "import", f"kept.{form}", *other).stdout == "1 decisions added\n"
        )
        assert balance_sync(work, "feedback", "import", f"kept.{form}").stdout == "0 decisions added\n"
        (entry,) = Journal(work / f"other-{form}.sqlite").entries()
        assert (entry.statement.note, entry.statement.decided_by) == ("=1+1", "Anna")


@pytest.mark.parametrize("name", ["hostile.xlsx", "empty.xlsx", "text.xlsx", "gone.xlsx", "other.pdf"])
def test_a_file_that_is_no_report_is_an_error_of_three_lines(work: Path, name: str) -> None:
    path = work / name
    if name == "hostile.xlsx":
        far_away(path)
    elif name == "empty.xlsx":
        load_workbook(work / "reports" / "report.xlsx")["README"].parent.save(path)
        workbook = load_workbook(path)
        for sheet in workbook.sheetnames[1:]:
            del workbook[sheet]
        workbook.save(path)
    elif name != "gone.xlsx":
        path.write_text("no workbook")
    done = balance_sync(work, "feedback", "import", path, code=3)
    assert done.stderr.startswith(f"balance-sync: error: {path}: ")
    assert len(done.stderr.splitlines()) <= 3
    assert not (work / "reports" / "feedback.sqlite").exists()


def far_away(path: Path) -> None:
    """Write a workbook whose two cells stand in opposite corners of its sheet."""
    from xlsxwriter import Workbook

    with Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Overdrafts")
        sheet.write("A1", "Finding")
        sheet.write("XFD1048576", "x")
    assert path.stat().st_size < 10_000
    assert zipfile.is_zipfile(path)
