"""Requests whose ids are no UUIDs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive_text import DAY, PUBLISHED, end, line, processing, report, request, start, transaction
from balance_sync.logs.tables import BatchTables, parse_batch
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source


def parse(*texts: str) -> BatchTables:
    pieces = [
        TextPiece(Source(f"{place}", "", 0, 0, "", None), text.encode(), 0, 1, True, Reading())
        for place, text in enumerate(texts)
    ]
    return parse_batch(pieces)


def synced(at: int, one: str) -> str:
    parts = [
        start(at, one),
        processing(at + 1, one, "M1"),
        transaction(at + 2, one),
        line(at + 3, one, PUBLISHED),
    ]
    return "".join([*parts, end(at + 4, one), report(at + 4, one, duration="4.20", init="7.00")])


ODD = ("req-1", "a", "1234567890", "01HZY3V7Q4:7", "x" * 64, "aaaaaaaa_aaaa_aaaa_aaaa_aaaaaaaaaaaa")


@pytest.mark.parametrize("one", ODD)
def test_an_id_that_is_no_uuid_is_followed_like_one(one: str) -> None:
    odd, usual = parse(synced(0, one)), parse(synced(0, request(1)))
    assert odd.rejects.is_empty()
    for table in ("transactions", "messages", "invocations"):
        found, expected = getattr(odd, table), getattr(usual, table)
        assert found["request_id"].to_list() == [one]
        assert found.drop("request_id").equals(expected.drop("request_id"))
    assert odd.events.drop("fingerprint").equals(usual.events.drop("fingerprint"))


def test_odd_and_usual_ids_beside_each_other_stay_apart() -> None:
    tables = parse(synced(0, "req-1") + synced(100, request(1)) + synced(200, "req-2"), synced(300, "req-1"))
    assert tables.invocations["request_id"].to_list() == [request(1), "req-1", "req-2", "req-1"]
    assert tables.invocations["source"].to_list() == [0, 0, 0, 1]
    starts = [DAY + timedelta(milliseconds=at) for at in (100, 0, 200, 300)]
    assert tables.invocations["started_at"].to_list() == starts
    assert tables.messages["outcome"].to_list() == ["published"] * 4


@pytest.mark.parametrize("none", ["undefined", "", "null", "no id", "someone@example.com", "x" * 65, "é"])
def test_what_is_no_id_belongs_to_no_request_and_is_told(none: str) -> None:
    tables = parse(processing(0, none, "M1") + transaction(1, none) + line(2, none, PUBLISHED))
    assert tables.transactions["request_id"].to_list() == [None]
    assert tables.messages.is_empty()
    (reject,) = tables.rejects.to_dicts()
    assert reject["line"] == 1
    assert reject["reason"] == "a message that belongs to no request: where its id should stand is none"
