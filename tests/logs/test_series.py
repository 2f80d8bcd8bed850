"""Columns that refer to memory hold the same both ways, and keep what they refer to."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balance_sync import compiled
from balance_sync.logs.octets import Octets
from balance_sync.logs.record_values import Money
from balance_sync.logs.series import series_of
from both_ways import in_numpy

needs_passes = pytest.mark.skipif(not compiled.ARE_BUILT, reason="built without the compiled passes")

NUMBERS = st.integers(-(10**37), 10**37)


def words_of(numbers: list[int]) -> np.ndarray:
    low = [[number % 2**64, (number >> 64) % 2**64] for number in numbers]
    return np.array(low, dtype=np.uint64).reshape(-1, 2)


@needs_passes
@given(values=st.lists(st.tuples(NUMBERS, st.booleans()), max_size=70), with_nulls=st.booleans())
def test_numbers_are_the_same_both_ways(values: list[tuple[int, bool]], with_nulls: bool) -> None:
    words = words_of([number for number, _ in values])
    there = np.array([is_there for _, is_there in values], dtype=np.bool_) if with_nulls else None
    for kind, given_words in ((Money, words), (pl.Int64, words[:, 0])):
        column = series_of(kind, given_words, are_there=there)
        with in_numpy():
            expected = series_of(kind, given_words, are_there=there)
        assert column.equals(expected, check_dtypes=True)
        assert column.null_count() == (0 if there is None else len(values) - int(there.sum()))


@needs_passes
@given(texts=st.lists(st.text(max_size=40), max_size=70))
def test_texts_are_the_same_both_ways(texts: list[str]) -> None:
    encoded = [text.encode() for text in texts]
    octets = Octets(encoded)
    ends = np.cumsum([len(one) for one in encoded], dtype=np.int64)
    begins = ends - np.array([len(one) for one in encoded], dtype=np.int64)
    assert octets.strings(begins, ends).to_list() == texts
    assert octets.binaries(begins, ends).to_list() == encoded


def test_a_column_keeps_what_it_refers_to() -> None:
    text = b"a text that is longer than what stands in a view itself" + bytes(300)
    octets = Octets([text[:55] + b"\n"])
    whole = np.array([0]), np.array([55])
    column = octets.strings(*whole)
    filtered = column.filter(pl.Series([True]))
    gone = weakref.ref(octets)
    del octets, column
    gc.collect()
    assert gone() is None
    assert filtered.to_list() == [text[:55].decode()]


@needs_passes
def test_what_is_referred_to_is_let_go_of() -> None:
    class Noted(np.ndarray):
        """An array that can be watched."""

    values = np.arange(6, dtype=np.uint64).view(Noted)
    gone = weakref.ref(values)
    columns = [pl.Series(compiled.passes.ArrowValues(b"l", 6, None, values, b""))]
    # Never used, and taken but not used.
    unused = compiled.passes.ArrowValues(b"l", 6, None, values, b"")
    capsules = unused.__arrow_c_array__()
    del values, unused
    assert gone() is not None
    del capsules
    # Another thread may be the last one that has it.
    ending = threading.Thread(target=columns.clear)
    ending.start()
    ending.join()
    gc.collect()
    assert gone() is None


@needs_passes
@pytest.mark.parametrize(
    ("format", "length", "present"),
    [(b"l", 7, None), (b"d:38,18", 4, None), (b"vu", 4, None), (b"l", 6, np.zeros(0, dtype=np.uint8))],
)
def test_no_more_values_than_there_are(format: bytes, length: int, present: np.ndarray | None) -> None:
    with pytest.raises(IndexError):
        compiled.passes.ArrowValues(format, length, present, np.arange(6, dtype=np.uint64), b"")


@needs_passes
def test_reading_takes_no_pyarrow() -> None:
    program = "import sys, balance_sync.logs.tables; print('pyarrow' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
