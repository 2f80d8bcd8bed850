"""Whatever can be printed is read back: read_dump(write_dump(value)) is value, in any layout."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_writer import js_number, write_dump

from balance_sync.logs.inspect_reader import UNDEFINED, read_dump
from balance_sync.logs.inspect_values import Collection, ErrorValue, Instance, Kind, Opaque, Pair

PIECES = [
    *("'", '"', "`", "${", "\\", "\n", "\r", "\t", "\x00", "\x1b[31m", "\x7f", "\x9f", "\u2028", " + ", ", "),
    *(
        "' +\n",
        ": ",
        "=> ",
        "{ ",
        " }",
        "[ ",
        " ]",
        "...",
        "... 3 more items",
        "\U0001f600",
        "\ud800",
        "\udc00",
    ),
    *(
        "\u0633\u0644\u0627\u0645",
        "\u65e5\u672c",
        "at f (a.js:1:2)",
        "<ref *1> ",
        "[Object]",
        "words of a long line ",
    ),
]
SURROGATES = st.characters(codec=None)
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(SURROGATES, max_size=20),
).map(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))
numbers = st.floats().map(lambda number: Decimal(js_number(number)))
symbols = st.sampled_from(["Symbol()", "Symbol(k)", "Symbol(a b)", "Symbol(it's)", "Symbol(x (y))"])
opaque = st.sampled_from(
    [
        Opaque(Kind.DATE, "2023-12-12T12:35:10.263Z"),
        Opaque(Kind.DATE, "Invalid Date"),
        Opaque(Kind.REGEXP, "/[/\\]}'\"]\\/{2}, x: 1/gi"),
        Opaque(Kind.FUNCTION, "[Function: foo]"),
        Opaque(Kind.FUNCTION, "[AsyncFunction (anonymous)]"),
        Opaque(Kind.CLASS, "[class B extends A]"),
        Opaque(Kind.BINARY, "<Buffer 68 65>"),
        Opaque(Kind.HOLES, "<3 empty items>"),
        Opaque(Kind.MARKER, "<pending>"),
    ]
)
leaves = st.one_of(
    st.none(),
    st.just(UNDEFINED),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    numbers,
    texts,
    symbols.map(lambda text: Opaque(Kind.SYMBOL, text)),
    opaque,
)
identifiers = st.from_regex(r"[A-Za-z_][A-Za-z_0-9]{0,8}", fullmatch=True)
keys = st.one_of(identifiers, texts, symbols.map(lambda text: Opaque(Kind.SYMBOL, text)))
frames = st.lists(
    st.sampled_from(
        [
            "at f (/a/(b)/c.js:1:2)",
            "at /var/task/index.js:10:20",
            "at Array.map (<anonymous>)",
            "at <anonymous>",
        ]
    ),
    min_size=1,
    max_size=3,
).map(tuple)
headings = st.sampled_from(
    ["Error", "TypeError: a [b", "RangeError: two\n  lines, x: {", "Odd [Error]: it's"]
)


def containers(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    fields = st.dictionaries(keys, inner, max_size=5)
    items = st.lists(inner, max_size=9)
    labels = st.sampled_from(["Tx", "[Object: null prototype]", "Weird$Name", "Foo [tag]", "Object [Math]"])
    pairs = st.lists(st.builds(Pair, inner, inner), max_size=4)
    # An extra key such as Error cannot be told from an error among items.
    extra = st.dictionaries(
        st.sampled_from(["index", "a-b", "it's", "undefined"]), inner, min_size=1, max_size=3
    )
    return st.one_of(
        fields,
        items,
        st.lists(numbers | texts, min_size=7, max_size=40),
        st.builds(Instance, labels, fields),
        pairs.map(lambda entries: Collection(f"Map({len(entries)})", entries)),
        items.map(lambda entries: Collection(f"Set({len(entries)})", entries)),
        items.map(lambda entries: Collection(f"Foo({len(entries)})", entries)),
        st.builds(Collection, st.just(""), items, extra),
        st.builds(
            ErrorValue, headings, frames, st.none() | st.dictionaries(keys, inner, min_size=1, max_size=3)
        ),
        st.builds(
            Opaque,
            st.just(Kind.FUNCTION),
            st.just("[Function: f]"),
            st.dictionaries(keys, inner, min_size=1, max_size=3),
        ),
    )


values = st.recursive(leaves, containers, max_leaves=25)


def told_apart(value: object) -> str:
    """Show a value so that what compares equal but differs (-0 and 0, 1 and true, NaN) is told apart."""
    return repr(value)


@settings(max_examples=150, deadline=None)
@given(
    value=values,
    break_length=st.sampled_from([20, 80, 128, float("inf")]),
    compact=st.sampled_from([0, 1, 3]),
)
def test_reads_what_is_written(value, break_length, compact):
    printed = write_dump(value, break_length=break_length, compact=compact)

    dump = read_dump(printed)

    assert told_apart(dump.value) == told_apart(value)
    assert dump.end == len(printed)
    assert dump.losses == ()


@settings(max_examples=60, deadline=None)
@given(value=containers(leaves))
def test_reads_carriage_returns_as_line_breaks(value):
    printed = write_dump(value)

    assert told_apart(read_dump(printed.replace("\n", "\r")).value) == told_apart(value)


@settings(max_examples=60, deadline=None)
@given(
    value=containers(leaves),
    before=texts,
    after=st.sampled_from([" arn:aws:sns:x", "", "\n}", " { a: 1 }, 'x'"]),
)
def test_starts_and_ends_where_the_dump_does(value, before, after):
    printed = write_dump(value)

    if isinstance(value, ErrorValue | Opaque):
        after = ""  # a stack or a function goes on to whatever looks like its own properties
    dump = read_dump(f"{before} {printed}{after}", len(before))

    assert told_apart(dump.value) == told_apart(value)
    assert dump.end == len(before) + 1 + len(printed)


@settings(max_examples=100, deadline=None)
@given(text=texts)
def test_joined_strings_are_read_whole(text):
    lines = text + "\n" + "x" * 80 + "\n" + text
    printed = write_dump({"a": [lines], "b": Collection("Map(1)", [Pair(lines, lines)])})

    dump = read_dump(printed)

    assert " +\n" in printed
    assert dump.value == {"a": [lines], "b": Collection("Map(1)", [Pair(lines, lines)])}
