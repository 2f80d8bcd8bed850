"""Archives are reproducible, readable, and answered correctly."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import pytest
from plain_reading import findings, read_archive

from balance_sync.errors import ResourceError, UsageError
from balance_sync.generator import BreakPlan, generate_archive

LISTS = (
    *("arithmetic", "continuity", "duplicate_ids", "lost_update", "negative_amount", "overdraft_ledger"),
    *("overdraft_payment", "repeated_delivery", "sub_minor_unit"),
)
COUNTS = (
    *("discrepancies", "near_discrepancies", "failed_sync", "incomplete_sync", "repeated_messages"),
    *("outcomes", "users", "sync_errors_negative_payment"),
)


def contents(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def assert_answered(answer, reading) -> None:
    found = findings(reading)
    assert answer.files == reading.files
    assert answer.bytes == sum(reading.text_sizes)
    assert answer.gzip_bytes == sum(reading.gzip_sizes)
    assert answer.events == reading.events
    assert answer.invocations == reading.kinds["START"] == reading.kinds["REPORT"] == reading.kinds["END"]
    assert answer.messages == len(reading.messages)
    assert answer.transactions == len(reading.transactions)
    assert answer.sync_errors == len(reading.sync_errors)
    assert {k: getattr(answer, k) for k in LISTS} == {k: found[k] for k in LISTS}
    assert {k: getattr(answer, k) for k in COUNTS} == {k: found[k] for k in COUNTS}
    assert {k: Decimal(v) for k, v in answer.amount_by_currency_type.items()} == found["amounts"]


@pytest.mark.parametrize("archive", ["broken", "sound", "demo"])
def test_a_plain_reading_finds_what_the_answer_says(archive, request) -> None:
    _, answer, reading = request.getfixturevalue(archive)
    assert_answered(answer, reading)


@pytest.mark.parametrize("shape", ["tiny", "giant"])
def test_other_shapes_are_answered_as_well(shape, tmp_path) -> None:
    answer = generate_archive(tmp_path, text_bytes=400_000, seed=5, shape=shape)
    reading = read_archive(tmp_path / "logs")
    assert_answered(answer, reading)
    if shape == "giant":
        assert reading.files == 1
    else:
        assert answer.bytes / answer.files < 2_000


def test_the_answer_is_written_beside_the_logs(broken) -> None:
    directory, answer, _ = broken
    assert sorted(p.name for p in directory.iterdir()) == ["answer.json", "logs"]
    assert json.loads((directory / "answer.json").read_text()) == asdict(answer)


def test_layout_is_that_of_an_export(broken) -> None:
    directory, _, _ = broken
    (export,) = (directory / "logs").iterdir()
    assert len(export.name) == 36
    for stream in export.iterdir():
        assert [p.name for p in stream.iterdir()] == ["000000.gz"]
        assert stream.name[10:20] == "-[$LATEST]"
        assert len(stream.name) == 52


@pytest.mark.parametrize("shape", ["export", "tiny", "giant"])
def test_the_number_of_workers_changes_no_byte(shape, tmp_path) -> None:
    for workers in (1, 2):
        generate_archive(tmp_path / str(workers), text_bytes=150_000, seed=9, shape=shape, workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_the_seed_changes_every_identifier(tmp_path) -> None:
    readings = []
    for seed in (1, 2):
        generate_archive(tmp_path / str(seed), text_bytes=100_000, seed=seed)
        readings.append(read_archive(tmp_path / str(seed) / "logs"))
    assert not set(readings[0].ids) & set(readings[1].ids)


def test_hash_order_changes_no_byte(tmp_path) -> None:
    script = (
        "import sys; from pathlib import Path; from balance_sync.generator import generate_archive; "
        "generate_archive(Path(sys.argv[1]), text_bytes=100_000)"
    )
    for number in ("0", "1"):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / number)],
            check=True,
            env={"PYTHONHASHSEED": number},
        )
    assert contents(tmp_path / "0") == contents(tmp_path / "1")


@pytest.mark.parametrize("text_bytes", [10_000, 50_000, 300_000, 3_000_000])
def test_size_is_near_what_was_asked_for(text_bytes, tmp_path) -> None:
    answer = generate_archive(tmp_path, text_bytes=text_bytes, breaks=BreakPlan.none())
    assert abs(answer.bytes - text_bytes) < text_bytes * (0.12 if text_bytes > 1_000_000 else 0.35)


def test_an_archive_is_never_written_over_another(tmp_path) -> None:
    generate_archive(tmp_path, text_bytes=20_000)
    before = contents(tmp_path)
    with pytest.raises(UsageError, match="already there"):
        generate_archive(tmp_path, text_bytes=20_000)
    assert contents(tmp_path) == before


def test_what_an_interrupted_call_left_is_replaced(tmp_path) -> None:
    (tmp_path / "left" / "logs.part" / "stale").mkdir(parents=True)
    for name in ("left", "fresh"):
        generate_archive(tmp_path / name, text_bytes=20_000)
    assert contents(tmp_path / "left") == contents(tmp_path / "fresh")
    assert sorted(p.name for p in (tmp_path / "left").iterdir()) == ["answer.json", "logs"]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("shape", ["export", "giant"])
def test_a_full_disk_is_told_in_one_sentence(shape, workers, tmp_path, monkeypatch) -> None:
    def refuse(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("balance_sync.generator.archive.Books.enter_day", refuse)
    with pytest.raises(ResourceError, match="cannot take the archive"):
        generate_archive(tmp_path, text_bytes=20_000, shape=shape, workers=workers)
    assert not (tmp_path / "logs").exists()


def test_a_directory_that_cannot_be_made_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError):
        generate_archive(tmp_path / "file", text_bytes=20_000)


def test_too_small_an_archive_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="too little"):
        generate_archive(tmp_path, text_bytes=1_000)
    assert not (tmp_path / "logs").exists()


def test_importing_needs_nothing_heavy() -> None:
    script = (
        "import sys, balance_sync.generator; "
        "print(sorted({'polars', 'duckdb', 'numpy', 'pyarrow', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
