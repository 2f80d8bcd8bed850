"""What strings, primitives, objects and collections of the fixtures are expected to be read as."""

from __future__ import annotations

from inspect_builders import (
    EPOCH,
    LINES,
    NUL,
    URL,
    D,
    Since,
    accessor,
    anonymous,
    boxed,
    circular,
    date,
    function,
    hidden,
    numbers,
    omitted,
    sized,
    symbol,
)

from balance_sync.logs.inspect_reader import UNDEFINED
from balance_sync.logs.inspect_values import Collection, Instance, Kind, Opaque, Pair, Wrapped

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
