"""Reports of finished runs, written again or compared, as other programs meet them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock
from openpyxl import load_workbook
from program import balance_sync

from archive_text import STREAM, synced, write_export


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two runs: in the second, one subscriber more is overdrawn."""
    folder = tmp_path_factory.mktemp("work")
    first = synced(0, 1) + synced(100, 2, paymentBalance="-5")
    write_export(folder / "one", {STREAM: first})
    write_export(
        folder / "two", {STREAM: first + synced(200, 3, id="'T9'", userId="'U9'", paymentBalance="-7")}
    )
    for name in ("one", "two"):
        run = balance_sync(
            "run", name, "-o", f"run-{name}", "--format", "json", "--format", "html", cwd=folder
        )
        assert run.code == 0, run.err
    return folder


@pytest.mark.slow
def test_reports_written_again_are_the_same_bytes(work: Path, tmp_path: Path) -> None:
    ended = balance_sync(
        *("report", "--database", "run-two/balance-sync.duckdb", "-o", tmp_path),
        *("--format", "json", "--format", "html"),
        cwd=work,
    )
    assert (ended.code, ended.err) == (0, "")
    for name in ("summary.json", "report.html"):
        assert (tmp_path / name).read_bytes() == (work / "run-two" / name).read_bytes()


@pytest.mark.slow
def test_the_memory_of_reports_has_a_limit(work: Path, tmp_path: Path) -> None:
    again = ("report", "--database", "run-two/balance-sync.duckdb", "-o", tmp_path, "--format", "json")
    ended = balance_sync(*again, "--memory-limit", "860MB", cwd=work)
    assert (ended.code, ended.err) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]
    refused = balance_sync(*again, "--memory-limit", "100MB", cwd=work)
    assert refused.code == 2
    assert "--memory-limit: '100MB' is less than the program needs" in refused.err


def test_what_killed_programs_left_goes(work: Path, tmp_path: Path) -> None:
    (tmp_path / ".spill-left").mkdir()
    (tmp_path / ".spill-left" / "duckdb_temp_block-1.block").write_bytes(b"left")
    (tmp_path / ".spill-held").mkdir()
    held = FileLock(tmp_path / ".spill-held" / "in-use.lock")
    with held:
        ended = balance_sync(
            *("report", "--database", "run-two/balance-sync.duckdb", "-o", tmp_path, "--format", "json"),
            cwd=work,
        )
        assert (ended.code, ended.err) == (0, "")
        assert sorted(path.name for path in tmp_path.iterdir()) == [".spill-held", "summary.json"]


