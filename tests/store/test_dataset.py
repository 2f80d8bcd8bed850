"""Batches: whole or not there, the same batch once, and the manifest that they add up to."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from balance_sync.errors import DeliveryError
from balance_sync.store.dataset import MANIFEST_COLUMNS, Store, batch_id, manifest_frame, source_id


def manifest(label: str = "a.gz", content: str = "c0", piece: int = 0) -> pl.DataFrame:
    row = {
        **dict.fromkeys(MANIFEST_COLUMNS),
        "source_id": source_id(label, content),
        "path": label,
        "piece": piece,
        "is_last": True,
        "modified_ns": 1,
        "text_bytes": 10,
    }
    return manifest_frame({name: [value] for name, value in row.items()})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store(tmp_path / "store", "1")
    opened.open()
    return opened


def commit(store: Store, tables: dict[str, pl.DataFrame]) -> str:
    batch = batch_id(tables["sources"])
    store.commit(batch, tables)
    return batch


def test_an_empty_store_has_an_empty_manifest(store: Store) -> None:
    assert store.batches() == []
    assert store.manifest().columns == ["source", *MANIFEST_COLUMNS, "batch"]


def test_a_batch_is_kept_with_its_tables_and_its_part_of_the_manifest(store: Store) -> None:
    events = pl.DataFrame({"line": [1, 2]})
    batch = commit(store, {"events": events, "sources": manifest()})
    assert store.batches() == [batch]
    assert store.has(batch_id(manifest()))
    assert not store.has(batch_id(manifest("b.gz")))
    assert pl.read_parquet(store.files("events")).equals(events)
    assert store.manifest()["path"].to_list() == ["a.gz"]
    assert store.manifest()["batch"].to_list() == [batch]
    assert not list(store.working_directory.iterdir())


def test_the_manifest_of_many_batches_is_in_their_order(store: Store) -> None:
    pieces = [[manifest(f"{batch}.gz", piece=place) for place in range(1 + batch % 3)] for batch in range(45)]
    batches = {
        commit(store, {"events": pl.DataFrame({"line": [1]}), "sources": pl.concat(some)}): some
        for some in pieces
    }
    expected = [
        (batch, source, piece["path"].item(), piece["piece"].item())
        for batch in sorted(batches)
        for source, piece in enumerate(batches[batch])
    ]
    found = store.manifest(("path", "piece"))
    assert found.select("batch", "source", "path", "piece").rows() == expected
    wanted = [pieces[7][0]["source_id"].item(), pieces[44][0]["source_id"].item()]
    some = store.manifest(("source_id", "path"), source_ids=wanted)
    assert set(some["path"]) == {"44.gz", "7.gz"}


def test_the_same_batch_twice_is_one(store: Store) -> None:
    first = commit(store, {"events": pl.DataFrame({"line": [1]}), "sources": manifest()})
    again = commit(store, {"events": pl.DataFrame({"line": [1]}), "sources": manifest()})
    assert first == again
    assert len(store.batches()) == 1


def test_a_source_is_its_content_under_its_label() -> None:
    ids = {source_id(label, content) for label in ("a.gz", "b.gz") for content in ("c0", "c1")}
    assert len(ids) == 4
    assert source_id("a.gz", "c0") in ids


def test_other_versions_are_left_alone(store: Store) -> None:
    commit(store, {"events": pl.DataFrame({"line": [1]}), "sources": manifest()})
    newer = Store(store.directory, "2")
    newer.open()
    assert newer.batches() == []
    assert len(store.batches()) == 1
    assert not newer.is_new


def test_a_store_is_new_until_something_is_kept_in_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", "1")
    assert store.is_new
    store.open()
    assert store.is_new
    commit(store, {"events": pl.DataFrame({"line": [1]}), "sources": manifest()})
    assert not store.is_new


def test_what_is_claimed_is_claimed_once(store: Store) -> None:
    assert store.claim("a")
    assert not store.claim("a")
    assert store.claim("b")
    store.clear()
    store.open()
    assert store.claim("a")
    store.clear()
    with pytest.raises(DeliveryError, match="cannot be written"):
        store.claim("c")


def test_a_batch_that_cannot_be_written_leaves_nothing(store: Store) -> None:
    blocked = store.working_directory
    blocked.rmdir()
    blocked.write_text("a file is in the way")
    with pytest.raises(DeliveryError, match="a batch cannot be written") as failure:
        commit(store, {"events": pl.DataFrame({"line": [1]}), "sources": manifest()})
    assert "--store" in failure.value.help
    assert store.batches() == []
