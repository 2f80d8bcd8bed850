"""How a dump is found in a message, and what the reader decides where the text alone does not say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from balance_sync.logs.inspect_reader import UNDEFINED, read_dump
from balance_sync.logs.inspect_values import (
    Collection,
    Dump,
    ErrorValue,
    Instance,
    Kind,
    Loss,
    LossKind,
    Opaque,
    Pair,
    Wrapped,
)


@pytest.mark.parametrize(
    ("text", "value", "end"),
    [
        ("{ a: 1 } arn:aws:sns:eu-west-1:1:topic", {"a": Decimal(1)}, 8),
        ("{ a: 1 }{ b: 2 }", {"a": Decimal(1)}, 8),
        ("[ 'x' ] 'y'", ["x"], 7),
        ("'x'... 5 more characters left", "x", 24),
        ("5 apples", Decimal(5), 1),
        ("undefined behaviour", UNDEFINED, 9),
        ("[Function: f] and on", Opaque(Kind.FUNCTION, "[Function: f]"), 13),
        # At the root a date and an object are two arguments; a function's object is more often its own.
        ("1970-01-01T00:00:00.000Z { a: 1 }", Opaque(Kind.DATE, "1970-01-01T00:00:00.000Z"), 24),
        ("[Function: f] { a: 1 }", Opaque(Kind.FUNCTION, "[Function: f]", {"a": Decimal(1)}), 22),
        ("Error: m\n    at f (a.js:1:2) { a: 1 }", ErrorValue("Error: m", ("at f (a.js:1:2)",)), 28),
        ("Error: m\n    at f (a.js:1:2) while syncing", ErrorValue("Error: m", ("at f (a.js:1:2)",)), 28),
        ("Error: m\n    at f (a.js:1:2)\nnext line", ErrorValue("Error: m", ("at f (a.js:1:2)",)), 28),
    ],
)
def test_ends_where_the_value_does(text, value, end):
    dump = read_dump(text)

    assert dump.value == value
    assert dump.end == end


def test_starts_after_white_space():
    text = "Start syncing the balance { a: 1 }\n"

    assert read_dump(text, 25) == Dump({"a": Decimal(1)}, 34)
    assert read_dump("\r\n\t { a: 1 }").value == {"a": Decimal(1)}


def test_missing_null_and_undefined_differ():
    value = read_dump("{ a: undefined, b: null }").value

    assert isinstance(value, dict)
    assert value["a"] is UNDEFINED
    assert value["b"] is None
    assert "c" not in value


def test_numbers_keep_their_printed_digits():
    value = read_dump("[ 79936.13636363637, 12.50, -0, 1e-7, 0.40000000000005, 5.684341886080802e-14 ]").value

    assert repr(value) == (
        "[Decimal('79936.13636363637'), Decimal('12.50'), Decimal('-0'), Decimal('1E-7'), "
        "Decimal('0.40000000000005'), Decimal('5.684341886080802E-14')]"
    )


@pytest.mark.parametrize(
    ("printed", "number"),
    [("1_234_567.891_2", "1234567.8912"), ("2.051_3e-_19", "2.0513e-19"), ("5.684_e-1_4", "5.684e-14")],
)
def test_separated_numbers_are_read(printed, number):
    assert read_dump(f"[ {printed} ]").value == [Decimal(number)]


def test_repeated_keys_keep_the_last_and_are_noted():
    simple = read_dump("{ a: 1, b: 2, a: 3 }")
    nested = read_dump("{ x: { a: [ 1 ], a: [ 2 ] } }")

    assert simple.value == {"a": Decimal(3), "b": Decimal(2)}
    assert simple.losses == (Loss(LossKind.DUPLICATE_KEY, "$.a"),)
    assert nested.value == {"x": {"a": [Decimal(2)]}}
    assert [str(loss) for loss in nested.losses] == ["duplicate key at $.x.a"]


def test_symbol_keys_are_not_string_keys():
    bracketed = read_dump("{ 'Symbol(k)': 1, [Symbol(k)]: 2 }").value
    bare = read_dump("{ 'Symbol(k)': 1, Symbol(k): 2 }").value

    assert bracketed == bare == {"Symbol(k)": Decimal(1), Opaque(Kind.SYMBOL, "Symbol(k)"): Decimal(2)}


@pytest.mark.parametrize("printed", ["'\\ud83d\\ude00'", "'\\uD83D\\uDE00'", "'😀'"])
def test_escaped_pairs_are_one_character(printed):
    assert read_dump(printed).value == "😀"


def test_pieces_of_a_joined_string_choose_their_own_quotes():
    text = "{ a: 'one\\n' +\n    \"it's\\n\" +\n    `'\"`... 1 more character, b: 'a' }"

    dump = read_dump(text)

    assert dump.value == {"a": "one\nit's\n'\"", "b": "a"}
    assert dump.losses == (Loss(LossKind.STRING_CUT, "$.a", 1),)


def test_strings_that_imitate_the_grammar_are_strings():
    text = "{ a: '}, b: [Object] ... 3 more items', c: [ '... 1 more item', \"it's => <ref *1>\" ] }"

    dump = read_dump(text)

    assert dump.value == {
        "a": "}, b: [Object] ... 3 more items",
        "c": ["... 1 more item", "it's => <ref *1>"],
    }
    assert dump.losses == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[ 'a', index: 0 ]", Collection("", ["a"], {"index": Decimal(0)})),
        ("[ Foo: 'x' ]", Collection("", [], {"Foo": "x"})),
        ("[ Error: 'x', a: 1 ]", Collection("", [], {"Error": "x", "a": Decimal(1)})),
        ("[ Error: x\n    at f (a:1:2) ]", [ErrorValue("Error: x", ("at f (a:1:2)",))]),
        ("[ Timeout: x\n    at f (a:1:2) ]", [ErrorValue("Timeout: x", ("at f (a:1:2)",))]),
        (
            '[ ZodError: [\n  { "code": 1 }\n]\n    at f (a:1:2) ]',
            [ErrorValue('ZodError: [\n  { "code": 1 }\n]', ("at f (a:1:2)",))],
        ),
        ("Set(2) { 'a', b: 'c' }", Collection("Set(2)", ["a"], {"b": "c"})),
        ("URLSearchParams { 'a' => 'b' }", Collection("URLSearchParams", [Pair("a", "b")])),
        ("Foo { 'a': 'b' }", Instance("Foo", {"a": "b"})),
    ],
)
def test_items_and_keys_are_told_apart(text, value):
    assert read_dump(text).value == value


@pytest.mark.parametrize(
    ("printed", "heading"),
    [
        ("[Error: Unexpected token ] in JSON]", "Error: Unexpected token ] in JSON"),
        ("[Error: Unexpected token [ in JSON]", "Error: Unexpected token [ in JSON"),
        ("[Error: list [a], [b] and {c}]", "Error: list [a], [b] and {c}"),
        ("[Error: two\n    lines]", "Error: two\n  lines"),
    ],
)
def test_messages_may_hold_brackets(printed, heading):
    assert read_dump(f"{{ e: {printed}, a: 1 }}").value == {"e": ErrorValue(heading), "a": Decimal(1)}


def test_stacks_appended_to_stacks_belong_to_the_error():
    text = (
        "{ e: Error: outer\n      at f (a.js:1:2)\n  Caused by: Error: inner\n      at g (b.js:3:4) {\n"
        "    code: 'E1'\n  },\n  b: 1\n}"
    )

    value = read_dump(text).value

    frames = ("at f (a.js:1:2)", "Caused by: Error: inner", "at g (b.js:3:4)")
    assert value == {"e": ErrorValue("Error: outer", frames, {"code": "E1"}), "b": Decimal(1)}


def test_rejected_promises_hold_their_reason():
    value = read_dump("Promise {\n  <rejected> Error: x\n      at f (a:1:2)\n}").value

    assert value == Collection(
        "Promise", [Wrapped(Kind.REJECTED, "<rejected>", ErrorValue("Error: x", ("at f (a:1:2)",)))]
    )


def test_depth_limited_proxies_and_interrupted_objects_are_omitted():
    interrupted = "[Foo: Inspection interrupted prematurely. Maximum call stack size exceeded.]"

    dump = read_dump(f"{{ a: Proxy [Array], b: {interrupted} }}")

    assert dump.value == {"a": Opaque(Kind.OMITTED, "Proxy [Array]"), "b": Opaque(Kind.OMITTED, interrupted)}
    assert [loss.kind for loss in dump.losses] == [LossKind.OBJECT, LossKind.OBJECT]


def test_colour_codes_do_not_shift_offsets():
    text = "\x1b[31mlog\x1b[39m { a: \x1b[32m'x'\x1b[39m, b: \x1b[36m[Getter]\x1b[39m } tail"
    start = text.index("{")

    dump = read_dump(text, start)

    assert dump.value == {"a": "x", "b": Opaque(Kind.ACCESSOR, "Getter")}
    assert text[dump.end :] == " tail"


def test_colour_codes_around_a_root_value_belong_to_it():
    text = "\x1b[33m5\x1b[39m tail"

    assert text[read_dump(text).end :] == " tail"
