"""Deliveries that stay together give what their events give one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unfolded import Unfolded, unfold

from archive_text import DAY, STREAM, request, stamp
from balance_sync import compiled
from balance_sync.limits import Limits
from balance_sync.sources import opening
from balance_sync.sources.deliveries import ValueDecoder
from balance_sync.sources.discovery import discover
from balance_sync.sources.opening import iter_texts
from balance_sync.sources.record_runs import Record, Run, _printer
from balance_sync.sources.records import LATEST

AT = round(DAY.timestamp() * 1000)
MESSAGES = st.lists(
    st.sampled_from(
        [
            *("START RequestId: ", "\n", "\n\n", "\n  a: 1", "\t", "é", "\U0001f600", "\0", " "),
            *(f"\n{stamp(5)} ", "\n7", '{"timestamp": "', '{"time', f"{stamp(1)}\t{request(1)}\tINFO\tx"),
            '{"time":"2024-01-15T21:00:00.000Z","type":"platform.start","record":{"requestId":"r"}}',
        ]
    ),
    max_size=3,
).map("".join)
TIMES = st.integers(0, 6).map(lambda step: AT + step) | st.sampled_from([0, 1, int(LATEST) - 1])
IDS = st.integers(0, 30).map(str)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deliveries") / "000000.gz"


def read_both_ways(file: Path, values: Iterable[Any]) -> tuple[Read, Read]:
    """Read values as they are read, and with every delivery taken apart into its events."""
    file.write_text("\n".join(json.dumps(value) for value in values))
    kept = read(file)
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(opening, "ValueDecoder", lambda: msgspec.json.decode)
        return kept, read(file)


Read = tuple[dict[str, Unfolded], set[tuple[str, str]]]


def read(file: Path) -> Read:
    """Return what each source is, and its log group."""
    (found,) = discover([file]).sources
    return unfold(file), {(text.source.label, text.source.log_group) for text in iter_texts(found, Limits())}


def delivery(events: Any, /, **other: Any) -> dict[str, Any]:
    head = {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/aws/lambda/x", "logStream": STREAM}
    return {**head, "subscriptionFilters": ["all"], "logEvents": events, **other}


@st.composite
def events(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw the events of a delivery, at times in order, and at times with something odd in one of them."""
    number = draw(st.integers(1, 8))
    ids = draw(st.lists(IDS, min_size=number, max_size=number, unique=draw(st.integers(0, 5)) > 0))
    times = draw(st.lists(TIMES, min_size=number, max_size=number))
    if draw(st.booleans()):
        times.sort(reverse=draw(st.integers(0, 3)) == 0)
    drawn: list[dict[str, Any]] = [
        {"id": event_id, "timestamp": at, "message": draw(MESSAGES)}
        for event_id, at in zip(ids, times, strict=True)
    ]
    odd = draw(st.sampled_from(ODD)) if draw(st.integers(0, 3)) == 0 else {}
    drawn[draw(st.integers(0, number - 1))].update(odd)
    return drawn


ODD: list[dict[str, Any]] = [
    *({"timestamp": at} for at in (True, 1.0, -1, LATEST, int(LATEST), 10**30, "1", None)),
    *({"message": message} for message in (None, 1, {"time": 1}, "\ud800")),
    *({"id": event_id} for event_id in ("", None, 1, "x" * 256, "x" * 257)),
    {"eventId": "from elsewhere", "logStreamName": "elsewhere", "extractedFields": {"a": [1]}},
    {"id": "", "eventId": "7"},
]
OTHERS = st.sampled_from(
    [
        delivery([{"id": "", "timestamp": 1, "message": "check"}], messageType="CONTROL_MESSAGE"),
        {"events": [{"logStreamName": "s", "timestamp": AT, "message": "m", "eventId": "3"}]},
        {"logStream": "no kind", "logEvents": [{"id": "3", "timestamp": AT, "message": "m"}]},
        {"logStreamName": STREAM, "timestamp": AT + 1, "message": "alone"},
        [{"field": "@timestamp", "value": "2024-01-15 21:00:00.000"}],
    ]
)
DELIVERIES = st.builds(
    delivery,
    events() | st.just([]),
    logStream=st.sampled_from([STREAM, STREAM, "other", ""]),
    logGroup=st.sampled_from(["/aws/lambda/x", "/aws/lambda/x", "123456789012:/g", "123456789012:", ""]),
)


