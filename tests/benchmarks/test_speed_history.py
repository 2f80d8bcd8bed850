from __future__ import annotations

import json

import pytest
from benchmarks.speed import history, trend
from benchmarks.speed.bars import standings
from benchmarks.speed.regressions import regressions
from measured_lines import line, lines


def test_lines_are_read_back_as_they_were_added(tmp_path):
    path = tmp_path / "history" / "speed.jsonl"
    first, second = lines(1.0, 2.0)
    history.append([first], path)
    history.append([second], path)
    assert history.read(path) == [first, second]


def test_lines_of_two_branches_are_read_in_the_order_of_their_dates(tmp_path):
    first, second, third = lines(1.0, 2.0, 3.0)
    history.append([first, third, second], tmp_path / "speed.jsonl")
    assert history.read(tmp_path / "speed.jsonl") == [first, second, third]


def test_a_field_of_another_version_is_passed_over(tmp_path):
    path = tmp_path / "speed.jsonl"
    history.append([line()], path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**kept, "moon": "full"}) + "\n", encoding="utf-8")
    assert history.read(path) == [line()]


def test_no_history_is_no_lines(tmp_path):
    assert history.read(tmp_path / "none.jsonl") == []


def test_the_history_of_the_repository_can_be_read():
    assert all(measured.ratio > 0 for measured in history.read())


def test_a_ratio_far_above_the_usual_one_is_named():
    (found,) = regressions(lines(1.0, 1.1, 0.9, 1.0, 1.05, 1.2))
    assert "tables (20MB, export)" in str(found)
    assert "20% worse" in str(found)


@pytest.mark.parametrize(
    "ratios",
    [
        pytest.param((1.0,), id="nothing to compare with"),
        pytest.param((1.0, 1.0, 2.0), id="too little to say what is usual"),
        pytest.param((1.0, 1.0, 1.0, 1.14), id="within what is usual"),
        pytest.param((1.0, 1.0, 1.0, 0.2), id="better"),
        pytest.param((1.0, 5.0, 1.0, 1.0, 1.0, 1.0), id="worse once, and mended"),
        pytest.param((1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.1), id="worse for so long that it is usual"),
    ],
)
def test_no_regression(ratios):
    assert regressions(lines(*ratios)) == []


def test_sizes_shapes_and_cases_are_compared_with_their_like_alone():
    mixed = [
        *lines(1.0, 1.0, 1.0, 1.0, size="20MB"),
        *lines(9.0, 9.0, 9.0, 9.0, size="1GB"),
        *lines(4.0, 4.0, 4.0, 4.0, shape="tiny"),
        *lines(20.0, 20.0, 20.0, 20.0, case="job"),
    ]
    assert regressions(mixed) == []


def test_the_worst_regression_comes_first():
    found = regressions([*lines(1.0, 1.0, 1.0, 2.0), *lines(1.0, 1.0, 1.0, 3.0, case="job")])
    assert [each.line.case for each in found] == ["job", "tables"]


def test_promises_are_kept_missed_or_not_measured():
    words = {
        each.bar.promise: each.word
        for each in standings(
            [
                line(size="1GB", ratio=0.7, seconds=5.0, peak_mb=300),
                line(size="10GB", ratio=0.7, seconds=60.0, peak_mb=310),
                line(case="job", size="1GB", ratio=2.0),
            ]
        )
    }
    assert words["logs to tables, time of `gzip -dc`"] == "kept"
    assert words["logs to tables, time at 10 GB over 1 GB"] == "missed"
    assert words["logs to tables, peak at 10 GB over 1 GB, export"] == "kept"
    assert words["whole job without reports, time of `gzip -dc`"] == "missed"
    assert words["workbook of 1,000,000 rows, peak MB"] == "not measured"


def test_the_newest_line_decides_about_a_promise():
    older, newer = line(size="1GB", ratio=2.0), line(size="1GB", ratio=0.5, number=1)
    first = standings([older, newer])[0]
    assert (first.found, first.commits) == (0.5, (newer.commit,))


def test_the_page_names_regressions_and_needs_nothing_from_elsewhere(tmp_path):
    path = tmp_path / "trend.html"
    found = trend.write(path, [*lines(1.0, 1.0, 1.0, 2.0), *lines(5.0, case="job", shape="tiny")])
    text = path.read_text(encoding="utf-8")
    assert str(found[0]) in text
    assert text.count("<svg") == 2
    assert "a &lt;processor&gt;" in text
    assert not any(word in text for word in ("<script", "src=", "href=", "url(", "@import"))


def test_the_page_of_a_single_measurement_can_be_drawn(tmp_path):
    assert trend.write(tmp_path / "trend.html", [line(case="no longer measured")]) == []
