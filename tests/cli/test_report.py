"""Reports of finished runs, written again or compared, as other programs meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
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


def test_reports_written_again_are_the_same_bytes(work: Path, tmp_path: Path) -> None:
    ended = balance_sync(
        *("report", "--database", "run-two/balance-sync.duckdb", "-o", tmp_path),
        *("--format", "json", "--format", "html"),
        cwd=work,
    )
    assert (ended.code, ended.err) == (0, "")
    for name in ("summary.json", "report.html"):
        assert (tmp_path / name).read_bytes() == (work / "run-two" / name).read_bytes()


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
