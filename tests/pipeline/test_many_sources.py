"""Sources that are too many to be held are looked up again, and tell the same."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import accumulate, pairwise
from pathlib import Path
from typing import cast
from zipfile import ZipFile

import polars as pl
import pytest
from filled import Database, fill, touch
from hypothesis import given
from hypothesis import strategies as st

from archive_text import synced, write_gz
from balance_sync.config import RunOptions
from balance_sync.logs.repeats import overlapping_sources
from balance_sync.pipeline import found_sources, inventory
from balance_sync.pipeline.ingest import find_store
from balance_sync.pipeline.run import run
from balance_sync.store.dataset import Store


def _archive(logs: Path) -> None:
    """Write sources of every status, copies before and behind what they are of, and a file in pieces."""
    for number in range(1, 14):
        # Every third in the other folder, so that paths and batches do not follow each other.
        write_gz(logs / f"{number % 3}" / f"{number:02}.gz", synced(number * 100, number))
    for name, original in (
        ("0/a copy.gz", "1/01.gz"),
        ("2/zz copy.gz", "0/03.gz"),
        ("1/again.gz", "2/02.gz"),
    ):
        (logs / name).write_bytes((logs / original).read_bytes())
    for folder in ("1", "2"):
        (logs / folder / "nothing.gz").write_bytes(gzip.compress(b"", mtime=0))
    whole = (logs / "2" / "05.gz").read_bytes()
    (logs / "2" / "damaged.gz").write_bytes(whole[:-9])
    with ZipFile(logs / "0" / "some.zip", "w") as packed:
        packed.writestr("inner.log", synced(7_000, 70))
        packed.writestr("copy of inner.log", synced(7_000, 70))
    (logs / "1" / "large.log").write_text("".join(synced(10_000 + at * 100, 100 + at) for at in range(20)))


def _few_at_a_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(found_sources, "_PIECES_AT_ONCE", 3)
    patch.setattr(inventory, "_HELD_SOURCES", 0)
    patch.setattr(inventory, "_BATCHES_AT_ONCE", 2)


def _told(found: Database) -> dict[str, object]:
    return {**found.content, "hash": found.filled.content_hash, "problems": found.filled.problems}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    _archive(tmp_path / "logs")
    return tmp_path / "logs"


@pytest.mark.slow
@pytest.mark.parametrize("batch_bytes", [800, 3_000])
def test_many_sources_tell_what_few_do(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_bytes: int
) -> None:
    few = fill(logs, store=tmp_path / "few")
    statuses = Counter(few.column("sources", "status"))
    # Of nothing there is no copy.
    assert statuses == {"read": 15, "duplicate": 4, "empty": 2, "damaged": 1, "archive": 1}
    _few_at_a_time(monkeypatch)
    many = fill(logs, store=tmp_path / "many", batch_bytes=batch_bytes)
    assert len(find_store(tmp_path / "many").batches()) > 3
    assert _told(many) == _told(few)


def test_many_sources_are_in_the_order_of_their_paths(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(logs, store=tmp_path / "store", batch_bytes=800)
    monkeypatch.setattr(found_sources, "_PIECES_AT_ONCE", 3)
    parts = [
        found.sources["path"].to_list()
        for found in found_sources.find_sources(find_store(tmp_path / "store"), None)
    ]
    assert len(parts) > 3
    paths = [path for part in parts for path in part]
    assert paths == sorted(paths)
    assert len(paths) == len(set(paths))


class _Batches:
    """A store of which nothing is known but which paths are in which batch."""

    def __init__(self, paths: list[list[str]]) -> None:
        rows = [(f"{number:03}", path) for number, found in enumerate(paths) for path in found]
        self._rows = pl.DataFrame(rows, schema={"batch": pl.String, "path": pl.String}, orient="row")

    def manifest(
        self, columns: tuple[str, ...], each: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> pl.DataFrame:
        return each(self._rows.select(*columns, "batch"))


_PATHS = st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=4)


@given(st.lists(_PATHS, min_size=1, max_size=12), st.integers(1, 6))
def test_batches_come_in_the_order_of_paths_and_those_that_interleave_together(
    paths: list[list[str]], at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(found_sources, "_PIECES_AT_ONCE", at_once)
        groups = list(found_sources._batches_in_order(cast("Store", _Batches(paths))))
    assert sorted(batch for group in groups for batch in group) == [f"{at:03}" for at in range(len(paths))]
    inside = [[path for batch in group for path in paths[int(batch)]] for group in groups]
    assert all(max(before) < min(behind) for before, behind in pairwise(inside))
    # No more are together than have to be.
    for group in groups:
        first = sorted(group, key=lambda batch: (min(paths[int(batch)]), batch))
        count = list(accumulate(len(paths[int(batch)]) for batch in first))
        until = list(accumulate((max(paths[int(batch)]) for batch in first), max))
        ends = zip(count, until, first[1:], strict=False)
        assert not any(so_many >= at_once and last < min(paths[int(batch)]) for so_many, last, batch in ends)


@pytest.mark.slow
def test_many_sources_of_several_runs_tell_what_is_there_now(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that went, changed, were touched or read with others are told as a fresh store tells them."""
    _few_at_a_time(monkeypatch)
    store = tmp_path / "store"
    fill(logs, store=store, batch_bytes=1_500)
    (logs / "1" / "01.gz").unlink()
    write_gz(logs / "1" / "04.gz", synced(400, 4, amount="7.5"))
    touch(logs / "2" / "08.gz")
    touch(logs / "1" / "large.log")
    again = fill(logs, store=store, batch_bytes=1_200)
    alone = fill(logs / "1", store=store, batch_bytes=1_200)
    monkeypatch.undo()
    assert _told(again) == _told(fill(logs, store=tmp_path / "fresh"))
    assert _told(alone) == _told(fill(logs / "1", store=tmp_path / "fresh of one"))


