from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.speed.case import wrong_facts
from benchmarks.speed.catalogue import CASES, applies, chosen_cases
from benchmarks.speed.gate import TOLERANCE, Figures, objections, ratio_limit

TABLES = CASES["tables"]
IN_LINE = Figures(ratio=1.0, yardstick_s=0.1, peak_mb=200, start_s=0.5)


def test_what_is_in_line_passes():
    assert objections(TABLES, IN_LINE) == []


def test_too_much_memory_is_refused_however_fast_it_was():
    (found,) = objections(TABLES, replace(IN_LINE, ratio=0.01, peak_mb=TABLES.memory_mb + 1))
    assert "ceiling" in found


def test_a_ratio_far_out_of_line_is_refused():
    limit = ratio_limit(TABLES, IN_LINE)
    assert objections(TABLES, replace(IN_LINE, ratio=limit * 0.99)) == []
    (found,) = objections(TABLES, replace(IN_LINE, ratio=limit * 1.01))
    assert "out of line" in found


def test_starting_is_allowed_for_where_a_case_starts():
    assert ratio_limit(TABLES, IN_LINE) == pytest.approx(TOLERANCE * (TABLES.bar + 5))
    assert ratio_limit(CASES["parse"], IN_LINE) == TOLERANCE * CASES["parse"].bar


def test_the_larger_the_archive_the_less_starting_matters():
    limits = [ratio_limit(TABLES, replace(IN_LINE, yardstick_s=seconds)) for seconds in (0.1, 1, 10, 100)]
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] == pytest.approx(TOLERANCE * TABLES.bar, rel=0.01)


def test_a_wrong_fact_is_told_with_the_right_one():
    assert wrong_facts({"events": 3, "users": 2}, {"events": 3, "users": 1, "more": 0}) == [
        "users is 1 and should be 2"
    ]


def test_a_missing_fact_is_wrong():
    assert wrong_facts({"events": 0}, {}) == ["events is missing and should be 0"]


def test_a_case_that_there_is_none_of_is_refused_by_name():
    with pytest.raises(ValueError, match="no such case: tabels"):
        chosen_cases(["tables", "tabels"])


def test_each_case_has_a_name_of_its_own_and_applies_somewhere():
    assert len({case.title for case in CASES.values()}) == len(CASES)
    assert all(applies(case, size="20MB", shape="export") for case in CASES.values())


def test_what_holds_everything_in_memory_is_not_tried_on_the_largest_size():
    assert applies(CASES["against-pandas"], size="1GB", shape="export")
    assert not applies(CASES["against-pandas"], size="10GB", shape="export")
