"""What an archive shows of its own gaps."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from archive_text import DAY as ARCHIVE_DAY
from archive_text import (
    OTHER_STREAM,
    PUBLISHED,
    STREAM,
    event,
    line,
    processing,
    request,
    stamp,
    start,
    synced,
    transaction,
    write_gz,
)
from balance_sync.config import RunOptions
from balance_sync.pipeline.run import RunResult, run
from balance_sync.reports.labels import COMPLETENESS

DAY = 86_400_000
EXPORT = "a3fb6cdb-607b-469f-8f8a-ec4792e827cb"
NEXT_EXPORT = "b3fb6cdb-607b-469f-8f8a-ec4792e827cb"
FORMATS = ("json", "csv", "html", "xlsx")


def dropped(at: int, **record: Any) -> str:
    """Return the notice as Lambda's JSON log format has it."""
    notice = {"time": stamp(at), "type": "platform.logsDropped", "record": record}
    return event(at, json.dumps(notice))


def judge(logs: Path, output: Path, **options: Any) -> RunResult:
    return run(RunOptions((str(logs),), output=output, formats=FORMATS, threads=1, **options))


def missing(output: Path) -> list[tuple[str, int, str, str]]:
    with (output / "csv" / "completeness.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row["kind"], int(row["cases"]), row["place"], row["detail"]) for row in rows]


def summary(output: Path) -> dict[str, int]:
    counts: dict[str, int] = json.loads((output / "summary.json").read_text())["completeness"]
    return counts


def test_an_archive_without_gaps_misses_nothing(tmp_path: Path) -> None:
    write_gz(tmp_path / "logs" / STREAM / "000000.gz", synced(0, 1) + synced(DAY, 2))
    result = judge(tmp_path / "logs", tmp_path / "out")
    assert result.completeness == {}
    assert summary(tmp_path / "out") == dict.fromkeys(COMPLETENESS, 0)
    assert missing(tmp_path / "out") == []


@pytest.fixture
def gaps(tmp_path: Path) -> Path:
    """Return the folder of an archive with a gap of every kind."""
    logs = tmp_path / "logs"
    cut = start(0, request(7)) + processing(10, request(7), "M7") + transaction(20, request(7), id="'T7'")
    later = start(100, request(8)) + line(110, request(8), PUBLISHED)
    first = dropped(500, reason="Consumer is too slow", droppedRecords=12, droppedBytes=3456)
    again = dropped(700, reason="", droppedRecords="many")
    write_gz(logs / EXPORT / STREAM / "000000.gz", synced(-900, 1) + cut + later + first + again)
    # Four days on: three business days have nothing.
    alone = transaction(4 * DAY + 900, "undefined", id="'T9'")
    write_gz(logs / NEXT_EXPORT / OTHER_STREAM / "000000.gz", synced(4 * DAY, 2) + alone)
    talk = "".join(line(4 * DAY + 2000 + at, request(3), f"line {at}") for at in range(50))
    whole = gzip.compress((synced(4 * DAY + 1000, 3) + talk).encode(), mtime=0)
    (logs / "damaged").write_bytes(whole[:-8])
    return logs


def test_every_gap_is_told_with_its_place(tmp_path: Path, gaps: Path) -> None:
    result = judge(gaps, tmp_path / "out")
    reason = result.problems[0][1]
    assert missing(tmp_path / "out") == [
        ("days_without_logs", 3, ".", "2024-01-17 to 2024-01-19"),
        ("dropped_logs", 2, STREAM, "12 lines of 3456 bytes lost: Consumer is too slow"),
        ("messages_without_outcome", 1, STREAM, f"the first is of request {request(7)}"),
        ("records_without_request", 1, OTHER_STREAM, "the first stands on line 29"),
        ("unfinished_invocations", 2, STREAM, f"the first is request {request(7)}"),
        ("unread_sources", 1, "damaged", reason),
    ]
    expected = {
        "days_without_logs": 3,
        "dropped_logs": 2,
        "messages_without_outcome": 1,
        "records_without_request": 1,
        "unfinished_invocations": 2,
        "unread_sources": 1,
    }
    assert result.completeness == summary(tmp_path / "out") == expected


def test_every_report_shows_the_gaps(tmp_path: Path, gaps: Path) -> None:
    judge(gaps, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert 'id="missing"' in page
    assert "12 lines of 3456 bytes lost: Consumer is too slow" in page
    assert "The logs have gaps" in page
    book = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx", read_only=True)
    cells = [value for row in book["Completeness"].iter_rows(values_only=True) for value in row]
    assert {name for name, _ in COMPLETENESS.values()} <= set(cells)
    assert "2024-01-17 to 2024-01-19" in cells


def test_notices_of_lambda_are_events_of_their_own_and_no_rejects(tmp_path: Path, gaps: Path) -> None:
    judge(gaps, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert told["event_kinds"]["logs_dropped"] == 2
    assert told["rejects"] == 0
    with (tmp_path / "out" / "csv" / "dropped_logs.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["records"], row["bytes"], row["reason"]) for row in csv.DictReader(file)]
    assert rows == [("12", "3456", "Consumer is too slow"), ("", "", "")]


def test_days_are_those_of_a_log_group(tmp_path: Path) -> None:
    """Exports of one group continue each other; what another group logged fills no gap."""
    logs = tmp_path / "logs"
    write_gz(logs / "one" / EXPORT / STREAM / "000000.gz", synced(0, 1))
    write_gz(logs / "one" / NEXT_EXPORT / OTHER_STREAM / "000000.gz", synced(2 * DAY, 2))
    write_gz(logs / "two" / "2024" / "01" / "16" / "21" / "part", synced(DAY, 3))
    write_gz(logs / "two" / "2024" / "01" / "17" / "21" / "part", synced(2 * DAY + 500, 4))
    judge(logs, tmp_path / "out")
    assert missing(tmp_path / "out") == [("days_without_logs", 1, "one", "2024-01-17")]


def test_days_are_business_days_of_the_chosen_zone(tmp_path: Path) -> None:
    """Half past eight and half past nine in the evening UTC are two days in Bahrain, and one in London."""
    logs = tmp_path / "logs"
    write_gz(logs / STREAM / "000000.gz", synced(-1_800_000, 1))
    write_gz(logs / OTHER_STREAM / "000000.gz", synced(DAY + 1_800_000, 2))
    judge(logs, tmp_path / "bahrain")
    assert [row[3] for row in missing(tmp_path / "bahrain")] == ["2024-01-16"]
    judge(logs, tmp_path / "london", timezone="Europe/London")
    assert missing(tmp_path / "london") == []


def test_an_added_source_fills_a_gap(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    write_gz(logs / "1" / STREAM / "000000.gz", synced(0, 1) + synced(2 * DAY, 2))
    judge(logs, tmp_path / "out")
    assert [row[3] for row in missing(tmp_path / "out")] == ["2024-01-17"]
    write_gz(logs / "1" / OTHER_STREAM / "000000.gz", synced(DAY, 3))
    assert judge(logs, tmp_path / "out").continued
    assert missing(tmp_path / "out") == []


def delivery(group: str, stream: str, at: int, *messages: str) -> str:
    """Return a record of Firehose with an event for each message, a millisecond apart."""
    first = round(ARCHIVE_DAY.timestamp() * 1000) + at
    events = [
        {"id": f"{group}{stream}{at}{place}", "timestamp": first + place, "message": message}
        for place, message in enumerate(messages)
    ]
    named = {"messageType": "DATA_MESSAGE", "logGroup": group, "logStream": stream.replace("-", "/", 2)}
    return json.dumps({**named, "logEvents": events})


def test_records_say_which_log_group_they_are_of(tmp_path: Path) -> None:
    """Deliveries are files of their own, and continue each other where they name the same group."""
    one, two = "/aws/lambda/one", "/aws/lambda/two"
    (tmp_path / "logs").mkdir()
    for name, at, groups in (("a", 0, (one, two)), ("b", 2 * DAY, (one,)), ("c", DAY, (two,))):
        content = "".join(delivery(group, STREAM, at, "INIT_START", "x") for group in groups)
        (tmp_path / "logs" / name).write_text(content)
    judge(tmp_path / "logs", tmp_path / "out")
    assert missing(tmp_path / "out") == [("days_without_logs", 1, one, "2024-01-17")]
    with (tmp_path / "out" / "csv" / "sources.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["path"], row["log_group"]) for row in csv.DictReader(file)]
    assert rows == [
        ("a", ""),
        (f"a/{STREAM}", one),
        (f"a/{STREAM}~2", two),
        ("b", ""),
        (f"b/{STREAM}", one),
        ("c", ""),
        (f"c/{STREAM}", two),
    ]


def test_records_without_a_request_are_told(tmp_path: Path) -> None:
    text = synced(0, 1) + transaction(500, "undefined", id="'T8'") + processing(600, "no id", "M9")
    write_gz(tmp_path / "logs" / STREAM / "000000.gz", text)
    result = judge(tmp_path / "logs", tmp_path / "out")
    assert missing(tmp_path / "out") == [
        ("records_without_request", 1, STREAM, "the first stands on line 29"),
    ]
    assert result.completeness == {"records_without_request": 1}
    with (tmp_path / "out" / "csv" / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        (reject,) = csv.DictReader(file)
    assert reject["reason"] == "a message that belongs to no request: where its id should stand is none"
