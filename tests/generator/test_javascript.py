"""Numbers and strings look as Node prints them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balance_sync.generator.javascript import js_number, js_round, js_string


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (8.0, "8"),
        (-0.0, "-0"),
        (79936.13636363637, "79936.13636363637"),
        (0.40000000000005, "0.40000000000005"),
        (5.684341886080802e-14, "5.684341886080802e-14"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (-1.5e-7, "-1.5e-7"),
        (1e16, "10000000000000000"),
        (1.5e20, "150000000000000000000"),
        (1e21, "1e+21"),
        (1.25e22, "1.25e+22"),
        (-660, "-660"),
    ],
)
def test_numbers(value, text) -> None:
    assert js_number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back_as_the_same_double(value) -> None:
    text = js_number(value)
    assert float(text) == value
    assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]\d+)?", text)
    assert not text.endswith(".0")


@pytest.mark.parametrize(
    ("value", "rounded"), [(1.0005, 1.001), (2.0625, 2.063), (-2.0625, -2.062), (199.4999, 199.5), (0.0, 0.0)]
)
def test_halves_go_up(value, rounded) -> None:
    assert js_round(value) == rounded


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", "'plain'"),
        ("it's", '"it\'s"'),
        ('it\'s "so"', '`it\'s "so"`'),
        ('it\'s "so" `and`', "'it\\'s \"so\" `and`'"),
        ('it\'s "${x}"', "'it\\'s \"${x}\"'"),
        ('{"a":"\\"b\\""}', '\'{"a":"\\\\"b\\\\""}\''),
        ("two\nlines", "'two\\nlines'"),
    ],
)
def test_strings(text, quoted) -> None:
    assert js_string(text) == quoted
