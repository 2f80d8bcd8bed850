"""Errors that name no request, against a plain reading of whose they are."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from archive_text import PUBLISHED, end, event, line, processing, report, request, start
from balance_sync.logs.tables import parse_batch
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source

ONE, TWO = request(1), request(2)
UNKNOWN = "Unknown application error occurred\nRuntime.Unknown"
MOMENT = st.integers(0, 6)
WINDOWS = st.lists(st.tuples(st.integers(0, 1), MOMENT, MOMENT), max_size=5)
ERRORS = st.lists(st.tuples(st.integers(0, 1), MOMENT), max_size=5)


def tables(*texts: str) -> Any:
    """Parse files that may hold several log streams each."""
    pieces = [
        TextPiece(Source(str(place), "", 0, 0, str(place), None), text.encode(), 0, 1, True, Reading())
        for place, text in enumerate(texts)
    ]
    return parse_batch(pieces)


def ended(found: Any) -> dict[str, str]:
    return dict(found.invocations.select("request_id", "status").iter_rows())


def test_it_ends_the_invocation_during_which_it_was_logged() -> None:
    text = (
        start(0, ONE)
        + processing(1, ONE, "A")
        + event(2, UNKNOWN)
        + end(2, ONE)
        + report(2, ONE)
        + start(9, TWO)
        + processing(9, TWO, "B")
        + line(9, TWO, PUBLISHED)
        + end(10, TWO)
    )
    found = tables(text)
    assert dict(found.messages.select("message_id", "outcome").iter_rows()) == {
        "A": "failed",
        "B": "published",
    }
    assert ended(found) == {ONE: "error", TWO: "unfinished"}


def test_what_a_message_showed_before_it_stays() -> None:
    text = start(0, ONE) + processing(1, ONE, "A") + line(2, ONE, PUBLISHED) + event(3, UNKNOWN) + end(4, ONE)
    assert tables(text).messages["outcome"].to_list() == ["published"]


def test_it_proves_nothing_where_several_were_running_or_none_was() -> None:
    two = start(0, ONE) + start(1, TWO) + event(2, UNKNOWN) + report(3, ONE) + report(4, TWO)
    assert ended(tables(two)) == {ONE: "ok", TWO: "ok"}
    between = start(0, ONE) + report(1, ONE) + event(2, UNKNOWN) + start(3, TWO) + report(4, TWO)
    assert ended(tables(between)) == {ONE: "ok", TWO: "ok"}
    endless = start(0, ONE) + event(2, UNKNOWN)
    assert ended(tables(endless)) == {ONE: "unfinished"}


@given(WINDOWS, ERRORS)
def test_whose_it_is_depends_on_times_alone(
    windows: list[tuple[int, int, int]], errors: list[tuple[int, int]]
) -> None:
    texts = ["", ""]
    spans: dict[tuple[int, str], tuple[int, int]] = {}
    for number, (source, *moments) in enumerate(windows):
        begin, last = sorted(moments)
        texts[source] += start(begin, request(number)) + end(last, request(number))
        spans[source, request(number)] = begin, last
    for source, at in errors:
        texts[source] = event(at, UNKNOWN) + texts[source]
    running = [
        [key for key, (begin, last) in spans.items() if key[0] == source and begin <= at <= last]
        for source, at in errors
    ]
    expected = sorted(keys[0] for keys in running if len(keys) == 1)
    found = tables(*texts)
    owners = found.events.filter(kind="unknown_error").join(
        found.invocations.select("part", "request_id"), on="part"
    )
    assert sorted(owners.select("source", "request_id").iter_rows()) == expected
