"""Records of one millisecond come in the order in which they were logged, whichever way a form has them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balance_sync.sources.record_order import oldest_first
from balance_sync.sources.record_runs import Record, Run


def plainly_ordered(records: list[Record]) -> list[Record]:
    """Return the records, those of one time turned round where more of the last steps fell than rose."""
    ordered: list[Record] = []
    for is_delivered, group in groupby(records, key=lambda record: record.is_delivered):
        together = list(group)
        ordered += together if is_delivered else _ordered(together)
    return ordered


def _ordered(records: list[Record]) -> list[Record]:
    groups = [list(group) for _, group in groupby(records, key=lambda record: record.at)]
    falls, ordered = 0, []
    for group, follower in pairwise([*groups, []]):
        if follower:
            falls = min(max(falls + (1 if follower[0].at < group[0].at else -1), -8), 8)
        ordered += group[::-1] if falls > 0 else group
    return ordered


@st.composite
def mixed(draw: st.DrawFn) -> list[Record | Run]:
    """Draw records and deliveries, in pieces that rise and pieces that fall."""
    drawn: list[Record | Run] = []
    for piece in draw(st.lists(st.lists(st.integers(0, 20), min_size=1, max_size=15), max_size=8)):
        times = sorted(piece, reverse=draw(st.booleans())) if draw(st.integers(0, 3)) else piece
        ids = [f"{len(drawn)}-{place}" for place in range(len(times))]
        run = Run("s", "g", times, [""] * len(times), ids)
        one_by_one = list(run.records())
        delivered = draw(st.integers(0, 5))
        if delivered > 1:
            one_by_one = [record._replace(is_delivered=False) for record in one_by_one]
        drawn += one_by_one if delivered else [run]
    return drawn


def one_by_one(records: Iterable[Record | Run]) -> list[Record]:
    return [one for record in records for one in (record.records() if isinstance(record, Run) else [record])]


@given(records=mixed())
def test_records_of_one_time_are_turned_round_where_times_fall(records: list[Record | Run]) -> None:
    assert one_by_one(oldest_first(records)) == plainly_ordered(one_by_one(records))


def in_order(*times: int, is_delivered: bool = False) -> list[str]:
    """Return times and places of records of these times, in their order."""
    records = (Record("s", at, "", f"{at}-{place}", "", is_delivered) for place, at in enumerate(times))
    return [record.id for record in one_by_one(oldest_first(records))]


def test_a_block_that_stands_elsewhere_turns_nothing_round() -> None:
    """The end of an invocation and its report have one time, and an earlier one may stand behind them."""
    assert in_order(1, 4, 5, 5, 2, 3, 3, 8) == ["1-0", "4-1", "5-2", "5-3", "2-4", "3-5", "3-6", "8-7"]


def test_answers_one_after_the_other_are_turned_round_alike() -> None:
    assert in_order(5, 5, 4, 3, 3, 9, 9, 8) == ["5-1", "5-0", "4-2", "3-4", "3-3", "9-6", "9-5", "8-7"]


def test_what_is_delivered_stands_as_it_was_logged() -> None:
    """Deliveries of several streams follow each other in any order."""
    assert in_order(5, 5, 4, 3, 3, 1, is_delivered=True) == ["5-0", "5-1", "4-2", "3-3", "3-4", "1-5"]


@pytest.mark.parametrize(("falling", "turned"), [(6, False), (7, True)])
def test_nine_falling_steps_turn_what_rose_before(falling: int, *, turned: bool) -> None:
    """However long it did."""
    first, second, _ = in_order(*range(100, 140), *range(99, 99 - falling, -1), 50, 50, 49)[-3:]
    # Those to 50 and 49 are two more.
    assert (first > second) == turned


@pytest.mark.parametrize(("rising", "turned"), [(5, True), (6, False)])
def test_eight_rising_steps_turn_what_fell_before(rising: int, *, turned: bool) -> None:
    first, second, _ = in_order(*range(140, 100, -1), *range(200, 200 + rising), 250, 250, 251)[-3:]
    assert (first > second) == turned
