"""What the fixtures are expected to be read as is built from these."""

from __future__ import annotations

from decimal import Decimal

from balance_sync.logs.inspect_values import Collection, Instance, Kind, Opaque, Pair, Wrapped


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
