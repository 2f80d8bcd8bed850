"""What is read once stays read, and a killed run leaves whole batches only."""

from __future__ import annotations

import os
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from filled import fill

from archive_text import DAY, STREAM, synced, write_export, write_gz
from balance_sync.config import IngestOptions
from balance_sync.errors import DeliveryError, InputError, ResourceError
from balance_sync.pipeline import ingest as ingestion
from balance_sync.pipeline import parsing, search
from balance_sync.pipeline.ingest import Ingested, find_store, ingest
from balance_sync.pipeline.processes import Processes
from balance_sync.sources.batching import plan_batches
from balance_sync.store.dataset import Store


def read(logs: Path, store: Path, **options: object) -> Ingested:
    return ingest(IngestOptions((str(logs),), store, threads=2, **options))  # type: ignore[arg-type]


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for number in range(1, 5):
        write_gz(tmp_path / "logs" / f"{number}.gz", synced(number * 100, number))
    return tmp_path / "logs"


def test_what_is_in_the_store_is_not_read_again(logs: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = read(logs, store)
    kept = files_of(store)
    for file in logs.iterdir():
        file.chmod(0)
    again = read(logs, store)
    assert (first.sources_read, first.sources_kept) == (4, 0)
    assert (again.sources_read, again.sources_kept) == (0, 4)
    assert files_of(store) == kept


def test_only_new_files_are_read(logs: Path, tmp_path: Path) -> None:
    before = fill(logs, store=tmp_path / "store")
    write_gz(logs / "5.gz", synced(500, 5))
    after = fill(logs, store=tmp_path / "store")
    assert (after.ingested.sources_read, after.ingested.sources_kept) == (1, 4)
    assert after.tables["transactions"][:4] == before.tables["transactions"]
    assert after.content == fill(logs, store=tmp_path / "fresh").content


def test_a_changed_file_replaces_its_rows(logs: Path, tmp_path: Path) -> None:
    fill(logs, store=tmp_path / "store")
    write_gz(logs / "2.gz", synced(200, 2, amount="7.5") + synced(900, 9))
    found = fill(logs, store=tmp_path / "store")
    assert found.ingested.sources_read == 1
    assert found.column("transactions", "transaction_id") == ["T1", "T2", "T3", "T4", "T9"]
    assert found.content == fill(logs, store=tmp_path / "fresh").content


def test_a_removed_file_is_gone_from_the_tables(logs: Path, tmp_path: Path) -> None:
    fill(logs, store=tmp_path / "store")
    (logs / "2.gz").unlink()
    found = fill(logs, store=tmp_path / "store")
    assert found.content == fill(logs, store=tmp_path / "fresh").content


def test_a_store_may_hold_more_than_the_run_asks_for(logs: Path, tmp_path: Path) -> None:
    fill(logs, store=tmp_path / "store")
    found = fill(logs / "3.gz", store=tmp_path / "store")
    assert found.column("transactions", "transaction_id") == ["T3"]


def test_what_a_killed_run_left_half_written_is_removed(logs: Path, tmp_path: Path) -> None:
    whole = fill(logs, store=tmp_path / "store")
    half = tmp_path / "store" / "working" / "0123456789"
    half.mkdir(parents=True)
    (half / "events.parquet").write_bytes(b"PAR1 and no more")
    assert fill(logs, store=tmp_path / "store").content == whole.content
    assert not half.exists()


def test_nothing_is_left_in_work(logs: Path, tmp_path: Path) -> None:
    read(logs, tmp_path / "store")
    assert not (tmp_path / "store" / "working").exists()


def test_a_run_killed_between_the_pieces_of_a_file_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_gz(tmp_path / "logs" / "a.gz", "".join(synced(at * 100, at) for at in range(1, 30)))
    commit, done = Store.commit, list[str]()

    def die_after_three(self: Store, batch: str, tables: dict[str, pl.DataFrame]) -> None:
        if len(done) >= 3:
            raise KeyboardInterrupt
        commit(self, batch, tables)
        done.append(batch)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "commit", die_after_three)
        with pytest.raises(KeyboardInterrupt):
            fill(file, store=tmp_path / "store", batch_bytes=700)
    store = find_store(tmp_path / "store")
    assert (store.batches(), store.waiting.batches()) == ([], sorted(done))
    found = fill(file, store=tmp_path / "store", batch_bytes=700)
    assert found.ingested.sources_read == 1
    assert set(done) < set(store.batches())
    assert store.waiting.batches() == []
    assert found.content == fill(file, store=tmp_path / "fresh").content


