"""Records whose times other programs wrote otherwise are read; those that cannot be are counted, not lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from balance_sync.limits import Limits
from balance_sync.sources.lambda_json import as_text
from balance_sync.sources.record_runs import Record
from balance_sync.sources.records import RecordReader
from balance_sync.sources.streams import Meter

AT = 1_705_352_400_123
TEXT = "2024-01-15T21:00:00.123Z"


def read(*values: Any) -> tuple[list[int], RecordReader]:
    reader = RecordReader(Meter(Limits(), 1_000_000))
    found = list(reader.records_of(values))
    return [one.at for one in found if isinstance(one, Record)], reader


@pytest.mark.parametrize("time", [AT, float(AT), str(AT), TEXT, "2024-01-16T00:00:00.123+03:00"])
def test_times_are_read_in_other_clothes(time: object) -> None:
    for value in ({"timestamp": time, "message": "x"}, {"events": [{"timestamp": time, "message": "x"}]}):
        at, reader = read(value)
        assert (at, reader.unread) == ([AT], 0)


@pytest.mark.parametrize(
    "time", [True, None, -1, 0.5, 10**14, "soon", "", [], "1" * 20, "0001-01-01", "9999-12-31"]
)
def test_records_without_a_time_are_counted(time: object) -> None:
    lone, page = {"timestamp": time, "message": "x"}, {"events": [{"timestamp": time, "message": "x"}]}
    delivery = {"logStream": "s", "logEvents": [{"id": "1", "timestamp": time, "message": "x"}]}
    at, reader = read(lone, page, delivery, {"timestamp": AT, "message": None})
    assert (at, reader.unread) == ([], 4)


def test_records_of_lambda_keep_their_level_and_request() -> None:
    record = {"timestamp": TEXT, "level": "INFO", "requestId": "r", "message": "x"}
    (found,) = RecordReader(Meter(Limits(), 1_000_000)).records_of([record])
    assert isinstance(found, Record)
    assert (found.at, found.message) == (AT, f"{TEXT}\tr\tINFO\tx")


def test_other_json_is_no_record_that_was_lost() -> None:
    at, reader = read({"message": "x"}, 5, {"messageType": "CONTROL_MESSAGE"})
    assert (at, reader.unread, reader.passed_over["unknown records"]) == ([], 0, 2)


@pytest.mark.parametrize("lacks", [1, 2, 5, 9])
def test_a_record_that_lacks_its_end_says_what_it_was_about_to(lacks: int) -> None:
    said = "Start syncing the balance {\n  transaction: {\n    id: 'é\\\\'"
    record = {"timestamp": TEXT, "level": "INFO", "requestId": "r", "message": said}
    whole = json.dumps(record)
    text = as_text(whole[:-lacks])
    assert as_text(whole).startswith(text)
    assert text.startswith(f"{TEXT}\tr\tINFO\tStart syncing")


@pytest.mark.parametrize("time", ["2024-01-15T21:00:00.123456Z", "2024-01-16T00:00:00.123+03:00"])
def test_a_records_own_time_is_written_as_lambda_does(time: str) -> None:
    record = {"timestamp": time, "level": "INFO", "requestId": "r", "message": "x"}
    assert as_text(json.dumps(record)) == f"{TEXT}\tr\tINFO\tx"
