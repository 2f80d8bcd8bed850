"""When requests ran: the same however their lines are cut into chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from balance_sync.logs.kinds import CODES
from balance_sync.logs.lines import NEVER, Lines, Origins
from balance_sync.logs.windows import Told, Windows

SOURCES, PARTS = 3, 9
SAID = st.lists(
    st.tuples(
        st.sampled_from(["start", "end", "report", "timeout", "other"]),
        st.integers(0, PARTS - 1),
        st.integers(0, 12),
    ),
    max_size=40,
)


@dataclass
class Cut:
    """Lines in chunks."""

    chunks: list[Lines]

    def __len__(self) -> int:
        return len(self.chunks)

    def __iter__(self) -> Iterator[Lines]:
        return iter(self.chunks)


def windows_of(said: list[tuple[str, int, int]], size: int) -> Windows:
    """Give the windows of lines, so many in a chunk; each request is of the source of its number."""
    lines = [(part % SOURCES, number, at, CODES[kind], part) for number, (kind, part, at) in enumerate(said)]
    chunks = [
        Lines(
            *(np.array(column, dtype=np.int64) for column in zip(*some, strict=True)),
            np.zeros(len(some), np.int64),
        )
        for some in (lines[at : at + size] for at in range(0, len(lines), size))
    ]
    limit = np.zeros(SOURCES, np.int64)
    origins = Origins(limit, limit == 0, np.arange(PARTS) % SOURCES)
    return Windows(Told(Cut(chunks)), origins)


def plain_windows(said: list[tuple[str, int, int]]) -> list[tuple[int, int, int, int, int]]:
    """Give source, begin, end, line of the START and number of each request that has both ends, in order."""
    found = []
    for part in range(PARTS):
        starts = [
            (at, number) for number, (kind, own, at) in enumerate(said) if own == part and kind == "start"
        ]
        ends = [at for kind, own, at in said if own == part and kind in ("end", "report")]
        if starts and ends and max(ends) >= min(starts)[0]:
            line = min(number for _, number in starts)
            found.append((part % SOURCES, min(starts)[0], max(ends), line, part))
    return sorted(found)


@given(said=SAID, size=st.sampled_from([1, 3, 40]), at_once=st.sampled_from([1, 2, 100]))
def test_order_is_by_source_begin_end_and_line(
    said: list[tuple[str, int, int]], size: int, at_once: int
) -> None:
    windows, plain = windows_of(said, size), plain_windows(said)
    with patch("balance_sync.logs.windows._AT_ONCE", at_once):
        assert windows.order.tolist() == [part for *_, part in plain]
    assert windows.source.tolist() == [source for source, *_ in plain]
    assert [(windows.begin[part], windows.end[part]) for *_, part in plain] == [one[1:3] for one in plain]


@given(
    said=SAID,
    landmark=st.sampled_from([1, 2, 5, 64]),
    at=st.integers(-1, 13),
    source=st.integers(0, SOURCES - 1),
)
def test_the_last_that_began_is_the_last_before(
    said: list[tuple[str, int, int]], landmark: int, at: int, source: int
) -> None:
    windows, plain = windows_of(said, 3), plain_windows(said)
    asked = np.array([source, source]), np.array([at, NEVER])
    for side in ("left", "right"):
        places = [
            max(
                (
                    place
                    for place, (own, begin, *_) in enumerate(plain)
                    if own == source and (begin < moment or (side == "right" and begin == moment))
                ),
                default=-1,
            )
            for moment in (at, NEVER)
        ]
        with patch("balance_sync.logs.windows._LANDMARK", landmark):
            assert windows.last_begun(*asked, side=side).tolist() == places  # type: ignore[arg-type]


@given(said=SAID, excluded=st.sets(st.integers(0, PARTS - 1)))
def test_overlaps_are_those_of_the_requests_that_are_left(
    said: list[tuple[str, int, int]], excluded: set[int]
) -> None:
    windows = windows_of(said, 3)
    left = [one for one in plain_windows(said) if one[4] not in excluded]
    overlaps = {
        before[0] for before, after in pairwise(left) if before[0] == after[0] and after[1] < before[2]
    }
    are_excluded = np.isin(np.arange(PARTS), list(excluded))
    assert set(np.flatnonzero(windows.overlaps_without(are_excluded)).tolist()) == overlaps