@pytest.mark.slow
def test_several_processes_read_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {f"2024-01-15-[$LATEST]{number:032x}": synced(number * 100, number) for number in range(1, 30)}
    logs = write_export(tmp_path / "logs", texts)
    alone = fill(logs, store=tmp_path / "alone", batch_bytes=700)
    asked: list[Future[int]] = []

    def noting(self: Processes, *given: Any) -> Future[int]:
        asked.append(submit(self, *given))
        return asked[-1]

    here: list[int] = []

    def parsed_here(*given: Any) -> int:
        here.append(parse_into(*given))
        return here[-1]

    submit, parse_into = Processes.submit, parsing.parse_into
    monkeypatch.setattr(Processes, "submit", noting)
    monkeypatch.setattr(parsing, "parse_into", parsed_here)
    together = fill(logs, store=tmp_path / "together", batch_bytes=700, threads=3)
    # Two begin the helpers; of what they are asked to read some is claimed and read here.
    there = [one.result() for one in asked[2:] if one.result()]
    assert len(there) > 1
    assert sum(here + there) == together.ingested.files_bytes
    assert together.content == alone.content
    kept = [find_store(tmp_path / name).batches() for name in ("alone", "together")]
    assert kept[0] == kept[1]
    assert len(kept[0]) > 4


def test_a_lost_helper_is_told_of(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FEW_BYTES", 0)
    monkeypatch.setattr(ingestion, "plan_batches", partial(plan_batches, batch_bytes=700))
    monkeypatch.setattr(parsing, "_Claimed", _EndOfHelpers)
    with pytest.raises(ResourceError, match="ended from outside"):
        read(logs, tmp_path / "store")


class _EndOfHelpers:
    def __init__(self, *_: object) -> None: ...

    def __call__(self) -> int:
        if parent_process() is not None:
            os._exit(9)
        return 0


def test_batches_of_another_parser_are_not_seen(logs: Path, tmp_path: Path) -> None:
    read(logs, tmp_path / "store")
    (version,) = (tmp_path / "store" / "batches").iterdir()
    version.rename(version.with_name("0-0.0.1"))
    assert read(logs, tmp_path / "store").sources_read == 4


def test_strict_refuses_a_damaged_file_and_keeps_the_rest(logs: Path, tmp_path: Path) -> None:
    damaged = logs / "2.gz"
    damaged.write_bytes(damaged.read_bytes()[:-3])
    with pytest.raises(InputError, match=r"2\.gz: gzip data cut short at byte ") as failure:
        read(logs, tmp_path / "store", strict=True)
    assert failure.value.help
    assert read(logs, tmp_path / "other").sources_read == 4


def test_strict_refuses_a_damaged_file_that_is_in_the_store_already(logs: Path, tmp_path: Path) -> None:
    damaged = logs / "2.gz"
    damaged.write_bytes(damaged.read_bytes()[:-3])
    read(logs, tmp_path / "store")
    with pytest.raises(InputError, match=r"2\.gz: gzip data cut short at byte "):
        read(logs, tmp_path / "store", strict=True)


def test_streams_that_begin_after_the_period_are_not_opened(tmp_path: Path) -> None:
    later = "2024-03-01-[$LATEST]0123456789abcdef0123456789abcdef"
    logs = write_export(tmp_path / "logs", {STREAM: synced(1, 1), later: synced(2, 2)})
    found = read(logs, tmp_path / "store", until=DAY + timedelta(days=2))
    assert (found.sources_read, found.later_sources) == (1, 1)


def test_a_store_that_cannot_be_written_is_a_delivery_error(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file is in the way")
    with pytest.raises(DeliveryError, match="the store cannot be written"):
        read(logs, tmp_path / "store")


def test_the_same_logs_give_the_same_bytes(logs: Path, tmp_path: Path) -> None:
    read(logs, tmp_path / "one")
    read(logs, tmp_path / "two")
    one, two = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    assert {name: content for name, (content, _) in one.items()} == {
        name: content for name, (content, _) in two.items()
    }