@given(values=st.lists(DELIVERIES | DELIVERIES | OTHERS, max_size=6))
@example([delivery([])])
def test_deliveries_give_what_their_events_give_one_by_one(file: Path, values: list[Any]) -> None:
    together, apart = read_both_ways(file, values)
    assert together == apart


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("odd", [*ODD, {"id": "twice"}], ids=repr)
def test_odd_events_are_looked_at_one_by_one(file: Path, odd: dict[str, Any], place: int) -> None:
    drawn = [{"id": f"{at}", "timestamp": AT + at, "message": f"m{at}"} for at in range(4)]
    drawn[3]["id"] = "twice"
    drawn[place].update(odd)
    # What is remembered of it tells in the second delivery.
    together, apart = read_both_ways(file, [delivery(drawn), delivery(drawn[::-1])])
    assert together == apart


@pytest.mark.parametrize(
    "other",
    [
        *({"logStream": name} for name in ("", None, 1)),
        *({"logGroup": name} for name in ("", "123456789012:", None)),
        *({"messageType": name} for name in ("CONTROL_MESSAGE", "", None)),
        {"logEvents": []},
        {"logEvents": [1, None]},
        {"logEvents": {}},
        {"events": [{"message": "m", "timestamp": AT}]},
    ],
    ids=repr,
)
def test_odd_deliveries_are_looked_at_event_by_event(file: Path, other: dict[str, Any]) -> None:
    named = {"logStreamName": "elsewhere", "logGroupName": "another"}
    drawn = [{"id": f"{at}", "timestamp": AT + at, "message": f"m{at}", **named} for at in range(4)]
    together, apart = read_both_ways(file, [delivery(drawn, **other), delivery(drawn)])
    assert together == apart


def test_nearly_all_deliveries_stay_together(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else what is said of them here is said of nothing."""
    printed: list[int] = []
    monkeypatch.setattr(Run, "text", lambda run: printed.append(len(run.times)) or b"")
    logged = [{"id": f"{at}", "timestamp": AT + at // 2, "message": "m"} for at in range(400)]
    # A block that stands behind later ones, as exports have them.
    logged[100:120], logged[140:160] = logged[140:160], logged[100:120]
    values = [delivery(logged[at : at + 40]) for at in range(0, 400, 40)]
    unfold(file, json.dumps(values).encode())
    assert sum(printed) == 400


def test_a_file_of_other_values_is_soon_asked_for_no_deliveries() -> None:
    decode = ValueDecoder()
    good = json.dumps(delivery([{"id": "1", "timestamp": AT, "message": "m"}])).encode()
    assert isinstance(decode(good), Run)
    for _ in range(20):
        assert decode(b'{"events":[]}') == {"events": []}
    assert decode(good) == json.loads(good)
    with pytest.raises(msgspec.DecodeError):
        decode(good[:-1])


@pytest.mark.skipif(not compiled.ARE_BUILT, reason="built without the compiled passes")
@given(
    events=st.lists(st.tuples(st.integers(0, int(LATEST) + 86_399_999) | TIMES, MESSAGES), max_size=6),
)
@example([(951_782_399_999, "x"), (951_782_400_000, "x"), (4_107_542_399_999, ""), (253_402_300_799_999, "")])
def test_compiled_printing_prints_what_each_event_is(events: list[tuple[int, str]]) -> None:
    times, messages = [at for at, _ in events], [message for _, message in events]
    printed = compiled.passes.print_events(times, messages)
    one_by_one = b"".join(Record("", at, message).text() for at, message in events)
    looked_closer_at = any('{"time' in text or "\n7" in text or "\n2" in text for text in messages)
    assert printed == one_by_one or (printed is None and looked_closer_at)


@pytest.mark.skipif(not compiled.ARE_BUILT, reason="built without the compiled passes")
def test_compiled_printing_refuses_what_it_cannot_print() -> None:
    assert compiled.passes.print_events([1], ["\ud800"]) is None
    for at in (-1, 253_402_300_800_000):
        with pytest.raises(ValueError, match="time"):
            compiled.passes.print_events([at], ["x"])
    with pytest.raises(ValueError, match="as many"):
        compiled.passes.print_events([1, 2], ["x"])


def test_runs_are_printed_alike_without_the_compiled_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("s", "g", [AT, AT + 1], ["a\n  b\n", f"c\n{stamp(5)} d"], ["1", "2"])
    expected = f"{stamp(0)} a\n  b\n\n{stamp(0)[:-2]}1Z c\n {stamp(5)} d\n\n".encode()
    for used in (False, compiled.ARE_BUILT):
        _printer.cache_clear()
        monkeypatch.setattr(compiled, "are_used", lambda used=used: used)
        assert run.text() == expected
    _printer.cache_clear()
