"""Where a value ends is guessed first: what comes of it is what looking at each of its signs gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from balance_sync.sources import json_values
from balance_sync.sources.json_values import JsonValues
from balance_sync.sources.reading import Reading
from balance_sync.sources.streams import Stream

SIGNS = st.sampled_from(['}{"', '},{"', "\n", '"', "\\", "]}", '{"events":[', "é", "x" * 40, " "])
TEXTS = st.lists(SIGNS, max_size=4).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=4)
BETWEEN = st.sampled_from(["\n", "", ",", ", ", "\r\n", "\n\n", ",\n", "]["])


def read(content: bytes, *, at_once: int) -> tuple[list[Any], str]:
    reading = Reading()
    pieces = (content[at : at + at_once] for at in range(0, len(content), at_once))
    return list(JsonValues(Stream(pieces), reading)), reading.problem


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """Draw objects one after the other, printed in several ways, and at times damaged."""
    indent = draw(st.sampled_from([None, None, 1]))
    between = draw(BETWEEN)
    text = between.join(
        json.dumps(value, indent=indent, separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])))
        for value in draw(st.lists(OBJECTS, min_size=1, max_size=6))
    )
    content = bytearray(text.encode())
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 3))] = draw(
            st.sampled_from([b"", b"{", b'"', b"}", b"\xff", b"\n"])
        )
    return bytes(content)


@given(
    content=written(),
    at_once=st.integers(1, 200),
    longest=st.integers(1, 300),
    budget=st.integers(1, 2_000),
)
@example(b'{"a":"}{\\"b"}{"c":"},{"}\n{"d":1', 7, 300, 2_000)
@example(b'{"a":"}{"}{"b":1},{"c":[{"d":1},{"e":2}]}', 200, 300, 2_000)
def test_guessing_changes_no_value_and_no_problem(
    content: bytes, at_once: int, longest: int, budget: int
) -> None:
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(json_values, "_READ_BYTES", at_once)
        changed.setattr(json_values, "_LONGEST_GUESS", longest)
        changed.setattr(json_values, "_MOST_MISGUESSED", budget)
        guessed = read(content, at_once=at_once)
        changed.setattr(json_values, "_MOST_MISGUESSED", 0)
        assert guessed == read(content, at_once=at_once)


EVENTS = [
    {"id": f"{number}", "timestamp": number, "message": f'a "b" }}{{ {number}'} for number in range(500)
]


@pytest.mark.parametrize("between", ["\n", "", ",", "\r\n"])
def test_usual_forms_are_not_looked_at_sign_by_sign(between: str, looked_at: list[int]) -> None:
    content = between.join(json.dumps(event, separators=(",", ":")) for event in EVENTS)
    assert read(content.encode(), at_once=1 << 14) == (EVENTS, "")
    # Those of the values before it is known how they end.
    assert len(looked_at) < 50


def test_values_that_end_otherwise_are_soon_looked_at_sign_by_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """To look for an end that never comes costs as much as the file, for each value."""
    looked: list[int] = []
    end = JsonValues._guessed_end

    def noted(values: JsonValues) -> int:
        found = end(values)
        looked.append(found - values._at)
        return found

    monkeypatch.setattr(JsonValues, "_guessed_end", noted)
    monkeypatch.setattr(json_values, "_MOST_MISGUESSED", 100_000)
    content = "; ".join(json.dumps(event) for event in EVENTS) + "; " + "x" * 20_000
    values, problem = read(content.encode(), at_once=1 << 20)
    assert values == EVENTS
    assert "no whole JSON value" in problem
    assert sum(looked) < 200_000
