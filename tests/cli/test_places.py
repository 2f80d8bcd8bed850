"""Folders of any name, files of earlier runs among the logs, and streams that the caller has closed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from program import balance_sync

from archive_text import STREAM, synced, write_export
from balance_sync.config import DATABASE_NAME, FEEDBACK_FILE
from balance_sync.reports.delivery import staging
from balance_sync.reports.formats import Format
from balance_sync.sources.labels import OWN_NAMES

FORMATS = ("--format", "json", "--format", "csv", "--format", "parquet")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1, id="'T1'") + synced(100, 2, id="'T2'")})
    return tmp_path


def told(folder: Path) -> dict[str, int]:
    summary = json.loads((folder / "summary.json").read_text())
    return {name: summary[name] for name in ("sources", "events", "transactions", "rejects")}


@pytest.mark.slow
def test_names_of_folders_are_no_patterns(work: Path) -> None:
    name = "o[1]*[$LATEST]"
    # What a pattern would match besides, and in its place.
    for sibling in ("o1ZL", "o[1]Z[$LATEST]", "o1*L"):
        (work / sibling).mkdir()
        assert balance_sync("run", "logs", "-o", sibling, "--format", "json", cwd=work).code == 0
    for _ in range(2):
        ended = balance_sync("run", "logs", "-o", name, *FORMATS, cwd=work)
        assert (ended.code, told(work / name)["transactions"]) == (0, 2)
    shown = balance_sync("query", "FROM transactions", "--database", f"{name}/balance-sync.duckdb", cwd=work)
    assert shown.code == 0


@pytest.mark.parametrize("name", ["o?y", "o\\b", "o\udcff"])
def test_where_no_database_can_be_is_told_before_anything_is_read(work: Path, name: str) -> None:
    ended = balance_sync("run", "logs", "-o", name, cwd=work)
    assert ended.code == 2
    assert "help: name a path" in ended.err
    assert [path.name for path in work.iterdir()] == ["logs"]


@pytest.mark.slow
def test_what_an_earlier_run_has_written_is_no_log(work: Path) -> None:
    logs = work / "logs"
    figures = []
    for options in ((), (), ("-o", "."), ("-o", ".")):
        ended = balance_sync("run", ".", *options, *FORMATS, "-v", cwd=logs)
        assert ended.code == 0
        figures.append(told(logs if options else logs / "reports"))
    assert figures[1:] == figures[:-1]
    assert "written by an earlier run" in ended.err


@pytest.mark.slow
def test_reports_that_tell_of_another_run_are_named(work: Path) -> None:
    assert "earlier run" not in balance_sync("run", "logs", *FORMATS, cwd=work).err
    ended = balance_sync("run", "logs", "--format", "json", cwd=work)
    assert "note: of an earlier run, and not written anew: csv, parquet\n" in ended.err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="there is a shell")
@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(work: Path, closed: str) -> None:
    program = f"'{sys.executable}' -m balance_sync run logs --format json {closed}"
    assert subprocess.run(["sh", "-c", program], cwd=work, check=False).returncode == 0
    assert told(work / "reports")["transactions"] == 2


@pytest.mark.skipif(os.name != "posix", reason="there are such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_a_run_finds_nothing_half_done(work: Path, number: signal.Signals) -> None:
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "balance_sync", "run", "-"],
        cwd=work,
        stdin=reading,
        stderr=subprocess.PIPE,
        text=True,
        # In the background of a shell interrupts are ignored, and so would be by what is started there.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as running:
        # It waits for the rest of its input.
        while not (work / "reports" / "store" / "working").is_dir():
            time.sleep(0.01)
        running.send_signal(number)
        told_at_last = running.communicate(timeout=60)[1]
    os.close(writing)
    os.close(reading)
    assert running.returncode == 130
    assert "balance-sync: error: interrupted" in told_at_last
    assert "Traceback" not in told_at_last
    left = [path.name for path in (work / "reports").rglob("*") if path.is_file()]
    assert left == []


def test_a_report_leaves_alone_what_another_is_writing(work: Path) -> None:
    assert balance_sync("run", "logs", "--format", "none", cwd=work).code == 0
    reports = work / "reports"
    left = reports / ".reports-of-a-killed-run"
    left.mkdir()
    with staging(reports) as files:
        files.place("report.pdf").write_text("not finished yet")
        assert balance_sync("report", "--format", "json", cwd=work).code == 0
        assert files.publish(reports) == (reports / "report.pdf",)
    assert {"report.pdf", "summary.json"} <= {path.name for path in reports.iterdir()}
    assert not list(reports.glob(".reports-*"))


def test_what_a_run_writes_is_known_as_its_own(work: Path) -> None:
    formats = [word for kind in Format for word in ("--format", kind.value)]
    ended = balance_sync("run", "logs", *formats, cwd=work)
    assert ended.code == 0
    assert {path.name for path in (work / "reports").iterdir()} <= OWN_NAMES
    assert {DATABASE_NAME, FEEDBACK_FILE} <= OWN_NAMES


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take no such names")
def test_logs_in_a_folder_whose_name_is_no_text_are_read_and_read_again(tmp_path: Path) -> None:
    """The name is bytes of an older encoding; the log lines of a finding are read where they are."""
    text = synced(0, 1, paymentBalance="-5", oldBalance="0", newBalance="-5")
    write_export(tmp_path / "logs" / os.fsdecode(b"caf\xe9"), {STREAM: text})
    ended = balance_sync("run", "logs", "--format", "json", "--format", "html", cwd=tmp_path)
    assert ended.code == 0, ended.err
    summary = json.loads((tmp_path / "reports" / "summary.json").read_text())
    assert (summary["transactions"], summary["findings"]["overdraft"]) == (1, 2)
    found = balance_sync("query", "SELECT min(finding_id) AS id FROM findings", "--csv", cwd=tmp_path)
    explained = balance_sync("explain", found.out.split()[1], cwd=tmp_path)
    assert explained.code == 0, explained.err
    assert f"caf\\xe9/{STREAM}/000000.gz:" in explained.out
    assert "newBalance: -5" in explained.out