def test_a_database_of_another_version_is_told_of(work: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.duckdb"
    shutil.copyfile(work / "run-two" / "balance-sync.duckdb", older)
    with duckdb.connect(older) as connection:
        connection.execute("DROP TABLE completeness")
    ended = balance_sync("report", "--database", older, "-o", tmp_path / "new", "--format", "json", cwd=work)
    assert ended.code == 2
    assert "was made by another version of the program" in ended.err
    assert "balance-sync run LOGS" in ended.err


def test_without_a_database_no_folder_is_made(work: Path, tmp_path: Path) -> None:
    ended = balance_sync("report", "--database", "nowhere.duckdb", "-o", tmp_path / "new", cwd=work)
    assert ended.code == 2
    assert not (tmp_path / "new").exists()


def test_logs_need_not_be_there_any_more(work: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "balance-sync.duckdb").write_bytes((work / "run-two" / "balance-sync.duckdb").read_bytes())
    ended = balance_sync(
        "report", "--database", "moved/balance-sync.duckdb", "--format", "xlsx", cwd=tmp_path
    )
    assert ended.code == 0
    assert (moved / "report.xlsx").is_file()


def test_diff_tells_what_is_new(work: Path) -> None:
    ended = balance_sync("diff", "run-one", "run-two/balance-sync.duckdb", "--json", cwd=work)
    assert ended.code == 0
    told = json.loads(ended.out)
    assert told["rules"]["overdraft"]["new"] == 1
    assert told["rules"]["overdraft"]["persisting"] == 1
    assert "overdraft" in balance_sync("diff", "run-one", "run-two", cwd=work).out


@pytest.mark.slow
def test_diff_fails_on_what_is_new_and_on_nothing_else(work: Path, tmp_path: Path) -> None:
    assert balance_sync("diff", "run-one", "run-two", "--fail-on-new", cwd=work).code == 1
    assert balance_sync("diff", "run-two", "run-one", "--fail-on-new", cwd=work).code == 0
    assert balance_sync("diff", "run-two", "run-two", "--fail-on-new", cwd=work).code == 0
    back = balance_sync("diff", "run-one", "run-two", "--before", "run-two", "--json", cwd=work)
    assert json.loads(back.out)["rules"]["overdraft"]["reopened"] == 1


def test_diff_writes_reports_where_formats_are_asked_for(work: Path, tmp_path: Path) -> None:
    ended = balance_sync(
        "diff", work / "run-one", work / "run-two", "--format", "csv", "-o", "changed", cwd=tmp_path
    )
    assert ended.code == 0
    assert "new" in (tmp_path / "changed" / "csv" / "changes.csv").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "--database", "nowhere.duckdb"),
        ("report", "--database", "broken/balance-sync.duckdb"),
        ("diff", "run-one", "broken"),
        ("diff", "broken", "run-one"),
        ("diff", "one", "run-one"),
        ("report", "--database", "run-one/balance-sync.duckdb", "--against", "broken"),
    ],
)
def test_what_is_no_run_is_refused_with_the_next_step(work: Path, arguments: tuple[str, ...]) -> None:
    (work / "broken").mkdir(exist_ok=True)
    (work / "broken" / "balance-sync.duckdb").write_bytes(b"no database at all" * 100)
    ended = balance_sync(*arguments, cwd=work)
    assert ended.code in {2, 4}
    assert ended.err.startswith("balance-sync: error: ")
    assert "help: " in ended.err


def sheets(path: Path) -> list[str]:
    return load_workbook(path, read_only=True).sheetnames


def test_a_section_stands_alone_beside_the_headline_figures(work: Path, tmp_path: Path) -> None:
    formats = [part for name in ("xlsx", "html", "csv") for part in ("--format", name)]
    ended = balance_sync(
        *("report", "--database", "run-two/balance-sync.duckdb", "-o", tmp_path, *formats),
        *("--section", "episodes"),
        cwd=work,
    )
    assert ended.code == 0, ended.err
    assert sheets(tmp_path / "report.xlsx") == ["README", "Episodes", "Sign-off"]
    assert [path.name for path in (tmp_path / "csv").iterdir()] == ["episodes.csv"]
    page = (tmp_path / "report.html").read_text()
    assert '<section id="episodes">' in page
    assert '<section id="totals">' in page
    assert '<section id="anomalies">' not in page


def test_rows_beyond_the_wanted_ones_are_counted(work: Path, tmp_path: Path) -> None:
    formats = ("--format", "xlsx", "--format", "html")
    ended = balance_sync(
        *("report", "--database", "run-two/balance-sync.duckdb", "-o", tmp_path, *formats, "--max-rows", "1"),
        cwd=work,
    )
    assert ended.code == 0, ended.err
    sheet = load_workbook(tmp_path / "report.xlsx")["Transactions"]
    notes = [str(cell.value) for cell in sheet["A"]]
    assert any("1 row. 2 more rows were not asked for: csv/transactions.csv" in note for note in notes)
    assert "The first 1 of 2." in (tmp_path / "report.html").read_text()


def test_a_diff_reports_changes_alone(work: Path, tmp_path: Path) -> None:
    formats = [part for name in ("xlsx", "csv") for part in ("--format", name)]
    ended = balance_sync("diff", "run-one", "run-two", "-o", tmp_path, *formats, cwd=work)
    assert ended.code == 0, ended.err
    assert sheets(tmp_path / "report.xlsx") == ["README", "Sign-off", "Changes"]
    assert [path.name for path in (tmp_path / "csv").iterdir()] == ["changes.csv"]
