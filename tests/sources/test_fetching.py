"""Objects of a bucket are fetched side by side, and read as if each had been fetched for itself."""

from __future__ import annotations

import gzip
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from archive_text import event
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source

pytest.importorskip("obstore")
objects = pytest.importorskip("balance_sync.sources.objects")

TEXTS = {f"s3://the-logs/{number:02}.gz": event(number, "START") for number in range(40)}
CONTENTS = {path: gzip.compress(text.encode(), mtime=0) for path, text in TEXTS.items()}


def source(path: str) -> Source:
    return Source(path.rpartition("/")[2], path, len(CONTENTS[path]), 0, "stream", None)


def pieces_of(paths: list[str]) -> list[TextPiece]:
    batches = plan_batches(source(path) for path in paths)
    return [piece for batch in batches for pieces in batch() for piece in pieces]


@pytest.fixture
def got(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give a list that gets the address of each object when it is asked for."""
    asked: list[str] = []

    def get(self: Any) -> Any:
        asked.append(self._path)
        if self._path.endswith("/07.gz"):
            raise FileNotFoundError(self._path)
        content = CONTENTS[self._path]
        self.state = (len(content), 0)
        chunks = [content[at : at + 16] for at in range(0, len(content), 16)]
        return SimpleNamespace(
            meta={"size": len(content)}, bytes=lambda: content, stream=lambda min_chunk_size: iter(chunks)
        )

    monkeypatch.setattr(objects.RemoteObject, "_get", get)
    return asked


def test_many_are_fetched_at_a_time(monkeypatch: pytest.MonkeyPatch, got: list[str]) -> None:
    """They were fetched one after the other: an hour for an export of 60,000 files."""
    together = threading.Barrier(8, timeout=60)
    get = objects.RemoteObject._get

    def wait(self: Any) -> Any:
        together.wait()
        return get(self)

    monkeypatch.setattr(objects.RemoteObject, "_get", wait)
    paths = [path for path in TEXTS if not path.endswith("/07.gz")][:32]
    assert [piece.text.decode() for piece in pieces_of(paths)] == [TEXTS[path] for path in paths]
    assert sorted(got) == paths


def test_one_that_is_gone_is_told_and_costs_no_other(got: list[str]) -> None:
    pieces = pieces_of(list(TEXTS))
    problems = {piece.source.label: piece.reading.problem for piece in pieces if piece.reading.problem}
    assert problems == {"07.gz": "cannot be read: it is not there any more"}
    texts = {piece.source.path: piece.text.decode() for piece in pieces}
    assert texts == {**TEXTS, "s3://the-logs/07.gz": ""}
    assert sorted(got) == sorted(TEXTS)


def test_one_that_has_become_large_is_not_held(monkeypatch: pytest.MonkeyPatch, got: list[str]) -> None:
    monkeypatch.setattr(objects, "_AT_ONCE_BYTES", 10)
    path, other, *_ = TEXTS
    assert objects.RemoteObject(path).fetched()._held is None
    assert [piece.text.decode() for piece in pieces_of([path, other])] == [TEXTS[path], TEXTS[other]]
    # Once ahead, once for its hash and once for its text.
    assert got.count(other) == 3


def test_one_alone_is_read_as_it_comes(got: list[str]) -> None:
    (path, *_) = TEXTS
    (piece,) = pieces_of([path])
    assert piece.text.decode() == TEXTS[path]
    assert got == [path]
