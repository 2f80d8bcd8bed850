"""Text nobody should write: cut dumps, noise, depth and length without limit."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balance_sync.logs.inspect_reader import Dump, DumpError, read_dump
from balance_sync.logs.inspect_values import Collection, Instance, Kind, Opaque, Wrapped

FIXTURES = Path(__file__).parent / "fixtures_inspect"
PRINTED = json.loads((FIXTURES / "node20.json").read_text(encoding="utf-8"))
DEPTH = 100_000
PIECES = [
    *(
        "'",
        '"',
        "`",
        "\\",
        "\n",
        "\r",
        "\n    at f (a:1:2)",
        "Error: ",
        "[Error: ",
        "] ",
        " {",
        "{ ",
        " }",
        "[ ",
    ),
    *(
        " ]",
        ", ",
        ": ",
        " => ",
        "<ref *1> ",
        "<Buffer 00",
        ">",
        "<rejected> ",
        "[Getter] ",
        "[Getter: ",
        "...",
    ),
    *(
        "... 3 more items",
        "'x'",
        "1",
        "-",
        "12n",
        "1e5",
        "Symbol(",
        ")",
        "Foo ",
        "Map(1) {",
        "[Symbol(a)]: ",
        "/a",
    ),
    *(
        "undefined",
        "null",
        "Invalid Date",
        "\x1b[31m",
        "\x1b",
        "new X('a')",
        "[Function: f]",
        "[class A]",
        " +\n",
    ),
    *(
        "\u0663",
        "\ud800",
        "2020-01-01T00:00:00.000Z",
        "key: ",
        "'a-b': ",
        "[Circular *1]",
        "[Number: ",
        "[Object]",
    ),
]
SAMPLE = """{
  transaction: {
    id: 'a1', "it's": `'"`, amount: -12.5e-7, n: 12n, at: 2020-01-01T00:00:00.000Z,
    lines: 'one\\n' +
      'two',
    error: TypeError: bad [x
        at f (/a/b.js:1:2)
        at async Promise.all (index 0) {
      code: 'E1', [cause]: [Error: no] { k: 1 }
    },
    map: Map(1) { 'k' => [ 1, <2 empty items>, extra: /a"b/g ] },
    x: <ref *1> Tx { self: [Circular *1], f: [Function: f] { a: 1 }, [Symbol(s)]: [Getter: 5] },
    b: <Buffer 68 65>, u: undefined, p: Promise { <rejected> [Number: 3] }, d: [Object],
    grouped: [
      1, 2,
      3, ... 4 more items
    ]
  }
}"""


def outcome(text: str, start: int = 0) -> Dump | DumpError:
    """Read, letting nothing but the one error pass."""
    try:
        return read_dump(text, start)
    except DumpError as error:
        return error


def test_sample_is_read_to_its_end():
    assert read_dump(SAMPLE).end == len(SAMPLE)


@pytest.mark.parametrize("line_break", ["\n", "\r"])
def test_dump_cut_anywhere_is_an_error(line_break):
    sample = SAMPLE.replace("\n", line_break)

    for end in range(len(sample)):
        error = outcome(sample[:end])
        assert isinstance(error, DumpError), sample[:end][-40:]
        assert 0 <= error.offset <= end


@pytest.mark.parametrize("name", [name for name, text in PRINTED.items() if text.endswith(("}", "]"))])
def test_printed_objects_cut_anywhere_are_errors(name):
    printed = PRINTED[name]

    # An error's own properties after its stack, and a colour's end, may be missing without a trace.
    complete = "Error: all" in printed or "TypeError: msg" in printed
    for end in range(len(printed)):
        result = outcome(printed[:end])
        assert isinstance(result, DumpError) or complete, printed[:end][-40:]


def test_text_changed_anywhere_raises_nothing_else():
    chance = random.Random(7)
    for text in PRINTED.values():
        for _ in range(30):
            place = chance.randrange(len(text))
            piece = chance.choice(PIECES)
            changed = text[:place] + piece + text[place + chance.randrange(3) :]
            result = outcome(changed, chance.choice([0, 0, place]))
            assert isinstance(result, DumpError) or result.end <= len(changed)


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES)), opening=st.sampled_from(["", "{ a: ", "[ ", "Map(1) { "]))
def test_noise_of_tokens_raises_nothing_else(pieces, opening):
    text = opening + "".join(pieces)
    result = outcome(text)
    assert 0 <= (result.offset if isinstance(result, DumpError) else result.end) <= len(text)


@settings(max_examples=200, deadline=None)
@given(text=st.text(), start=st.integers(0, 5))
def test_noise_raises_nothing_else(text, start):
    assert isinstance(outcome(text, start), Dump | DumpError)


@settings(max_examples=200, deadline=None)
@given(noise=st.binary())
def test_bytes_raise_nothing_else(noise):
    assert isinstance(outcome(noise.decode("latin-1")), Dump | DumpError)
    assert isinstance(outcome("{ a: " + noise.decode("utf-8", "replace") + " }"), Dump | DumpError)


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "hello", "hello world { a: 1 }", "}", "]", ",", "a: 1", "{ a }", "{ a: }"]
)
def test_what_is_no_dump_is_an_error(text):
    with pytest.raises(DumpError) as caught:
        read_dump(text)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == f"{caught.value.reason} at offset {caught.value.offset}"


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("{ a: 1,, b: 2 }", 7),
        ("{ a: 1 b: 2 }", 7),
        ("{ a: 1 ]", 7),
        ("[ 1, ]", 5),
        ("{ a: 1, }", 8),
        ("[ 'it's' ]", 6),
        ("{ a: 'one\ntwo' }", 5),
        (r"{ a: '\q' }", 6),
        (r"{ a: '\x4' }", 6),
        (r"{ a: 'b\u12' }", 7),
        ("{ a: 1.5.2 }", 5),
        ("{ a: 12px }", 5),
        ("[ 1 => 2 => 3 ]", 9),
        ("[ a: 1 => 2 ]", 7),
        ("[ {}: 1 ]", 4),
        ("{ ... 3 more items }", 2),
        ("... 3 more items", 0),
        ("{ a: ... 3 more items }", 5),
        ("{ a: 5e_-32.5e-_324 }", 5),
        ("{ a: [Number: 3 }", 15),
    ],
)
def test_error_names_the_place(text, offset):
    error = outcome(text)

    assert isinstance(error, DumpError)
    assert error.offset == offset


def unwrapped(value: object) -> tuple[object, int]:
    """Go down to the innermost value, counting levels; the values nest too deep for recursion."""
    depth = 0
    while True:
        match value:
            case [inner] | Collection(items=[inner]):
                value = inner
            case {"a": inner} | Instance(fields={"a": inner}) | Wrapped(value=inner):
                value = inner
            case _:
                return value, depth
        depth += 1


@pytest.mark.parametrize(
    ("opening", "closing", "times"),
    [
        ("[ ", " ]", DEPTH),
        ("{ a: ", " }", DEPTH),
        ("[\n", "\n]", DEPTH // 10),
        ("Foo { a: ", " }", DEPTH // 10),
        ("Foo(1) [ ", " ]", DEPTH // 10),
        ("Set(1) { ", " }", DEPTH // 10),
        ("[Getter: ", "]", DEPTH // 10),
        ("[Map Entries] { ", " }", DEPTH // 10),
        ("Promise { <rejected> ", " }", DEPTH // 10),
    ],
)
def test_depth_has_no_limit(opening, closing, times):
    text = opening * times + "'x'" + closing * times

    dump = read_dump(text)

    value, depth = unwrapped(dump.value)
    assert value == "x"
    assert depth == times * (2 if "rejected" in opening else 1)
    assert dump.end == len(text)


def test_depth_without_an_end_is_an_error():
    for opening in ("[ ", "{ a: ", "Map(1) { ", "[Getter: ", "[Error: ", "Foo ", "<ref *1> ", "<rejected> "):
        assert isinstance(outcome(opening * (DEPTH // 10)), DumpError)


def test_paths_of_deep_losses_stay_short():
    depth = DEPTH // 10

    dump = read_dump("{ a: [ [Object], " * depth + "1" + " ] }" * depth)

    assert len(dump.losses) == depth
    assert max(len(loss.path) for loss in dump.losses) < 60
    assert dump.losses[1].path == "$.a[1].a[0]"
    assert dump.losses[-1].path == "$.a[1].a[1].a[1]….a[1].a[1].a[0]"


def test_paths_with_long_keys_stay_short():
    (loss,) = read_dump("{ '" + "k" * 10_000 + "-': [Getter] }").losses

    assert len(loss.path) < 80


@pytest.mark.parametrize(
    "unit",
    [
        "[E: [], ",
        "[E: [ x, ",
        "[Symbol(], ",
        "Foo <a, ",
        "Foo [a> [b, ",
        "Foo: 'x', ",
        "Error: 'x', ",
        "/a[/, ",
        "Foo(, ",
        "[Getter] ",
        "Symbol(, ",
        "Error\n    at f (",
        "[A] (x, ",
        "[E: [a],\n      ",
        "[E [a]\n",
        "[Object: null prototype] [a, ",
        "<Buffer k: 'v', ",
        "A b c d: x, ",
        "Error\n    at a, b, ",
        "Error\n    at a:1:2b, ",
        "new X('a', ",
        "... collapsed 1 duplicate lines matching above ",
    ],
)
def test_repeated_traps_end(unit):
    # Each of these asks a careless reader to look to the end of the text again and again.
    assert isinstance(outcome("[ " + unit * 20_000), DumpError)


def test_long_strings_are_read():
    text = "{ plain: '" + "x" * 20_000_000 + "', escaped: '" + "\\n\\\\" * 500_000 + "' }"

    value = read_dump(text).value

    assert isinstance(value, dict)
    assert len(value["plain"]) == 20_000_000
    assert value["escaped"] == "\n\\" * 500_000


def test_long_strings_without_an_end_are_errors():
    assert isinstance(outcome("{ a: '" + "x\\n" * 2_000_000), DumpError)


def test_numbers_of_any_length_are_read():
    digits = "7" * 100_000

    value = read_dump(f"[ {digits}, {digits}n ]").value

    assert isinstance(value, list)
    assert str(value[0]) == digits
    # Converting so many digits to an integer takes quadratic time, so the text is kept.
    assert value[1] == Opaque(Kind.BIGINT, f"{digits}n")


def test_string_can_be_millions_of_joined_lines():
    lines = 200_000
    text = "{ a: " + " +\n    ".join(["'line\\n'"] * lines) + " }"

    assert read_dump(text).value == {"a": "line\n" * lines}
