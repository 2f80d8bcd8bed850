"""What may give more now than when it was read is read again: mended files, higher limits, whole batches."""

from __future__ import annotations

import tarfile
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from archive_text import OTHER_STREAM, STREAM, synced, write_export, write_gz
from balance_sync.config import IngestOptions, RunOptions
from balance_sync.limits import Limits
from balance_sync.pipeline.ingest import Ingested, ingest
from balance_sync.pipeline.run import RunResult, _tells_of_damage, run
from balance_sync.sources import opening


def read(logs: Path, store: Path, **options: object) -> Ingested:
    return ingest(IngestOptions((str(logs),), store, 1, **options))  # type: ignore[arg-type]


def judge(logs: Path, output: Path) -> RunResult:
    return run(RunOptions((str(logs),), output=output, formats=(), threads=1))


def rows(ingested: Ingested) -> int:
    import polars as pl

    return sum(pl.read_parquet(file).height for file in ingested.store.files("transactions"))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1, id="'T1'"), OTHER_STREAM: synced(9, 2, id="'T2'")})
    return tmp_path / "logs"


def test_a_file_that_would_not_open_is_tried_again(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = [path for path in logs.rglob("*.gz") if OTHER_STREAM in str(path)]

    def refuse(path: str) -> object:
        if path in map(str, refused):
            raise PermissionError(13, "Permission denied", path)
        return opening_file(path)

    opening_file = opening.open_file
    with monkeypatch.context() as patch:
        patch.setattr(opening, "open_file", refuse)
        patch.setattr(
            "balance_sync.sources.batching.read_plainly", lambda sources, enough: [None] * len(sources)
        )
        assert rows(read(logs, tmp_path / "store")) == 1
        assert read(logs, tmp_path / "store").sources_read > 0
    assert rows(read(logs, tmp_path / "store")) == 2
    assert read(logs, tmp_path / "store").sources_read == 0


@pytest.mark.parametrize(
    "limits", [Limits(members=1), Limits(depth=1), Limits(unpacked_bytes=300), Limits(depth=2)]
)
def test_a_higher_limit_reads_on(logs: Path, tmp_path: Path, limits: Limits) -> None:
    packed = tmp_path / "packed"
    packed.mkdir()
    with tarfile.open(packed / "a.tar.gz", "w:gz") as archive:
        archive.add(logs, "logs")
    store = tmp_path / "store"
    assert rows(read(packed, store, limits=limits)) < 2
    assert read(packed, store, limits=limits).sources_read == 0
    assert rows(read(packed, store)) == 2
    assert read(packed, store).sources_read == 0


@pytest.mark.parametrize("harm", ["cut", "gone", "empty"])
@pytest.mark.parametrize("table", ["sources", "transactions", "invocations"])
def test_a_damaged_batch_is_read_again(logs: Path, tmp_path: Path, harm: str, table: str) -> None:
    store = tmp_path / "store"
    (file,) = read(logs, store).store.files(table)
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:-9])
    elif harm == "gone":
        file.unlink()
    else:
        file.write_bytes(b"")
    again = read(logs, store)
    assert (again.sources_read, rows(again)) == (2, 2)
    assert read(logs, store).sources_read == 0


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["DROP TABLE decisions", "ALTER TABLE findings DROP COLUMN wallet"])
def test_a_run_that_cannot_go_on_begins_anew_and_says_why(logs: Path, tmp_path: Path, harm: str) -> None:
    first = judge(logs, tmp_path / "out")
    with closing(duckdb.connect(str(tmp_path / "out" / "balance-sync.duckdb"))) as connection:
        connection.execute(harm)
    write_gz(logs / "more" / STREAM / "000000.gz", synced(50, 3, id="'T3'"))
    again, fresh = judge(logs, tmp_path / "out"), judge(logs, tmp_path / "fresh")
    assert (again.continued, bool(again.damage), first.damage, fresh.damage) == (False, True, "", "")
    assert (again.run_id, again.events, again.findings) == (fresh.run_id, fresh.events, fresh.findings)


def test_blocks_that_are_damaged_are_noticed(logs: Path, tmp_path: Path) -> None:
    first = judge(logs, tmp_path / "out")
    database = tmp_path / "out" / "balance-sync.duckdb"
    harmed = bytearray(database.read_bytes())
    for place in range(20_000, len(harmed), 4_096):
        harmed[place] ^= 0xFF
    database.write_bytes(harmed)
    again = judge(logs, tmp_path / "out")
    assert (again.continued, again.run_id, again.findings) == (False, first.run_id, first.findings)


def test_an_interrupt_is_no_damage() -> None:
    renamed = duckdb.InvalidInputException("reading the object as Arrow data failed: KeyboardInterrupt: ")
    assert not _tells_of_damage(renamed)
    assert _tells_of_damage(duckdb.CatalogException("Table with name decisions does not exist"))
    assert _tells_of_damage(duckdb.Error("Corrupt database file: computed checksum 1 does not match 2"))
