"""Lines of the platform that somebody's text imitates."""

from __future__ import annotations

from datetime import date

import pytest

from archive_text import (
    PUBLISHED,
    STREAM,
    end,
    event,
    line,
    processing,
    report,
    request,
    stamp,
    start,
    synced,
)
from balance_sync.logs.tables import BatchTables, parse_batch
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source

HOUR = 3_600_000
ONE, TWO, FORGED = request(1), request(2), request(99)


def parse(text: str, *, stream: str = STREAM, day: date | None = None) -> BatchTables:
    source = Source(f"{STREAM}/000000.gz", "", 0, 0, stream, day)
    return parse_batch([TextPiece(source, text.encode(), 0, 1, True, Reading())])


def told(text: str, **named: object) -> list[tuple[str, str]]:
    suspects = parse(text, **named).suspects  # type: ignore[arg-type]
    return list(zip(suspects["kind"], suspects["reason"], strict=True))


def seen(tables: BatchTables) -> list[str]:
    return tables.invocations.filter(tables.invocations["status"] != "unseen")["request_id"].to_list()


def invocation(at: int, one: str, *inside: str, lasting: int = 1000) -> str:
    told = end(at + lasting, one) + report(at + lasting, one)
    return "".join([start(at, one), *inside, told])


def timeout(at: int, one: str) -> str:
    return event(at, f"{stamp(at)} {one} Task timed out after 3.00 seconds")


@pytest.mark.parametrize(
    ("printed", "kind"),
    [
        (start(500, FORGED), "start"),
        (end(500, FORGED), "end"),
        (report(500, FORGED, status="error"), "report"),
        (timeout(500, FORGED), "timeout"),
        (event(500, f"RequestId: {FORGED} Error: Runtime exited"), "crash"),
    ],
)
def test_one_line_within_another_request_is_a_suspect(printed: str, kind: str) -> None:
    text = invocation(0, ONE, line(10, ONE, "text\n"), printed, line(900, ONE, "x"))
    assert told(text) == [(kind, "inside_another")]
    assert seen(parse(text)) == [ONE]


def test_whole_requests_printed_by_another_move_nothing() -> None:
    printed = synced(100, 98) + synced(200, 99)
    tables = parse(synced(-500, 3) + invocation(0, ONE, line(10, ONE, "text"), printed, line(900, ONE, "x")))
    assert tables.transactions["transaction_id"].to_list() == ["T3"]
    assert tables.messages["outcome"].to_list() == ["published"]
    assert set(tables.suspects["reason"]) == {"inside_another"}
    assert tables.suspects.height == 12


def test_a_request_that_ran_before_keeps_what_it_was() -> None:
    """It is said to have failed within the next one."""
    before = start(-900, TWO) + processing(-890, TWO, "M1") + end(-800, TWO) + report(-800, TWO)
    tables = parse(before + invocation(0, ONE, line(10, ONE, "text"), report(50, TWO, status="error")))
    assert tables.messages["outcome"].to_list() == ["incomplete"]
    assert dict(zip(tables.invocations["request_id"], tables.invocations["status"], strict=True)) == {
        TWO: "ok",
        ONE: "ok",
    }
    assert told(before + invocation(0, ONE, line(10, ONE, "text"), report(50, TWO))) == [
        ("report", "inside_another")
    ]


def test_requests_of_several_containers_in_one_file_are_believed() -> None:
    whole = invocation(0, ONE, line(10, ONE, "x"), invocation(100, TWO, lasting=300), line(900, ONE, "y"))
    assert told(whole, stream=f"{STREAM}/000000.gz") == []
    # Side by side they overlap without being printed: nothing of them is evidence.
    beside = [start(0, ONE), start(100, TWO), line(200, ONE, PUBLISHED), line(300, TWO, PUBLISHED)]
    beside += [end(1000, ONE), report(1000, ONE), end(1100, TWO), report(1100, TWO)]
    third = invocation(5000, request(3)) + start(5500, request(4)) + end(6500, request(4))
    assert told("".join([*beside, third])) == []


def test_chunks_out_of_order_hold_no_forgery() -> None:
    first = [start(0, ONE), line(10, ONE, PUBLISHED)]
    second = [line(20, ONE, "x"), end(1000, ONE), report(1000, ONE)]
    between = invocation(5000, TWO, line(5100, TWO, PUBLISHED))
    assert told("".join([*first, between, *second])) == []
    assert told("".join([*second, between, *first])) == []


def test_what_is_older_than_its_stream_is_a_suspect() -> None:
    real = "".join(
        invocation(at * 5000, request(at + 10), line(at * 5000 + 1, request(at + 10), "x")) for at in range(9)
    )
    old = synced(-30 * HOUR, 99)
    day = date(2024, 1, 15)
    tables = parse(real + old, day=day)
    assert set(tables.suspects["reason"]) == {"before_stream"}
    kinds = ["start", "processing", "transaction", "published", "end", "report"]
    assert tables.suspects["kind"].to_list() == kinds
    assert tables.transactions.is_empty()
    assert FORGED not in seen(tables)
    assert told(real + old) == []
    # Where most is older, the stream's name says nothing: its times were moved, or its folder was renamed.
    assert told(old + real, day=date(2024, 3, 1)) == []
    # Half past midnight is later than the day began, and a few minutes are no evidence.
    assert told(real + synced(-21 * HOUR - 60_000, 99), day=day) == []
