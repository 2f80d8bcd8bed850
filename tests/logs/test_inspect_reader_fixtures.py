"""What seven majors of Node really print (fixtures_inspect/node<major>.json), read value by value.

The values printed are in fixtures_inspect/print_fixtures.js; what they must be read as stands here, by name.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from balance_sync.logs.inspect_reader import UNDEFINED, read_dump
from balance_sync.logs.inspect_values import Collection, ErrorValue, Instance, Kind, Opaque, Pair, Wrapped

FIXTURES = Path(__file__).parent / "fixtures_inspect"
MAJORS = (12, 14, 16, 18, 20, 22, 24)
PRINTED = {
    major: json.loads((FIXTURES / f"node{major}.json").read_text(encoding="utf-8")) for major in MAJORS
}


class Since:
    """What is expected from the first major named on, up to the next one named."""

    def __init__(self, by_major: dict[int, object]) -> None:
        self.by_major = by_major

    def at(self, major: int) -> object:
        return self.by_major[max(first for first in self.by_major if first <= major)]


def sized(name: str, size: int, items: list, fields: dict | None = None, tag: str = "") -> Since:
    """Expect a map or set, whose size is printed since Node 14."""
    made = Collection(name + tag, items, fields or {})
    return Since({12: made, 14: Collection(f"{name}({size}){tag}", items, fields or {})})


def resolved(value: object, major: int) -> object:
    if isinstance(value, Since):
        return resolved(value.at(major), major)
    if isinstance(value, dict):
        return {key: resolved(item, major) for key, item in value.items()}
    return [resolved(item, major) for item in value] if isinstance(value, list) else value


def D(text: str | int) -> Decimal:
    return Decimal(text)


def numbers(*texts: str | int) -> list:
    return [Decimal(text) for text in texts]


def date(text: str, fields: dict | None = None) -> Opaque:
    return Opaque(Kind.DATE, text, fields)


def function(text: str, fields: dict | None = None) -> Opaque:
    return Opaque(Kind.FUNCTION, text, fields)


def symbol(text: str) -> Opaque:
    return Opaque(Kind.SYMBOL, text)


def hidden(text: str) -> Opaque:
    return Opaque(Kind.HIDDEN, text)


def omitted(text: str) -> Opaque:
    return Opaque(Kind.OMITTED, text)


def circular(number: int) -> Since:
    return Since(
        {12: Opaque(Kind.CIRCULAR, "[Circular]"), 14: Opaque(Kind.CIRCULAR, f"[Circular *{number}]")}
    )


def binary(text: str) -> Opaque:
    return Opaque(Kind.BINARY, text)


def accessor(name: str, *value: object) -> Opaque | Wrapped:
    return Wrapped(Kind.ACCESSOR, name, *value) if value else Opaque(Kind.ACCESSOR, name)


def boxed(name: str, value: object, fields: dict | None = None) -> Wrapped:
    return Wrapped(Kind.BOXED, name, value, fields)


LINES = "first line, rather long, rather long\nsecond line, rather long, rather long\nthird, which stays\n"
FRAMES = (
    "at f (file:///app/index.mjs:1:2)",
    "at async Runtime.handleOnce (/var/runtime/(x)/Runtime.js:73:25)",
    "at Array.map (<anonymous>)",
    "at /var/task/index.js:10:20",
)
EVAL = (
    "at eval (eval at g (/a.js:1:1), <anonymous>:1:7)",
    "at async Promise.all (index 0)",
    "at new Foo [as bar] (/a.js:1:1)",
)
SHORT = ("at f (a.js:1:2)",)
EPOCH = date("1970-01-01T00:00:00.000Z")
NUL = "[Object: null prototype]"
BINARY_KEY = hidden("Uint8Contents")


def anonymous(fields: dict | None = None) -> Since:
    return Since({12: function("[Function]", fields), 14: function("[Function (anonymous)]", fields)})


def binary_length(size: int, printed: str) -> Since:
    contents = {BINARY_KEY: binary(f"<{printed}>")}
    return Since(
        {
            12: Instance("ArrayBuffer", {**contents, "byteLength": D(size)}),
            22: Instance("ArrayBuffer", {**contents, hidden("byteLength"): D(size)}),
        }
    )


def data_view(key: object) -> Instance:
    buffer = {BINARY_KEY: binary("<00 00>"), key("byteLength"): D(2)}
    return Instance(
        "DataView",
        {key("byteLength"): D(2), key("byteOffset"): D(0), key("buffer"): Instance("ArrayBuffer", buffer)},
    )


URL = {
    "href": "https://u:p@h.example:81/p?q=1#f",
    "origin": "https://h.example:81",
    "protocol": "https:",
    "username": "u",
    "password": "p",
    "host": "h.example:81",
    "hostname": "h.example",
    "port": "81",
    "pathname": "/p",
    "search": "?q=1",
    "searchParams": Collection("URLSearchParams", [Pair("q", "1")]),
    "hash": "#f",
}

STRINGS = {
    "quotes": {
        "a": "plain",
        "b": "it's",
        "c": 'it\'s "both"',
        "d": 'it\'s "both" and `t`',
        "e": 'it\'s "x" ${y}',
        "f": "",
    },
    "escapes": {
        "a": "\n\t\b\f\r\\'\"`",
        "b": "\x00\x1b\x7f\x9f\x0b",
        "c": "C:\\new\\x41",
        "d": "\u2028\u202e",
    },
    "unescaped": ["😀 سلام", "\u2028|\u202e"],
    "lone_surrogates": {"high": "\ud800x", "low": "x\udc00", "pair": "😀"},
    "joined_string": {
        "text": "line one which is long enough\n"
        'line two\'s "quotes" and more text here\n'
        "line three of it all\n"
    },
    "joined_in_array": [LINES, "b"],
    "joined_in_map": sized("Map", 1, [Pair(LINES, LINES + LINES)]),
    "joined_root": LINES + "tail",
    "cut_string": {"a": "x" * 50, "b": [LINES[:50], boxed("String", "y" * 50)]},
    "cut_joined": {"a": (LINES * 2)[:120], "b": D(1)},
}

PRIMITIVES = {
    "numbers": numbers(
        *(1, -2, "1.5", "-0", 0, "NaN", "Infinity", "-Infinity", "1e21", "1e-7", "0.30000000000000004"),
        *("12345678901234567000", "5e-324", "79936.13636363637", "5.684341886080802e-14"),
    ),
    "separators": {"a": D("1234567.891234"), "b": 1000, "c": D(-1234567)},
    "bigints": {"a": 123, "b": -5, "c": 12345678901234567890123},
    "three_states": {"a": None, "b": UNDEFINED, "c": True, "d": False},
    "symbols": {
        "a": symbol("Symbol(s)"),
        "b": symbol("Symbol()"),
        "c": symbol("Symbol(a b (c))"),
        symbol("Symbol(k)"): D(8),
        symbol("Symbol(it's)"): D(9),
    },
    "dates": {"a": EPOCH, "b": date("Invalid Date"), "c": date("+275760-09-13T00:00:00.000Z"), "d": [EPOCH]},
    "date_with_fields": {"d": date(EPOCH.text, {"zone": "UTC"}), "e": date(f"MyDate {EPOCH.text}")},
    "regexps": {
        "a": Opaque(Kind.REGEXP, "/a\"b'c/gi"),
        "b": Opaque(Kind.REGEXP, "/[/\\]}'\"]\\/{2}/"),
        "c": Opaque(Kind.REGEXP, "/(?:)/"),
        "d": Opaque(Kind.REGEXP, "/x/", {"k": D(1)}),
    },
    "functions": {
        "a": function("[Function: foo]"),
        "b": anonymous(),
        "c": function("[AsyncFunction: x]"),
        "d": function("[GeneratorFunction: g]"),
        "e": Opaque(Kind.CLASS, "[class A]"),
        "f": Opaque(Kind.CLASS, "[class B extends A]"),
        "g": function("[Function: h]", {"a": D(1)}),
        "h": Opaque(Kind.CLASS, "[class h]"),
        "i": Opaque(Kind.CLASS, "[class C]", {"s": "x"}),
        "j": function("[Function: bound foo]"),
        "k": function("[AsyncGeneratorFunction: ag]"),
    },
    "function_odd": {
        "f": function("[Function (null prototype): f]"),
        "g": [function("[Function: g] F [T]")],
        "i": Opaque(Kind.CLASS, "[class (anonymous) extends F]", {"a": D(1)}),
        "j": anonymous({"k": "v"}),
    },
    "boxed": {
        "a": boxed("Number", D(3)),
        "b": boxed("String", "x]"),
        "c": boxed("Boolean", value=False),
        "d": boxed("BigInt", 5),
        "e": boxed("Symbol", symbol("Symbol(s)")),
        "f": boxed("String", "ab", {"k": D(1)}),
        "g": boxed("Number", D("-0")),
    },
    "boxed_odd": {
        "a": boxed("Number (N)", D(1)),
        "b": boxed("Number (null prototype)", D(2)),
        "c": boxed("String", "q", {symbol("Symbol(Symbol.toStringTag)"): "T"}),
        "d": boxed("String", "it's"),
    },
}

OBJECTS = {
    "depth": {
        "a": {
            "b": {
                "c": omitted("[Object]"),
                "e": omitted("[Array]"),
                "f": {},
                "g": [],
                "h": omitted("[Map]"),
                "i": omitted("[Tx]"),
                "j": omitted(NUL),
            }
        }
    },
    "circular": {
        "name": "o",
        "list": [circular(1)],
        "self": circular(1),
        "p": {"o": circular(1), "q": circular(2)},
    },
    "circular_class": Since(
        {
            12: Instance("Tx", {"t": Opaque(Kind.CIRCULAR, "[Circular]")}),
            14: Instance("Tx", {"t": Opaque(Kind.CIRCULAR, "[Circular *1]")}),
        }
    ),
    "labels": {
        "a": Instance("Tx", {"id": "a"}),
        "b": Instance(NUL, {"k": "v"}),
        "c": Collection("Foo(3)", numbers(1, 2, 3)),
        "d": Instance("Tagged [tag]", {"z": D(1)}),
        "e": Instance("Empty", {}),
        "f": Instance(NUL, {}),
        "g": Collection("Foo(0)", []),
        "h": Instance("Object <[Object: null prototype] {}>", {}),
    },
    "arguments": {"a": Instance("[Arguments]", {"0": D(1), "1": "x"})},
    "null_prototype_array": {
        "a": Collection("[Array(2): null prototype]", numbers(1, 2)),
        "b": Since(
            {
                12: Collection("[Map: null prototype]", [Pair(D(1), D(2))]),
                14: Collection("[Map(1): null prototype]", [Pair(D(1), D(2))]),
            }
        ),
        "c": {"a": D(1)},
    },
    "odd_prototype": {
        "o": Instance("Object <[Object: null prototype] {}>", {"x": D(1)}),
        "deep": Instance("Object <Object <[Object: null prototype] {}>>", {"y": D(2)}),
    },
    "keys": {
        **{"3": D(5), "id": D(1), "$d": D(2), "a-b": D(3), "it's": D(4), "日本": D(6), "": D(7)},
        **{"new\nline": D(8), "_x9": D(9), "a b": D(10), "q\"'`": D(11)},
    },
    "proto_key": {"__proto__": D(1), "a": D(2)},
    "accessors": {
        "a": accessor("Getter"),
        "b": accessor("Setter"),
        "c": accessor("Getter/Setter"),
        "d": D(2),
    },
    "hidden": Collection("", numbers(1, 2), {hidden("length"): D(2), hidden("secret"): D(3)}),
    "hidden_keys": {hidden("a b"): D(1), hidden("it's"): D(2), hidden("x\\y"): D(3), "z": D(4)},
    "globals": {
        "a": Instance("Object [Math]", {}),
        "b": Instance("Object [JSON]", {}),
        "c": Instance("Object [Atomics]", {}),
        "d": Instance("Object [Generator]", {}),
        "e": Instance("Object [T]", {}),
    },
    "custom": {
        "a": Opaque(Kind.CUSTOM, "new ObjectId('65a')"),
        "b": Opaque(Kind.CUSTOM, "Moment<2020-01-01T00:00:00+03:00>"),
        "c": D("12.50"),
    },
}

COLLECTIONS = {
    "maps": {
        "a": sized("Map", 2, [Pair("a", D(1)), Pair({"k": D(1)}, {"v": "2"})]),
        "b": sized("Map", 0, []),
        "c": sized("Set", 2, [D(1), "x"]),
        "d": sized("Set", 0, []),
    },
    "map_extra": sized("Map", 1, [Pair("a", D(1))], {"extra": "e"}),
    "set_extra": sized("Set", 1, ["a"], {"extra": "e", "b-c": numbers(1)}),
    "weak": {
        "a": Collection("WeakMap", [Opaque(Kind.MARKER, "<items unknown>")]),
        "b": Collection("WeakSet", [Opaque(Kind.MARKER, "<items unknown>")]),
    },
    "iterators": {
        "a": Collection("[Map Iterator]", ["a"]),
        "b": Collection("[Map Entries]", [["a", D(1)]]),
        "c": Collection("[Set Iterator]", numbers(1)),
        "d": Collection("[Map Entries]", [["a", D(1)]]),
        "e": Instance("Object [Array Iterator]", {}),
    },
    "subclasses": {
        "m": sized("M", 1, [Pair(D(1), D(2))], tag=" [Map]"),
        "s": sized("S", 1, numbers(1), tag=" [Set]"),
        "p": Collection("P [Promise]", numbers(1)),
    },
    "sparse": [D(1), Opaque(Kind.HOLES, "<2 empty items>"), D(4), Opaque(Kind.HOLES, "<1 empty item>"), D(5)],
    "more_items": numbers(*(index % 3 for index in range(100))),
    "one_more_item": {"a": [f"item number {index}" for index in range(10)]},
    # Maps and sets are cut since Node 16, but for Node 18.
    "more_in_map": Since(
        {
            12: Collection("Map", [Pair(D(1), D(2)), Pair(D(3), D(4)), Pair(D(5), D(6))]),
            14: Collection("Map(3)", [Pair(D(1), D(2)), Pair(D(3), D(4)), Pair(D(5), D(6))]),
            16: Collection("Map(3)", [Pair(D(1), D(2)), Pair(D(3), D(4))]),
            18: Collection("Map(3)", [Pair(D(1), D(2)), Pair(D(3), D(4)), Pair(D(5), D(6))]),
            20: Collection("Map(3)", [Pair(D(1), D(2)), Pair(D(3), D(4))]),
        }
    ),
    "more_in_set": Since(
        {
            12: Collection("Set", numbers(1, 2, 3), {"a": D(1)}),
            14: Collection("Set(3)", numbers(1, 2, 3), {"a": D(1)}),
            16: Collection("Set(3)", numbers(1), {"a": D(1)}),
            18: Collection("Set(3)", numbers(1, 2, 3), {"a": D(1)}),
            20: Collection("Set(3)", numbers(1), {"a": D(1)}),
        }
    ),
    "more_than_none": {"a": []},
    "grouped_strings": [
        *("id", "sk", "userId", "dataType", "createdAt", "updatedAt", "it's", "a,b"),
        *("amount", "currency", "old, balance", "new", "x"),
    ],
    "grouped_numbers": numbers(*(index * 7 - 50 for index in range(30))),
    "array_extra": Collection(
        "", numbers(1, 2), {"extra": "e", "a-b": {"c": D(1)}, symbol("Symbol(s)"): D(1)}
    ),
    "array_frozen_names": Collection("", ["a"], {"undefined": D(1), "true": D(2), "Foo": "x", "null": None}),
    "regexp_match": Collection("", ["bc", "c"], {"index": D(1), "input": "abc", "groups": UNDEFINED}),
    "empty_in_items": [{}, [], sized("Map", 0, []), "", [[]], [{"a": {}}]],
    "promises": {
        "a": Collection("Promise", [Opaque(Kind.MARKER, "<pending>")]),
        "b": Collection("Promise", [{"x": D(1)}]),
        "c": Collection("Promise", [Wrapped(Kind.REJECTED, "<rejected>", D(3))]),
    },
    "proxies": {"a": {"x": D(1)}, "b": function("[Function: f]")},
    "proxies_shown": {"a": Collection("Proxy", [{"x": D(1)}, {}])},
    "urls": {
        "a": Instance("URL", URL),
        "b": Collection("URLSearchParams", [Pair("z", "1"), Pair("y", "2")]),
        "c": Instance("URLSearchParams", {}),
    },
}

ERRORS = {
    "error_root": ErrorValue("TypeError: msg", FRAMES),
    "error_root_fields": ErrorValue("TypeError: msg", FRAMES, {"code": "E1", "errno": D(-2)}),
    "error_in_object": {
        "before": D(1),
        "e": ErrorValue("TypeError: can't [read] {x}", FRAMES),
        "after": D(2),
    },
    "error_fields": {"e": ErrorValue("Error: m", EVAL, {"code": "E1"}), "after": numbers(1)},
    "error_short": {"e": ErrorValue("Error: m", SHORT)},
    "error_short_more": {"e": ErrorValue("Error: m", SHORT), "b": D(1)},
    "error_in_array": [ErrorValue("RangeError: a: b, c", FRAMES), D(7), ErrorValue("Error: ", SHORT)],
    "error_many_lines": {"e": ErrorValue("Error: one\n  two: 2,\nthree", FRAMES)},
    "error_no_stack": {
        "e": ErrorValue("Error: bare [x] {y}"),
        "f": [ErrorValue("Error: bare [x] {y}")],
        "g": omitted("[TypeError]"),  # no message and no stack looks like an error too deep to print
        "h": ErrorValue("Error: m", (), {"code": D(3)}),
    },
    "error_unbalanced": {
        "e": ErrorValue("SyntaxError: Unexpected token [ in JSON at position 0"),
        "a": numbers(1),
    },
    "error_cause": Since(
        {
            12: {"e": ErrorValue("Error: outer", FRAMES)},
            16: {
                "e": ErrorValue(
                    "Error: outer",
                    (FRAMES[0], "... 2 lines matching cause stack trace ...", FRAMES[3]),
                    {hidden("cause"): ErrorValue("TypeError: inner", FRAMES)},
                )
            },
        }
    ),
    "error_aggregate": Since(
        {
            12: ErrorValue("Error: all", FRAMES),
            16: ErrorValue(
                "Error: all",
                FRAMES,
                {hidden("errors"): [ErrorValue("Error: one", EVAL), ErrorValue("Error: two", EVAL)]},
            ),
        }
    ),
    "error_deep": {"a": {"b": {"c": omitted("[Error]")}}},
    "error_named": {
        "e": ErrorValue("Error: m", SHORT, {"name": "MyError"}),
        "o": ErrorValue("Odd [TypeError]: odd", EVAL),
    },
    "error_null_prototype": {"e": ErrorValue("[Error: null prototype]: m", EVAL)},
    "error_in_set": sized("Set", 2, [ErrorValue("Error: m", EVAL), D(1)]),
    "error_in_map": sized("Map", 2, [Pair("k", ErrorValue("Error: m", EVAL)), Pair("l", D(2))]),
    "colours_error": {
        "e": ErrorValue(
            "Error: m",
            ("at f (/app/node_modules/x/y.js:1:2)", "at node:internal/main:1:2", "at g (/b.js:1:2)"),
        ),
        "b": D(1),
    },
}

BINARY = {
    "buffers": {
        "a": binary("<Buffer 68 65>"),
        "b": binary("<Buffer >"),
        "c": binary(f"<Buffer{' 01' * 50} ... 2 more bytes>"),
        "d": Collection("Uint8Array(3)", numbers(1, 2, 3)),
        "e": Collection("BigInt64Array(1)", [5]),
        "f": Opaque(Kind.BINARY, "<Buffer 78>", {"k": "v>"}),
    },
    "float_array": Collection("Float64Array(3)", numbers("1.5", "-0", "NaN")),
    "array_buffer": {
        "a": binary_length(4, "00 00 00 00"),
        "b": Since({12: data_view(str), 22: data_view(hidden)}),
        "c": binary_length(101, f"{'00 ' * 100}... 1 more byte"),
    },
    "detached": {
        "b": Since(
            {
                12: Collection("ArrayBuffer", [Opaque(Kind.MARKER, "(detached)")], {"byteLength": D(0)}),
                22: Collection(
                    "ArrayBuffer", [Opaque(Kind.MARKER, "(detached)")], {hidden("byteLength"): D(0)}
                ),
            }
        ),
        "c": D(1),
    },
}


def accessor_values(threw: str) -> dict:
    return {
        "a": accessor("Getter", D(5)),
        "b": accessor("Getter", {"x": numbers(1)}),
        "c": accessor("Getter/Setter", "it]"),
        "d": accessor("Getter", None),
        "e": accessor("Getter", Opaque(Kind.MARKER, f"<Inspection threw ({threw})>")),
        "f": accessor("Getter", numbers(1)),
        "z": D(1),
    }


LAYOUT = {
    "accessor_values": Since(
        {
            12: accessor_values("no"),
            24: accessor_values("Error: no" + "".join(f"\n      {frame}" for frame in EVAL)),
        }
    ),
    "one_line": {"transactionAction": "X", "a": {"b": {"c": D(1)}}},
    "broken": {
        "transaction": {
            "id": "ab0c",
            "amount": D("12.345"),
            "oldBalance": D("-0.5"),
            "metadata": '{"name":"O\'Neil","n":"a\\"b"}',
            "deliveries": [omitted("[Object]"), omitted("[Object]")],
            "none": UNDEFINED,
        }
    },
    "compact_off": {"a": {"b": [D(1), omitted("[Object]")]}, "d": []},
    "compact_on": {
        "a": {"b": [D(1), omitted("[Object]")]},
        "d": [],
        "long": "x" * 80,
        "e": sized("Map", 1, [Pair("a", {"b": D(1)})]),
    },
    "wide": {"a": "x" * 100, "b": numbers(1, 2), "m": "a\nb" * 9},
    "colours_getters": {
        "a": accessor("Getter", D(5)),
        "b": accessor("Getter", {"x": D(1)}),
        "c": accessor("Getter", None),
    },
    "colours": {
        "a": "x\ny",
        "b": D(1),
        "c": None,
        "d": UNDEFINED,
        "e": [True, 5, symbol("Symbol(s)")],
        "a-b": Opaque(Kind.REGEXP, "/r/"),
        "f": function("[Function: f]"),
        "g": accessor("Getter"),
        "h": sized("Map", 1, [Pair("k", "v")]),
        "i": LINES,
        "j": binary_length(1, "00"),
        "k": boxed("Number", D(3)),
        "self": circular(1),
        symbol("Symbol(k)"): EPOCH,
    },
}

EXPECTED = {**STRINGS, **PRIMITIVES, **OBJECTS, **COLLECTIONS, **ERRORS, **BINARY, **LAYOUT}

LOSSES: dict[str, Since] = {
    "cut_string": Since({12: ["string cut at $.a", "string cut at $.b[0]", "string cut at $.b[1]"]}),
    "cut_joined": Since({12: ["string cut at $.a"]}),
    "depth": Since({12: [f"[Object] at $.a.b.{key}" for key in "cehij"]}),
    "circular": Since({12: [f"circular at $.{path}" for path in ("list[0]", "self", "p.o", "p.q")]}),
    "circular_class": Since({12: ["circular at $.t"]}),
    "accessors": Since({12: ["getter at $.a", "getter at $.c"]}),
    "weak": Since({12: ["items unknown at $.a[0]", "items unknown at $.b[0]"]}),
    "more_items": Since({12: ["more items at $[100]"]}),
    "one_more_item": Since({12: ["more items at $.a[10]"]}),
    "more_in_map": Since({12: [], 16: ["more items at $[2]"], 18: [], 20: ["more items at $[2]"]}),
    "more_in_set": Since({12: [], 16: ["more items at $[1]"], 18: [], 20: ["more items at $[1]"]}),
    "more_than_none": Since({12: ["more items at $.a[0]"]}),
    "error_no_stack": Since({12: ["[Object] at $.g"]}),
    "error_deep": Since({12: ["[Object] at $.a.b.c"]}),
    "buffers": Since({12: ["more bytes at $.c"]}),
    "array_buffer": Since({12: ["more bytes at $.c[Uint8Contents]"]}),
    "broken": Since({12: [f"[Object] at $.transaction.deliveries[{index}]" for index in (0, 1)]}),
    "compact_off": Since({12: ["[Object] at $.a.b[1]"]}),
    "compact_on": Since({12: ["[Object] at $.a.b[1]"]}),
    "colours": Since({12: ["getter at $.g", "circular at $.self"]}),
}
CASES = [(major, name) for major in MAJORS for name in PRINTED[major]]


def test_every_fixture_has_an_expectation():
    assert set(EXPECTED) == set(PRINTED[20])
    assert set(LOSSES) <= set(EXPECTED)


@pytest.mark.parametrize(("major", "name"), CASES)
def test_reads_what_node_printed(major, name):
    printed = PRINTED[major][name]

    dump = read_dump(printed)

    assert repr(dump.value) == repr(resolved(EXPECTED[name], major))
    assert dump.end == len(printed)
    assert [str(loss) for loss in dump.losses] == (LOSSES[name].at(major) if name in LOSSES else [])


@pytest.mark.parametrize("major", MAJORS)
def test_reads_carriage_returns_for_line_feeds(major):
    for name, printed in PRINTED[major].items():
        if name == "accessor_values":
            continue  # an exception's text is kept as it is printed, line breaks and all
        assert repr(read_dump(printed.replace("\n", "\r")).value) == repr(read_dump(printed).value)


def test_references_name_what_circular_points_at():
    assert read_dump(PRINTED[20]["circular"]).references == ((1, "$"), (2, "$.p"))


def test_losses_say_how_much_is_missing():
    cut = read_dump(PRINTED[20]["cut_string"])
    more = read_dump(PRINTED[20]["more_items"])

    assert [loss.missing for loss in cut.losses] == [10, len(LINES) - 50, 1]
    assert [loss.missing for loss in more.losses] == [3]
