"""What a result does not rest on is told, however quiet the rest is; and no line of a log stops a run."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from program import balance_sync

from archive_text import STREAM, event, synced, write_export

FAR = "".join(f"{year}-12-31T23:59:59.999Z hello\n\n" for year in ("0001", "1969", "2100", "9999"))


def test_times_that_cannot_be_stop_no_run(tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1, id="'T1'") + FAR})
    pages = [
        {"@timestamp": "9999-12-31 23:59:59.9996", "@message": "x"},
        {"timestamp": 10**14, "message": "x"},
    ]
    (tmp_path / "logs" / "records.json").write_text("".join(json.dumps(page) + "\n" for page in pages))
    ended = balance_sync("run", "logs", "-q", "--format", "xlsx", "--format", "json", cwd=tmp_path)
    assert ended.code == 0
    assert "warning: 4 texts that should be log events could not be read" in ended.err
    assert "records.json: 2 records whose time, message or envelope cannot be read" in ended.err
    summary = json.loads((tmp_path / "reports" / "summary.json").read_text())
    assert (summary["transactions"], summary["rejects"]) == (1, 4)
    strict = balance_sync("run", "logs", "-q", "--strict", cwd=tmp_path)
    assert strict.code == 3


@pytest.mark.parametrize("text", ["", "hello\n"])
def test_an_archive_without_events_is_no_clean_month(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.log").write_text(text)
    ended = balance_sync("run", "a.log", "-q", "--format", "none", cwd=tmp_path)
    assert ended.code == 0
    assert "warning: no log events" in ended.err
    assert balance_sync("run", "a.log", "-q", "--strict", "--format", "none", cwd=tmp_path).code == 3


def test_line_breaks_before_the_first_event_are_nothing_to_read(tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: "\n\n" + event(0, "hello")})
    ended = balance_sync("run", "logs", "-q", "--strict", "--format", "none", cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")


def test_what_is_printed_hides_nothing_and_keeps_its_digits(tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1, id="'\\x1b[31mred\\ninfo: x'", vat="0")})
    assert balance_sync("run", "logs", "--format", "none", cwd=tmp_path).code == 0
    sql = "SELECT transaction_id, vat, amount, logged_at, vat = 0 AS is_nothing FROM transactions"
    table = balance_sync("query", sql, cwd=tmp_path).out
    assert "\x1b" not in table
    assert len(table.splitlines()) == 3
    (row,) = csv.DictReader(io.StringIO(balance_sync("query", sql, "--csv", cwd=tmp_path).out))
    assert row == {
        "transaction_id": "␛[31mred␊info: x",
        "vat": "0",
        "amount": "5",
        "logged_at": "2024-01-15T21:00:00.020Z",
        "is_nothing": "true",
    }
    (found,) = json.loads(balance_sync("query", sql, "--json", cwd=tmp_path).out)
    assert (found["vat"], found["logged_at"], found["is_nothing"]) == ("0", row["logged_at"], True)


@pytest.mark.slow
def test_a_proof_without_its_logs_still_shows_the_ledger(tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1, id="'T1'", newBalance="-1", paymentBalance="-1")})
    assert balance_sync("run", "logs", "--format", "none", cwd=tmp_path).code == 0
    sql = "SELECT finding_id FROM findings WHERE rule = 'overdraft' LIMIT 1"
    finding = balance_sync("query", sql, "--csv", cwd=tmp_path).out.split()[1]
    whole = balance_sync("explain", finding, cwd=tmp_path)
    assert whole.code == 0
    assert "  > 2024-01-15T21:00:00.020Z" in whole.out
    moved = tmp_path / "elsewhere"
    (tmp_path / "logs").rename(moved)
    without = balance_sync("explain", finding, cwd=tmp_path)
    assert without.code == 3
    assert "log lines: they cannot be shown" in without.out
    assert "T1" in without.out
    assert balance_sync("explain", finding, "--logs", moved, cwd=tmp_path).out == whole.out
