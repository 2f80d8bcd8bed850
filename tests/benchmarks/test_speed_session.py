from __future__ import annotations

import json

import pytest
from benchmarks.speed.archives import Archive, size_bytes
from benchmarks.speed.case import Case, Program, told_outcome
from benchmarks.speed.session import Session, measure_case

TELLS = "import json; print(json.dumps({told!r}))"


def program(name, *, seconds=1.0, units=1, events=3, code=None):
    told = {"seconds": seconds, "cpu_s": seconds, "rows": 10, "units": units, "facts": {"events": events}}
    return Program(
        name,
        lambda place: [str(place.engine.python), "-c", code or TELLS.format(told=told)],
        told_outcome,
        lambda answer: {"events": answer["events"]},
    )


def case(tested, yardstick):
    return Case(tested, title="", yardstick=yardstick, bar=1, memory_mb=100)


@pytest.fixture
def archive(tmp_path):
    directory = tmp_path / "archive"
    (directory / "logs").mkdir(parents=True)
    (directory / "logs" / "plain.gz").write_bytes(
        bytes.fromhex("1f8b0800000000000003") + b"\x03\x00" + bytes(8)
    )
    (directory / "answer.json").write_text(
        json.dumps({"events": 3, "bytes": 0, "files": 1}), encoding="utf-8"
    )
    return Archive(directory, "20MB", "export")


def test_ratios_are_of_seconds_per_unit(tmp_path, archive):
    tested = case(program("case", seconds=2.0, units=10), program("yardstick", seconds=4.0, units=5))
    result = measure_case(Session(tmp_path / "work"), tested, archive, repeats=3)
    assert result.problems == []
    assert (len(result.runs), len(result.yardstick_runs)) == (3, 3)
    assert result.ratio == pytest.approx(0.25)


def test_the_time_of_a_wrong_answer_does_not_count(tmp_path, archive):
    tested = case(program("case", events=4), program("yardstick"))
    result = measure_case(Session(tmp_path / "work"), tested, archive, repeats=3)
    assert result.runs == []
    assert result.problems == ["wrong answer: events is 4 and should be 3"]


def test_a_rival_may_be_wrong_and_it_is_recorded_how(tmp_path, archive):
    tested = case(program("case"), program("rival", events=2))
    result = measure_case(Session(tmp_path / "work"), tested, archive, repeats=1)
    assert result.problems == []
    assert result.yardstick_runs[0].wrong == ["events is 2 and should be 3"]


def test_a_program_that_fails_is_told_with_its_last_words(tmp_path, archive):
    tested = case(program("case", code="raise SystemExit('no room')"), program("yardstick"))
    result = measure_case(Session(tmp_path / "work"), tested, archive, repeats=1)
    assert result.runs == []
    assert "no room" in result.problems[0]


def test_each_run_finds_an_empty_folder(tmp_path, archive):
    leaves = "import os, json; assert os.listdir('.') == []; open('left', 'w').close(); " + TELLS.format(
        told={"seconds": 1, "cpu_s": 1, "rows": 1, "units": 1, "facts": {"events": 3}}
    )
    tested = case(program("case", code=leaves), program("yardstick", code=leaves))
    assert measure_case(Session(tmp_path / "work"), tested, archive, repeats=2).problems == []


@pytest.mark.parametrize(("size", "expected"), [("20MB", 20_000_000), ("10GB", 10_000_000_000)])
def test_sizes_are_decimal(size, expected):
    assert size_bytes(size) == expected


def test_a_size_that_is_none_is_refused():
    with pytest.raises(ValueError, match="write 20MB or 1GB"):
        size_bytes("20")
