"""Batches: bounded, cut at event boundaries, and with nothing lost between them."""

from __future__ import annotations

import pickle
import random
from collections import defaultdict
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_text import STREAM, event, write_gz
from balance_sync.limits import Limits
from balance_sync.sources import batching, opening
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.discovery import discover
from balance_sync.sources.reading import TextPiece

WORDS = st.sampled_from(
    ["START", "END", "\n", "{\n  a: 1\n}", "2024-01-15T21:00:00.000Z", "x" * 300, "é", "\r"]
)
BODIES = st.lists(st.lists(WORDS, max_size=4).map(" ".join), max_size=30)


def pieces_of(root: Path, *, batch_bytes: int) -> dict[str, list[TextPiece]]:
    pieces = defaultdict(list)
    for batch in plan_batches(discover([root]).sources, batch_bytes=batch_bytes):
        for piece in chain.from_iterable(batch()):
            pieces[piece.source.label].append(piece)
    return pieces


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("batches")


@given(
    texts=st.lists(BODIES, min_size=1, max_size=4),
    batch_bytes=st.integers(1, 5000),
    read_bytes=st.integers(2, 400),
)
def test_pieces_add_up_to_the_text_and_begin_with_events(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], batch_bytes: int, read_bytes: int
) -> None:
    root = tmp_path_factory.mktemp("pieces")
    whole = {}
    for number, bodies in enumerate(texts):
        text = "".join(event(at, body) for at, body in enumerate(bodies))
        whole[f"{number}.gz"] = text.encode()
        write_gz(root / f"{number}.gz", text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_CHUNK_BYTES", read_bytes)
        pieces = pieces_of(root, batch_bytes=batch_bytes)
    assert {label: b"".join(piece.text for piece in parts) for label, parts in pieces.items()} == whole
    for parts in pieces.values():
        assert [part.number for part in parts] == list(range(len(parts)))
        assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
        assert len({part.reading.content_hash for part in parts}) == 1
        line = 1
        for part in parts:
            assert part.first_line == line
            assert part.number == 0 or part.text.startswith(b"2024-01-15T21:00:0")
            line += part.text.count(b"\n")


def test_a_large_source_is_cut_into_pieces_of_about_the_size_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_CHUNK_BYTES", 500)
    body = random.Random(1).randbytes(20_000).hex()
    write_gz(folder / "a.gz", "".join(event(at, body[at * 40 : at * 40 + 40]) for at in range(1000)))
    sizes = [len(piece.text) for piece in pieces_of(folder, batch_bytes=5000)["a.gz"]]
    assert len(sizes) > 8
    assert max(sizes) < 8000


def test_an_event_larger_than_a_batch_stays_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_CHUNK_BYTES", 500)
    large = random.Random(1).randbytes(50_000).hex()
    write_gz(folder / "a.gz", event(0, "START") + event(1, large) + event(2, "END"))
    texts = [piece.text.decode() for piece in pieces_of(folder, batch_bytes=1000)["a.gz"]]
    assert event(1, large) in "".join(texts)
    assert any(large in text for text in texts)


def test_another_process_reads_the_same_of_a_batch(folder: Path) -> None:
    for number in range(3):
        write_gz(folder / STREAM / f"{number}.gz", event(number, "START"))
    (batch,) = plan_batches(discover([folder]).sources, limits=Limits(ratio=7))
    assert pickle.loads(pickle.dumps(batch)) == batch
    assert list(pickle.loads(pickle.dumps(batch))()) == list(batch())


def test_small_sources_share_a_batch_in_their_order(folder: Path) -> None:
    for number in range(20):
        write_gz(folder / f"{number:02}.gz", event(number, "START"))
    planned = plan_batches(discover([folder]).sources, batch_bytes=2000)
    batches = [pieces for batch in planned for pieces in batch()]
    labels = [[piece.source.label for piece in batch] for batch in batches]
    assert [label for batch in labels for label in batch] == [f"{number:02}.gz" for number in range(20)]
    assert 1 < len(batches) < 20


def test_more_text_than_was_planned_for_is_given_out_in_several_lists(folder: Path) -> None:
    text = "".join(event(at, "the same again and again") for at in range(40))
    for number in range(20):
        write_gz(folder / f"{number:02}.gz", text)
    planned = list(plan_batches(discover([folder]).sources, batch_bytes=len(text) * 4))
    lists = [pieces for batch in planned for pieces in batch()]
    assert len(lists) > len(planned)
    assert [piece.text for pieces in lists for piece in pieces] == [text.encode()] * 20
    # An eighth more than four of them.
    assert max(map(len, lists)) == 4


def test_of_several_larger_files_each_is_read_by_one_process_and_the_last_is_cut(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process cut all of them, and the others waited for it."""
    monkeypatch.setattr(opening, "_CHUNK_BYTES", 500)
    texts = {}
    for number in range(4):
        body = random.Random(number).randbytes(20_000).hex()
        texts[f"{number}.gz"] = "".join(event(at, body[at * 40 : at * 40 + 40]) for at in range(1000))
        write_gz(folder / f"{number}.gz", texts[f"{number}.gz"])
    write_gz(folder / "small.gz", event(0, "START"))
    planned = list(plan_batches(discover([folder]).sources, batch_bytes=5000))
    lists = [list(batch()) for batch in planned]
    holders = [{piece.source.label for pieces in batch for piece in pieces} for batch in lists]
    assert holders[:4] == [{"0.gz"}, {"1.gz"}, {"2.gz"}, {"small.gz"}]
    assert len(holders) > 8
    assert all(held == {"3.gz"} for held in holders[4:])
    read: dict[str, str] = dict.fromkeys(texts, "")
    for piece in (piece for batch in lists for pieces in batch for piece in pieces):
        read[piece.source.label] = read.get(piece.source.label, "") + piece.text.decode()
    assert read == {**texts, "small.gz": event(0, "START")}
    # What one process parses at a time is no more than for others.
    assert max(sum(len(piece.text) for piece in pieces) for batch in lists for pieces in batch) < 8000


def test_a_very_large_file_is_cut_for_all_processes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_CHUNK_BYTES", 500)
    monkeypatch.setattr(batching, "_LARGE_BYTES", 10_000)
    for number in range(2):
        body = random.Random(number).randbytes(20_000).hex()
        write_gz(
            folder / f"{number}.gz", "".join(event(at, body[at * 40 : at * 40 + 40]) for at in range(1000))
        )
    planned = list(plan_batches(discover([folder]).sources, batch_bytes=5000))
    assert len(planned) > 16
    assert all(len(list(batch())) == 1 for batch in planned)


def test_a_problem_is_told_by_the_last_piece(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_CHUNK_BYTES", 500)
    body = random.Random(1).randbytes(20_000).hex()
    file = write_gz(folder / "a.gz", "".join(event(at, body[at * 40 : at * 40 + 40]) for at in range(1000)))
    file.write_bytes(file.read_bytes()[:-100])
    problems = [piece.reading.problem for piece in pieces_of(folder, batch_bytes=5000)["a.gz"]]
    assert problems[:-1] == [""] * (len(problems) - 1)
    assert problems[-1].startswith("gzip data cut short at byte ")


def test_an_event_without_an_end_is_cut_and_nothing_of_it_is_lost(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "LARGEST_EVENT", 5_000)
    monkeypatch.setattr(opening, "_CHUNK_BYTES", 100)
    text = event(0, "a") + event(1, "x" * 12_000 + "\ny") + event(2, "b")
    (folder / "a.txt").write_text(text, newline="")
    (parts,) = pieces_of(folder, batch_bytes=1_000).values()
    assert b"".join(part.text for part in parts) == text.encode()
    assert max(len(part.text) for part in parts) < 6_000
    assert len(parts) >= 3
    line = 1
    for part in parts:
        assert part.first_line == line
        line += part.text.count(b"\n")
