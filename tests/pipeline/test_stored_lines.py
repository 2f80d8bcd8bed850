"""Requests of a large file are numbered as they are met, wherever the file was cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from balance_sync.pipeline.stored_lines import _number_keys

KEYS = st.sampled_from([0, 1, 2, 3, 2**63, 2**64 - 1])


@given(batches=st.lists(st.lists(KEYS, unique=True, max_size=5), min_size=1, max_size=6))
def test_equal_keys_have_one_number(batches: list[list[int]]) -> None:
    number, is_first = _number_keys([np.array(some, dtype=np.uint64) for some in batches])
    every = [key for some in batches for key in some]
    met = list(dict.fromkeys(every))
    assert number.tolist() == [met.index(key) for key in every]
    assert is_first.tolist() == [key not in every[:place] for place, key in enumerate(every)]
