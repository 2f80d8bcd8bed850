"""What is got out of a file, whole or damaged."""

from __future__ import annotations

import gzip
import hashlib
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balance_sync.limits import Limits
from balance_sync.sources import opening
from balance_sync.sources.discovery import discover
from balance_sync.sources.opening import iter_texts
from balance_sync.sources.plain_files import read_plainly
from balance_sync.sources.reading import Reading, TextPiece
from balance_sync.sources.source import Source
from both_ways import in_numpy

EVENT = b"2024-01-15T21:00:00.000Z END\n\n"
TEXT = EVENT + random.Random(1).randbytes(3000).hex().encode() + EVENT * 2000
WHOLE = gzip.compress(TEXT, mtime=0)


def source_of(folder: Path, content: bytes) -> Source:
    (folder / "a.gz").write_bytes(content)
    (source,) = discover([folder / "a.gz"]).sources
    return source


def whole(source: Source) -> tuple[bytes, Reading]:
    """Read all of a source, by the short way where it is one."""
    texts = list(iter_texts(source, Limits()))
    assert [text.ends for text in texts] == [False] * (len(texts) - 1) + [True]
    text, reading = b"".join(one.text for one in texts), texts[-1].reading
    (plain,) = read_plainly([source], enough=1)
    assert plain is None or plain == TextPiece(source, text, 0, 1, True, reading)
    with in_numpy():
        assert read_plainly([source], enough=1) == [plain]
    return text, reading


def read(folder: Path, content: bytes) -> tuple[bytes, Reading]:
    text, reading = whole(source_of(folder, content))
    assert reading.content_hash == hashlib.sha256(content).hexdigest()
    assert reading.text_bytes == len(text)
    return text, reading


@pytest.mark.parametrize(
    "content",
    [
        WHOLE,
        gzip.compress(TEXT[:5000]) + gzip.compress(b"") + gzip.compress(TEXT[5000:]),
        WHOLE + b"\0" * 1000,
        gzip.compress(TEXT[:5000]) + b"\0" * 7 + gzip.compress(TEXT[5000:]) + b"\0",
        TEXT,
    ],
    ids=["one-member", "members", "padding", "padding-between", "plain"],
)
def test_whole_files_give_their_text(tmp_path: Path, content: bytes) -> None:
    text, reading = read(tmp_path, content)
    assert (text, reading.problem) == (TEXT, "")


SMALL = [gzip.compress(EVENT * count, mtime=0) for count in range(1, 4)]


@pytest.mark.parametrize(
    ("content", "events"),
    [
        (SMALL[0], 1),
        (SMALL[0] + SMALL[0], 2),
        (SMALL[1] + SMALL[0] + SMALL[1], 5),
        (SMALL[2] + b"\0" * 8, 3),
        (SMALL[2] + SMALL[2][-8:], 3),
        (gzip.compress(SMALL[0], 0), 1),
    ],
    ids=["one", "twice", "others", "padding", "its end again", "in a member"],
)
def test_small_files_give_all_their_text(tmp_path: Path, content: bytes, events: int) -> None:
    text, _ = read(tmp_path, content)
    assert text == EVENT * events


def test_a_small_file_of_much_text_is_left_to_who_counts_it(tmp_path: Path) -> None:
    """It holds more than is read at once."""
    source = source_of(tmp_path, gzip.compress(EVENT + b"\n" * (9 << 20)))
    assert source.size_bytes > 8128
    assert read_plainly([source], enough=1) == [None]


@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=9),
    enough=st.integers(0, 300),
)
def test_files_are_read_until_there_is_enough(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], enough: int
) -> None:
    folder = tmp_path_factory.mktemp("files")
    for number, size in enumerate(sizes):
        (folder / f"{number}.gz").write_bytes(gzip.compress(EVENT * size, mtime=0))
    sources = discover([folder]).sources
    pieces = read_plainly(sources, enough=enough)
    with in_numpy():
        assert read_plainly(sources, enough=enough) == pieces
    read_bytes = [len(piece.text) if piece else 0 for piece in pieces]
    assert read_bytes == [len(EVENT) * size for size in sizes[: len(pieces)]]
    assert sum(read_bytes[:-1]) < max(enough, 1)
    assert len(pieces) == len(sizes) or sum(read_bytes) >= enough


