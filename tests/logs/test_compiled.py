"""The compiled passes make of any text what those in numpy make of it, and refuse what is no text."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive_text import DAY
from balance_sync import compiled
from balance_sync.generator.archive import generate_archive
from balance_sync.logs.quoted_metadata import unescaped
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.discovery import discover
from balance_sync.sources.inflate import begins_plainly
from balance_sync.sources.reading import Reading, TextPiece
from balance_sync.sources.source import Source
from both_ways import differences, in_numpy

pytestmark = pytest.mark.skipif(not compiled.ARE_BUILT, reason="built without the compiled passes")

FOLDER = Path(compiled.__file__).parent

WORDS = (
    *(b"\n", b"\t", b"'", b"\\", b"\\\\", b",", b" ", b"{", b"}", b"-", b".", b"0"),
    *(b"\0", b"\xff", b"\xc3\xa9"),
    *(b"INFO\t", b"ERROR\t", b"undefined", b"\tStatus: timeout", b"\tStatus: error", b" Task timed out "),
    *(b"START RequestId: ", b"REPORT RequestId: ", b"RequestId: ", b"2024-02-30T25:61:61.999Z "),
    *(b"0000-01-01T00:00:00.000Z ", b"9999-12-31T23:59:59.999Z ", b"2099-12-31T23:59:59.999Z "),
    *(b"1970-01-01T00:00:00.000Z ", b"1969-12-31T23:59:59.999Z ", b"2100-01-01T00:00:00.000Z "),
    b"2024-02-29T23:59:59.000Z ",
    *(b"alance is already synced from other listeners", b"Update Payment Balance Flag is set to false"),
    *(b"\tDuration: ", b" ms", b"\tBilled Duration: ", b"\tMemory Size: 128 MB", b"\tInit Duration: .5 ms"),
    *(b"-0", b"1e21", b"999999999999999", b"1234567890123456", b"0.000000000000000001", b"true", b"false"),
)


@pytest.fixture(scope="module")
def pieces(tmp_path_factory) -> list[TextPiece]:
    folder = tmp_path_factory.mktemp("generated") / "archive"
    generate_archive(folder, text_bytes=2_000_000, seed=5)
    return [piece for batch in plan_batches(discover([folder]).sources) for some in batch() for piece in some]


def piece(text: bytes) -> TextPiece:
    return TextPiece(Source("", "", 0, 0, "", None), text, 0, 1, True, Reading())


def test_an_archive_is_read_alike(pieces):
    assert differences(pieces) == []


@pytest.mark.parametrize("seed", range(60))
def test_damaged_text_is_read_alike(pieces, seed):
    chance = random.Random(seed)
    chosen = [bytearray(one.text[:20_000]) for one in chance.sample(pieces, 4)]
    for text in chosen:
        for _ in range(chance.randrange(60)):
            at = chance.randrange(len(text) + 1)
            text[at : at + chance.choice((0, 0, 1, 2, 40))] = chance.choice(WORDS)
    assert differences([piece(bytes(text)) for text in chosen]) == []


@given(st.lists(st.sampled_from(WORDS) | st.binary(max_size=40), max_size=60).map(b"".join))
@example(b"")
@example(b"\n")
@example(f"{DAY:%Y-%m-%dT%H:%M:%S}.000Z ".encode())
def test_any_text_is_read_alike(text):
    assert differences([piece(text)]) == []


REPORT = "2024-02-29T23:59:59.000Z REPORT RequestId: 00000000-0000-4000-8000-000000000001"
FIGURES = ("Duration: ", "Billed Duration: ", "Memory Size: ", "Max Memory Used: ", "Init Duration: ")
NUMBERS = ("0", "007", "1.5", "12.34", "12.345", "9" * 15, "9" * 16, "1e3", "-1", "", " 1", "1.", ".5")


@given(st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from((" ms", " MB", "ms", ""))), max_size=6))
@example([("1.25", " ms"), ("2", " ms"), ("128", " MB"), ("99", " MB"), ("300.5", " ms")])
def test_figures_are_read_alike(told):
    said = "".join("\t" + label + number + unit for label, (number, unit) in zip(FIGURES, told, strict=False))
    assert differences([piece(f"{REPORT}{said}\t\n{REPORT}\tDuration: 1.25 ms\n".encode())]) == []


BEGINNINGS = ("2024-02-29T23:59:59.000Z ", "2024-02-29T23:59:59.000Z", "2024-02-29T23:59:59.00:Z ", "x", "")


@given(
    st.sampled_from(BEGINNINGS),
    st.text(st.sampled_from('\n\rZ {"time'), max_size=12).map(str.encode),
    st.sampled_from((b"", b"\n", b"\r\n", b'\nZ {"time')),
    st.integers(0, 50),
)
@example(BEGINNINGS[0], b"", b"\n", 0)
@example(BEGINNINGS[0], b"\r", b"\n", 0)
@example(BEGINNINGS[0], b"", b'\nZ {"time', 34)
@example(BEGINNINGS[0], b"", b'\nZ {"time', 33)
def test_a_plain_text_is_told_alike(beginning, line, ending, within):
    text = beginning.encode() + line + ending
    plain = begins_plainly(text, b'Z {"time', within)
    assert compiled.passes.begins_plainly(text, b'Z {"time', within) == plain


@given(st.text(st.sampled_from("\\\\\\'a{\N{GREEK SMALL LETTER ALPHA}"), max_size=12))
def test_quoted_text_is_unescaped_alike(text):
    with in_numpy():
        plain = unescaped([text])
    assert unescaped([text]) == plain


@pytest.mark.parametrize("place", [-1, 232, 2**62])
def test_no_place_outside_the_text_is_looked_at(place):
    text, at = np.zeros(256, dtype=np.uint8), np.array([place])
    with pytest.raises(IndexError):
        compiled.passes.differ_within(text, at, 1, 25)
    with pytest.raises(IndexError):
        compiled.passes.number_parts(text, np.abs(at) + 221, at, 36)
    with pytest.raises(IndexError):
        compiled.passes.views(text, at, at + 30)


@pytest.mark.parametrize(
    ("size", "ends"), [(-1, [3]), (250, [3]), (4, [3]), (4, [4]), (3, [1, 3]), (3, []), (3, [5]), (3, [3, 5])]
)
def test_pieces_end_with_their_lines(size, ends):
    text, lines = np.zeros(256, dtype=np.uint8), np.ones(len(ends), dtype=np.int64)
    text[:4] = np.frombuffer(b"a\n\nb", dtype=np.uint8)
    with pytest.raises(IndexError):
        compiled.passes.split_events(text, size, np.array(ends, dtype=np.int64), lines, ord(" "))


def test_what_is_built_is_what_stands_there():
    built = [path for path in FOLDER.iterdir() if path.suffix in (".so", ".pyd")]
    assert len(built) == len(list(FOLDER.glob("*.pyx")))
    newest = max(path.stat().st_mtime for pattern in ("*.pyx", "*.pxi") for path in FOLDER.glob(pattern))
    assert min(path.stat().st_mtime for path in built) >= newest, "`make compiled` builds them again"


def test_they_can_be_left_aside():
    program = "from balance_sync import compiled; print(compiled.ARE_BUILT, compiled.are_used())"
    for value, used in (("no", "False"), ("yes", "True")):
        told = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "BALANCE_SYNC_COMPILED": value},
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.split() == ["True", used]
