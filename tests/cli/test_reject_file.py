"""`run --rejects FILE`, through the program itself."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from program import balance_sync

from archive_text import (
    OTHER_STREAM,
    STREAM,
    SYNC_NOTICE,
    line,
    request,
    synced,
    transaction_dump,
    typed_fields,
    write_export,
)

UNREAD = SYNC_NOTICE + ' {\n  transaction: =broken, \u202e"quoted"\n'


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    bad = line(60, request(2), UNREAD)
    late = line(60, request(3), SYNC_NOTICE + transaction_dump(typed_fields(amount="'many'")))
    return write_export(tmp_path / "logs", {STREAM: "=before\n" + synced(0, 1) + bad, OTHER_STREAM: late})


def run(tmp_path: Path, *arguments: str | Path):
    return balance_sync("run", "logs", "-o", "out", "--format", "json", *arguments, cwd=tmp_path)


def rejects_of(tmp_path: Path) -> int:
    counted: int = json.loads((tmp_path / "out" / "summary.json").read_text())["rejects"]
    return counted


def test_all_rejects_are_written_as_json_lines(tmp_path: Path, logs: Path) -> None:
    done = run(tmp_path, "--rejects", "out/bad/rejects.jsonl")
    assert done.code == 0, done.err
    assert "out/bad/rejects.jsonl" in done.out.splitlines()
    rows = [json.loads(row) for row in (tmp_path / "out/bad/rejects.jsonl").read_text().splitlines()]
    assert len(rows) == rejects_of(tmp_path) == 3
    assert [set(row) for row in rows] == [{"path", "line", "reason", "text", "source_id"}] * 3
    assert [(row["path"], row["line"]) for row in rows] == [
        (f"{STREAM}/000000.gz", 1),
        (f"{STREAM}/000000.gz", rows[1]["line"]),
        (f"{OTHER_STREAM}/000000.gz", 1),
    ]
    assert rows[0]["text"] == "=before"
    assert rows[1]["text"].endswith(UNREAD.rstrip("\n"))
    assert all(row["reason"] for row in rows)
    assert list((tmp_path / "out/bad").iterdir()) == [tmp_path / "out/bad/rejects.jsonl"]


def test_as_csv_they_are_safe_to_open(tmp_path: Path, logs: Path) -> None:
    done = run(tmp_path, "--rejects", "rejects.CSV")
    assert done.code == 0, done.err
    with (tmp_path / "rejects.CSV").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert rows[0]["text"] == "'=before"
    assert "\u202e" not in rows[1]["text"]


@pytest.mark.slow
def test_the_same_run_writes_the_same_file_in_place_of_the_one_before(tmp_path: Path, logs: Path) -> None:
    place = tmp_path / "rejects.ndjson"
    place.write_text("old")
    assert run(tmp_path, "--rejects", place).code == 0
    first = place.read_bytes()
    assert run(tmp_path, "--rejects", place, "--rebuild").code == 0
    assert place.read_bytes() == first


@pytest.mark.slow
def test_an_archive_that_is_whole_leaves_a_file_without_rows(tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1)})
    assert run(tmp_path, "--rejects", "none.csv").code == 0
    assert (tmp_path / "none.csv").read_text() == "path,line,reason,text,source_id\n"
    assert run(tmp_path, "--rejects", "none.jsonl").code == 0
    assert (tmp_path / "none.jsonl").read_text() == ""


@pytest.mark.parametrize(
    "place",
    [
        "logs/rejects.csv",
        "logs/new/folder/rejects.csv",
        "beside/rejects.csv",
        "same.csv",
        "out/../logs/r.csv",
    ],
)
def test_a_file_among_the_logs_is_refused_and_nothing_is_read(tmp_path: Path, logs: Path, place: str) -> None:
    (tmp_path / "beside").symlink_to(logs)
    (tmp_path / "same.csv").symlink_to(logs / STREAM / "000000.gz")
    before = {path: path.read_bytes() for path in logs.rglob("*.gz")}
    done = run(tmp_path, "--rejects", place)
    assert done.code == 2
    assert "is one of the logs, or lies among them" in done.err
    assert not (tmp_path / "out").exists()
    assert {path: path.read_bytes() for path in logs.rglob("*") if path.is_file()} == before


def test_a_file_that_is_an_input_is_refused_also_by_another_name(tmp_path: Path, logs: Path) -> None:
    (tmp_path / "other.csv").hardlink_to(logs / STREAM / "000000.gz")
    pattern = str(logs / "*" / "*.gz").replace("[", "[[]")
    done = balance_sync("run", pattern, "-o", "out", "--rejects", "other.csv", cwd=tmp_path)
    assert done.code == 2
    assert "is one of the logs" in done.err


@pytest.mark.parametrize(("place", "what"), [("rejects.txt", "does not say how"), ("r", "does not say how")])
def test_a_name_that_says_no_format_is_refused(tmp_path: Path, logs: Path, place: str, what: str) -> None:
    done = run(tmp_path, "--rejects", place)
    assert done.code == 2
    assert what in done.err
    assert ".jsonl" in done.err


def test_what_cannot_be_written_is_told_as_such(tmp_path: Path, logs: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    done = run(tmp_path, "--rejects", "folder.csv")
    assert done.code == 2
    assert "is a folder" in done.err
    (tmp_path / "file").write_text("")
    done = run(tmp_path, "--rejects", "file/rejects.csv")
    assert done.code == 5
    assert "the rejects could not be written" in done.err