def test_an_empty_file_is_empty_text(tmp_path: Path) -> None:
    text, reading = read(tmp_path, b"")
    assert (text, reading.problem) == (b"", "")


def test_a_cut_file_gives_what_comes_before_the_cut(tmp_path: Path) -> None:
    text, reading = read(tmp_path, WHOLE[:2000])
    assert len(text) > 1000
    assert TEXT.startswith(text)
    assert reading.problem == "gzip data cut short at byte 2000"


def test_a_file_without_its_trailer_is_cut_short(tmp_path: Path) -> None:
    text, reading = read(tmp_path, WHOLE[:-1])
    assert text == TEXT
    assert reading.problem == f"gzip data cut short at byte {len(WHOLE) - 1}"


def test_a_wrong_checksum_costs_no_text_and_is_told(tmp_path: Path) -> None:
    flipped = WHOLE[:-6] + bytes([WHOLE[-6] ^ 1]) + WHOLE[-5:]
    text, reading = read(tmp_path, flipped)
    assert text == TEXT
    assert reading.problem == (
        f"gzip data damaged somewhere before byte {len(WHOLE) - 5}: incorrect data check; "
        "any of its text may be wrong"
    )


def test_damage_in_the_middle_costs_only_what_follows(tmp_path: Path) -> None:
    # 3 is the reserved type of a block: what comes before it is whole.
    first = gzip.compress(TEXT)
    second = bytearray(gzip.compress(TEXT))
    second[10] |= 0b110
    text, reading = read(tmp_path, first + bytes(second))
    assert text == TEXT
    assert reading.problem.startswith(f"gzip data damaged at byte {len(first) + 10}: ")


def test_bytes_after_the_gzip_data_are_told(tmp_path: Path) -> None:
    text, reading = read(tmp_path, WHOLE + b"rubbish")
    assert (text, reading.problem) == (TEXT, f"no gzip data from byte {len(WHOLE)} on")


def test_a_file_that_cannot_be_opened_is_a_problem_and_no_failure(tmp_path: Path) -> None:
    source = source_of(tmp_path, WHOLE)
    Path(source.path).unlink()
    text, reading = whole(source)
    assert (text, reading.problem) == (b"", "cannot be read: No such file or directory")


def test_text_comes_in_bounded_pieces_however_well_it_was_compressed(tmp_path: Path) -> None:
    text = b"\n" * (40 << 20)
    texts = iter_texts(source_of(tmp_path, gzip.compress(text)), Limits(ratio=2000))
    pieces = [one.text for one in texts]
    assert max(map(len, pieces)) <= 8 << 20
    assert b"".join(pieces) == text


@given(position=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7), read_bytes=st.integers(2, 700))
def test_no_flipped_bit_goes_unseen(
    tmp_path_factory: pytest.TempPathFactory, position: int, bit: int, read_bytes: int
) -> None:
    content = bytearray(WHOLE)
    content[position] ^= 1 << bit
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_CHUNK_BYTES", read_bytes)
        text, reading = read(tmp_path_factory.mktemp("flipped"), bytes(content))
    # The first bytes make it a gzip file, and the next ones say when and where it was made.
    if reading.problem == "":
        assert text == (TEXT if position > 1 else bytes(content))


def test_a_file_that_was_empty_when_it_was_listed_is_left_to_others(tmp_path: Path) -> None:
    """All empty bytes of Python are the same ones: nothing may be read into them."""
    source = source_of(tmp_path, b"")
    Path(source.path).write_bytes(EVENT)
    assert read_plainly([source], enough=1) == [None]
    text, reading = whole(source)
    assert text == EVENT
    assert "changed" in reading.problem