@pytest.mark.slow
def test_a_run_goes_on_from_one_before_with_many_sources(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _few_at_a_time(monkeypatch)
    late = (logs / "0" / "a copy.gz", logs / "2" / "11.gz", logs / "2" / "zz copy.gz")
    kept = [(path, path.read_bytes()) for path in late]
    for path in late:
        path.unlink()
    options = RunOptions((str(logs),), output=tmp_path / "out", formats=(), threads=1)
    assert not run(options).continued
    for path, content in kept[1:]:
        path.write_bytes(content)
    more = run(options)
    assert more.continued
    assert more.ingested.sources_read == 2
    # The first by its path is what another one is a copy of: a new first one makes all new.
    late[0].write_bytes(kept[0][1])
    assert not run(options).continued
    assert run(options).continued


def _plainly_overlapping(sources: list[tuple[str, int, int]]) -> set[frozenset[int]]:
    """Return the numbers of sources (stream, first, last) that may share events, by the definition."""
    by_stream: dict[str, list[int]] = defaultdict(list)
    for number, (stream, _, _) in enumerate(sources):
        by_stream[stream].append(number)
    clusters = []
    for numbers in by_stream.values():
        until = None
        for number in sorted(numbers, key=lambda one: (sources[one][1], one)):
            _, first, last = sources[number]
            if until is None or first > until:
                clusters.append([number])
            else:
                clusters[-1].append(number)
            until = last if until is None else max(until, last)
    return {frozenset(cluster) for cluster in clusters if len(cluster) > 1}


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.integers(0, 8)).map(
            lambda one: (one[0], one[1], one[1] + one[2])
        )
    )
)
def test_sources_overlap_by_stream_and_time(sources: list[tuple[str, int, int]]) -> None:
    frame = pl.DataFrame(
        {
            "source_id": [f"{number:03}" for number in range(len(sources))],
            "stream": [stream for stream, _, _ in sources],
            "has_stream": [True] * len(sources),
            "first_at": [first for _, first, _ in sources],
            "last_at": [last for _, _, last in sources],
        },
        schema={
            **{"source_id": pl.String, "stream": pl.String, "has_stream": pl.Boolean},
            **{"first_at": pl.Int64, "last_at": pl.Int64},
        },
    )
    found: dict[int, set[int]] = defaultdict(set)
    for source_id, cluster in overlapping_sources(frame).select("source_id", "cluster").iter_rows():
        found[cluster].add(int(source_id))
    assert {frozenset(cluster) for cluster in found.values()} == _plainly_overlapping(sources)
