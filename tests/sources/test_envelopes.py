"""Deliveries in envelopes are opened, and what cannot be opened is told."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from archive_text import STREAM
from balance_sync.limits import Limits
from balance_sync.sources import json_values
from balance_sync.sources.discovery import discover
from balance_sync.sources.opening import Text, iter_texts

EVENTS = [{"id": "1", "timestamp": 1_705_352_400_123, "message": "START RequestId: x\n"}]
DELIVERY = {"messageType": "DATA_MESSAGE", "logGroup": "g", "logStream": STREAM, "logEvents": EVENTS}


def packed(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.b64encode(gzip.compress(text)).decode()


def read(folder: Path, value: Any, limits: Limits | None = None) -> list[Text]:
    (folder / "logs").write_text(value if isinstance(value, str) else json.dumps(value))
    (file,) = discover([folder / "logs"]).sources
    return [text for text in iter_texts(file, limits or Limits()) if text.ends]


@pytest.mark.parametrize(
    "value",
    [
        {"awslogs": {"data": packed(DELIVERY)}},
        {"Records": [{"kinesis": {"data": packed(DELIVERY)}}, {"kinesis": {"data": packed(DELIVERY)}}]},
        {"Records": [{"SequenceNumber": "1", "Data": packed(DELIVERY), "PartitionKey": "p"}]},
        {"invocationId": "i", "records": [{"recordId": "r", "data": packed(DELIVERY)}]},
        {"recordId": "r", "data": packed(DELIVERY)},
        {"awslogs": {"data": base64.b64encode(json.dumps(DELIVERY).encode()).decode()}},
    ],
    ids=["function", "kinesis", "get-records", "firehose", "alone", "without gzip"],
)
def test_a_delivery_is_read_out_of_its_envelope(value: Any, tmp_path: Path) -> None:
    stream, file = read(tmp_path, value)
    assert stream.text == b"2024-01-15T21:00:00.123Z START RequestId: x\n\n"
    assert stream.source.stream == STREAM
    assert file.reading.problem == ""


@pytest.mark.parametrize(
    "data",
    [
        "no base64!",
        packed(b"no JSON"),
        packed(DELIVERY)[:-8],
        base64.b64encode(gzip.compress(json.dumps(DELIVERY).encode())[:-9]).decode(),
    ],
    ids=["text", "no JSON", "cut base64", "cut gzip"],
)
def test_what_cannot_be_opened_is_told_and_the_others_are_read(data: str, tmp_path: Path) -> None:
    stream, file = read(
        tmp_path, {"Records": [{"kinesis": {"data": one}} for one in (data, packed(DELIVERY))]}
    )
    assert stream.reading.problem == ""
    assert file.reading.problem == "1 record whose time, message or envelope cannot be read"


@pytest.mark.parametrize("inner", [{"awslogs": {"data": packed(DELIVERY)}}, {"order": 1}, {}])
def test_what_is_no_delivery_in_an_envelope_is_counted(inner: Any, tmp_path: Path) -> None:
    (file,) = read(tmp_path, {"awslogs": {"data": packed(inner)}})
    assert (file.reading.members, file.reading.note) == (0, "0 records in it; passed over: 1 unknown records")


def test_envelopes_unfold_to_no_more_than_is_allowed(tmp_path: Path) -> None:
    value = {"Records": [{"kinesis": {"data": packed(b" " * 40_000_000 + b"{}")}} for _ in range(5)]}
    (file,) = read(tmp_path, value)
    assert file.reading.problem.startswith("stopped after 120,000,006 unpacked bytes")


def test_records_of_something_else_are_no_envelopes(tmp_path: Path) -> None:
    text = json.dumps({"Records": [{"eventName": "PutObject", "s3": {"object": {"key": "k"}}}]})
    found = read(tmp_path, text)
    assert all(text.reading.members in (None, 0) for text in found)


def test_a_list_that_is_too_long_to_be_read_whole_is_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_values, "_LARGEST_VALUE", 1 << 12)
    monkeypatch.setattr(json_values, "_LONGEST_GUESS", 1 << 10)
    deliveries = [{**DELIVERY, "logEvents": [{**EVENTS[0], "id": str(number)}]} for number in range(3_000)]
    *streams, file = read(
        tmp_path,
        {"records": [{"recordId": "r", "data": packed(one)} for one in deliveries], "region": "x"},
    )
    assert sum(text.text.count(b"START") for text in streams) == 3_000
    assert (file.reading.problem, file.reading.note) == ("", "3000 records in it")
