"""What records say of themselves: a record is one event, and names its stream and its log group."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unfolded import unfold

from archive_text import DAY, PUBLISHED, STREAM, request, stamp
from balance_sync.limits import Limits
from balance_sync.logs.scan import scan_logs
from balance_sync.sources import json_values
from balance_sync.sources.discovery import discover
from balance_sync.sources.opening import iter_texts

AT = round(DAY.timestamp() * 1000)
FORGED = f"{stamp(5)} {stamp(5)}\t{request(1)}\tINFO\t{PUBLISHED}"
RAW = f"{stamp(0)}\t{request(1)}\tINFO\tsomebody's text\n\n{FORGED}\n{FORGED}\n"
NAMED = {"logStreamName": STREAM, "timestamp": AT, "message": RAW}

RECORDS: dict[str, Callable[[], Any]] = {
    "firehose": lambda: {"logStream": STREAM, "logEvents": [{"id": "1", "timestamp": AT, "message": RAW}]},
    "filter-log-events": lambda: {"events": [NAMED]},
    "alone": lambda: NAMED,
    "insights": lambda: [{"@timestamp": "2024-01-15 21:00:00.000", "@message": RAW, "@logStream": STREAM}],
}


@pytest.mark.parametrize("form", RECORDS)
def test_a_record_is_one_event_whatever_its_text_looks_like(form: str, tmp_path: Path) -> None:
    file = tmp_path / "000000.gz"
    file.write_text(json.dumps(RECORDS[form]()))
    (event,) = scan_logs([file]).collect().to_dicts()
    assert event["kind"] == "application"
    assert event["text"] == f"{stamp(0)} {RAW}".replace("\n2024", "\n 2024").rstrip("\n")


def groups_of(path: Path, content: str) -> set[tuple[str, str]]:
    path.write_text(content)
    (file,) = discover([path]).sources
    return {
        (text.source.log_group, text.source.stream) for text in iter_texts(file, Limits()) if text.source.file
    }


@pytest.mark.parametrize(
    ("value", "group"),
    [
        ({"logGroup": "/aws/lambda/x", "logStream": "s", "logEvents": [NAMED]}, "/aws/lambda/x"),
        ({**NAMED, "logGroupIdentifier": "123456789012:/aws/lambda/x"}, "/aws/lambda/x"),
        (
            {**NAMED, "logGroupIdentifier": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/x:*"},
            "/aws/lambda/x",
        ),
        ({"events": [NAMED]}, ""),
        ([{"@timestamp": "2024-01-15 21:00:00.000", "@message": "x", "@log": "123456789012:/g"}], "/g"),
    ],
)
def test_records_name_their_log_group(tmp_path: Path, value: Any, group: str) -> None:
    ((found, _),) = groups_of(tmp_path / "000000.gz", json.dumps(value))
    assert found == group


def test_a_csv_names_the_log_group_of_each_row(tmp_path: Path) -> None:
    rows = ["@timestamp,@message,@logStream,@log", "2024-01-15 21:00:00.000,x,s,123456789012:/one"]
    rows.append("2024-01-15 21:00:00.000,y,s,123456789012:/two")
    named = groups_of(tmp_path / "000000.gz", "\n".join([*rows, ""]))
    assert {group for group, _ in named} == {"/one", "/two"}


def test_streams_of_one_name_in_two_groups_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So they are where an object is too large to be read at once."""
    objects = [
        {
            "messageType": "DATA_MESSAGE",
            "logGroup": group,
            "logStream": STREAM,
            "logEvents": [
                {"id": f"{group}{at}", "timestamp": AT + at, "message": "x" * 90} for at in range(40)
            ],
        }
        for group in ("one", "two")
    ]
    content = "".join(map(json.dumps, objects)).encode()
    whole = unfold(tmp_path / "000000.gz", content)
    assert list(whole)[:2] == [f"000000.gz/{STREAM}", f"000000.gz/{STREAM}~2"]
    assert [one.text.count(b"\n\n") for one in whole.values()] == [40, 40, 0]
    monkeypatch.setattr(json_values, "_LARGEST_VALUE", 2_000)
    monkeypatch.setattr(json_values, "_READ_BYTES", 300)
    assert unfold(tmp_path / "000000.gz", content) == whole
