"""What errors, binary data, accessors and layouts of the fixtures are expected to be read as."""

from __future__ import annotations

from inspect_builders import (
    EPOCH,
    EVAL,
    FRAMES,
    LINES,
    SHORT,
    D,
    Since,
    accessor,
    binary,
    binary_length,
    boxed,
    circular,
    data_view,
    function,
    hidden,
    numbers,
    omitted,
    sized,
    symbol,
)

from balance_sync.logs.inspect_reader import UNDEFINED
from balance_sync.logs.inspect_values import Collection, ErrorValue, Kind, Opaque, Pair

HERE = "at h (c.js:3:4)"
COLLAPSED = "... collapsed 11 duplicate lines matching above 1 lines 11 times..."

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
    "error_collapsed": Since(
        {
            12: {"e": ErrorValue("RangeError: too deep", (*SHORT, *(("at g (/b.js:2:3)",) * 12), HERE))},
            22: {"e": ErrorValue("RangeError: too deep", (*SHORT, "at g (/b.js:2:3)", COLLAPSED, HERE))},
        }
    ),
    "error_paths": [ErrorValue("Error: m", (r"at C:\a, b\c.js:1:2", "at <anonymous>")), D(1)],
    "error_lines": {
        "a": {"e": ErrorValue('ZodError: [\n  {\n    "path": [\n      "a"\n    ]\n  }\n]'), "b": D(1)}
    },
    "deep_odd": {
        "a": {
            "b": {
                "c": omitted("[Object: null prototype] [T]"),
                "f": omitted("[Function]"),
                "m": omitted("[Object [Map Iterator]]"),
            }
        }
    },
    "buffer_fields": {
        "a": Opaque(Kind.BINARY, "<Buffer >", {"k": "v"}),
        "b": function("[Function: a, b]]"),
    },
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
