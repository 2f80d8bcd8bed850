"""One limit holds for the whole process tree, so what it is divided into must fit into it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from balance_sync import config
from balance_sync.config import read_memory
from balance_sync.errors import UsageError
from balance_sync.generator import generate_archive
from balance_sync.pipeline import budget
from balance_sync.pipeline.budget import divide_memory, reading_processes

MB = 1_000_000


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512MB", 512 * MB),
        ("512mb", 512 * MB),
        (" 2 GiB ", 2 << 30),
        ("1.5GB", 1500 * MB),
        ("1G", 1000 * MB),
        ("7KiB", 7 << 10),
        ("800000000B", 800 * MB),
    ],
)
def test_sizes_are_read_as_duckdb_reads_them(text: str, size: int) -> None:
    assert read_memory(text, option="--memory-limit") == size


def test_a_percentage_is_of_what_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "_machine_memory", lambda: 16_000 * MB)
    assert read_memory("75%", option="--memory-limit") == 12_000 * MB


def test_a_container_may_have_less_than_its_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "memory.max"
    monkeypatch.setattr(config, "_CGROUP_LIMIT", file)
    machine = read_memory("100%", option="--memory-limit")
    file.write_text("64000000\n")
    assert read_memory("50%", option="--memory-limit") == 32 * MB
    file.write_text("max\n")
    assert read_memory("100%", option="--memory-limit") == machine


@pytest.mark.parametrize("text", ["", "lots", "none", "-1", "-5GB", "1000", "1PB", "1e3MB", "2GB x", "101%"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_memory(text, option="--memory-limit")


def test_the_least_is_named() -> None:
    least = budget.LEAST_TO_RUN // MB
    with pytest.raises(UsageError) as refused:
        divide_memory(f"{least - 1}MB", threads=2)
    assert f"{least}MB" in refused.value.help
    assert divide_memory(f"{least}MB", threads=2).database_threads == 1


def test_ingestion_alone_needs_less() -> None:
    least = budget.LEAST_TO_INGEST // MB
    assert reading_processes(f"{least}MB", threads=8) == 1
    with pytest.raises(UsageError):
        reading_processes(f"{least - 1}MB", threads=8)


def test_both_halves_stay_within_the_limit() -> None:
    for size in range(budget.LEAST_TO_RUN, 20_000 * MB, 37 * MB):
        for threads in (1, 2, 5, 64):
            found = divide_memory(f"{size}B", threads=threads)
            readers = budget._FIRST_READER + (found.reading_processes - 1) * budget._FURTHER_READER
            assert max(readers, budget._BESIDE_DATABASE + found.database) <= size
            assert 1 <= found.reading_processes <= threads
            assert 1 <= found.database_threads <= threads


def test_a_small_limit_means_fewer_processes_than_threads() -> None:
    small, large = divide_memory("900MB", threads=8), divide_memory("8GB", threads=8)
    assert (small.reading_processes, small.database_threads) == (4, 1)
    assert (large.reading_processes, large.database_threads) == (8, 8)


def test_an_inventory_of_many_sources_takes_from_the_database_while_it_is_filled() -> None:
    whole = divide_memory("1500MB", threads=2)
    assert whole.filling(0) == whole.filling(50 * MB) == whole.database
    for inventory in (150 * MB, 300 * MB):
        assert 2 * inventory + budget._BESIDE_FILLING + whole.filling(inventory) == whole.limit
    assert whole.filling(5_000 * MB) == budget._LEAST_DATABASE


def test_files_that_another_process_knows_take_from_the_database_while_it_is_filled() -> None:
    whole = divide_memory("1500MB", threads=2)
    none, few, many = (whole.filling(0, waiting_files=files) for files in (0, 1_000, 2_000_000))
    assert none == whole.limit - budget._BESIDE_FILLING - budget._WAITING_PROCESS
    assert none - few == 1_000 * budget._WAITING_FILE
    assert none - many == 2_000_000 * budget._WAITING_FILE


def test_the_budget_is_told_in_words() -> None:
    assert str(divide_memory("1500MB", threads=2)) == (
        "1,500 MB in all: 2 reading processes, then 691 MB and 2 threads for the database"
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read in /proc")
def test_the_whole_job_stays_below_its_limit(tmp_path: Path) -> None:
    # Only here: a plain `pytest` does not find the benchmarks.
    from benchmarks.speed.measure import measure

    generate_archive(tmp_path / "archive", text_bytes=100 * MB, workers=2)
    formats = [word for name in config.FORMATS for word in ("--format", name)]
    limit = ("--threads", "4", "--memory-limit", "900MB")
    run = ("run", str(tmp_path / "archive" / "logs"), "-o", "out", *formats, *limit)
    done = measure(
        [sys.executable, "-m", "balance_sync", *run], environment=dict(os.environ), directory=tmp_path
    )
    assert done.code == 0, done.err
    assert done.peak_mb < 900
