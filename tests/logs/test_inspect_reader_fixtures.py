"""What seven majors of Node really print (fixtures_inspect/node<major>.json), read value by value.

The values printed are in fixtures_inspect/print_fixtures.js; what they must be read as stands, by name, in
inspect_expected.py and inspect_expected_special.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inspect_builders import LINES, Since, resolved
from inspect_expected import COLLECTIONS, OBJECTS, PRIMITIVES, STRINGS
from inspect_expected_special import BINARY, ERRORS, LAYOUT

from balance_sync.logs.inspect_reader import read_dump

FIXTURES = Path(__file__).parent / "fixtures_inspect"
MAJORS = (12, 14, 16, 18, 20, 22, 24)
PRINTED = {
    major: json.loads((FIXTURES / f"node{major}.json").read_text(encoding="utf-8")) for major in MAJORS
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
    "deep_odd": Since({12: [f"[Object] at $.a.b.{key}" for key in "cfm"]}),
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
