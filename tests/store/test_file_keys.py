"""Files that are known, by what tells them apart."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from balance_sync.store.file_keys import FILE_KEY, KnownFiles, key_files

# Few labels, sizes and times: most files differ from another one in one respect alone.
FILES = st.lists(
    st.tuples(
        st.sampled_from(["a.gz", "b.gz", "a/a.gz", "é\\ud800.gz"]),
        st.integers(0, 3) | st.just(2**62),
        st.integers(-1, 2) | st.just(1_700_000_000_000_000_000),
    ),
    max_size=30,
)


@given(FILES, FILES)
def test_a_file_is_known_where_label_size_and_time_are_the_same(
    known: list[tuple[str, int, int]], asked: list[tuple[str, int, int]]
) -> None:
    told = KnownFiles(key_files(known)).has(key_files(asked))
    assert told.tolist() == [one in known for one in asked]
    assert told.dtype == np.bool_


def test_many_files_have_as_many_keys() -> None:
    many = [(f"export/{n:06x}/000000.gz", n % 7, n % 3) for n in range(200_000)]
    keys = key_files(many)
    assert keys.schema == {FILE_KEY[0]: pl.UInt64, FILE_KEY[1]: pl.Int64}
    assert keys[FILE_KEY[0]].n_unique() == len(many)
