"""A database appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from balance_sync.errors import DeliveryError
from balance_sync.store.publish import published


def test_what_is_written_beside_takes_the_place_of_the_old(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "run.duckdb"
    for content in ("first", "second"):
        with published(target) as beside:
            assert beside.parent == target.parent
            assert not target.exists() or target.read_text() == "first"
            beside.write_text(content)
        assert target.read_text() == content
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_leaves_the_old_database_and_nothing_beside(tmp_path: Path) -> None:
    target = tmp_path / "run.duckdb"
    target.write_text("old")

    def fail() -> None:
        with published(target) as beside:
            beside.write_text("half")
            beside.with_name(beside.name + ".wal").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    for name in (".run.duckdb.1.part", ".run.duckdb.1.part.wal", ".other.duckdb.1.part"):
        (tmp_path / name).write_text("half")
    with published(tmp_path / "run.duckdb") as beside:
        beside.write_text("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.duckdb.1.part", "run.duckdb"]


def test_a_folder_that_cannot_be_made_is_a_delivery_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DeliveryError, match="cannot be written"), published(tmp_path / "file" / "run.duckdb"):
        pass


def test_a_place_that_is_taken_is_a_delivery_error(tmp_path: Path) -> None:
    (tmp_path / "run.duckdb" / "full").mkdir(parents=True)

    def publish() -> None:
        with published(tmp_path / "run.duckdb") as beside:
            beside.write_text("whole")

    with pytest.raises(DeliveryError, match="cannot be put in place"):
        publish()
