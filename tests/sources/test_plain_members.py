"""Members of an archive that are what an export's files are go a short way, and nobody can tell."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unfolded import unfold

from archive_text import event
from balance_sync.limits import Limits
from balance_sync.sources import opening, streams
from forms_of import tarred, zipped

TEXT = "".join(event(at, "START RequestId") for at in range(20)).encode()
LONG = TEXT + event(20, random.Random(1).randbytes(4_000).hex()).encode()
PACKED = gzip.compress(TEXT, mtime=0)

MEMBERS = {
    "text": TEXT,
    "packed": PACKED,
    "long-text": LONG,
    # More than one step of unpacking.
    "large": gzip.compress(TEXT * 300, mtime=0),
    "long": gzip.compress(LONG, mtime=0),
    "members": PACKED + gzip.compress(LONG, mtime=0),
    "the-same-twice": PACKED + PACKED,
    "padded": PACKED + b"\0" * 9,
    "followed": PACKED + b"and more",
    "cut": PACKED[:-3],
    "damaged": PACKED[:40] + b"\xff" * 8 + PACKED[48:],
    "packed-twice": gzip.compress(PACKED, mtime=0),
    "empty": b"",
    "nothing": gzip.compress(b"", mtime=0),
    "returns": gzip.compress(TEXT.replace(b"\n", b"\r\n"), mtime=0),
    "json-format": gzip.compress(
        event(0, '{"timestamp":"2024-01-15T21:00:00.000Z","level":"info"}').encode()
    ),
    "marked": b"\xef\xbb\xbf" + TEXT,
    "no-event": gzip.compress(b"a line\n" + TEXT, mtime=0),
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("members")


@given(
    names=st.lists(st.sampled_from(sorted(MEMBERS)), min_size=1, max_size=6),
    pack=st.sampled_from([tarred, zipped]),
    limits=st.builds(
        Limits,
        unpacked_bytes=st.sampled_from([1_000, 9_000, 100_000, 300_000, 1 << 40]),
        depth=st.integers(1, 4),
        members=st.sampled_from([3, 100]),
    ),
    longest=st.sampled_from([1_500, 8 << 20]),
    missing=st.sampled_from([0, 0, 0, 700, 2_500]),
)
@settings(max_examples=150)
def test_the_short_way_gives_what_the_long_one_does(
    folder: Path,
    names: list[str],
    pack: Callable[[dict[str, bytes]], bytes],
    limits: Limits,
    longest: int,
    missing: int,
) -> None:
    content = pack({f"{at}/{name}": MEMBERS[name] for at, name in enumerate(names)})
    content = content[: len(content) - missing]
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(opening, "_HASHED_BYTES", longest)
        short = unfold(folder / "a", content, limits)
        changed.setattr(opening._FileWalk, "_plain_member", lambda *_: None)
        assert short == unfold(folder / "a", content, limits)


def test_members_of_an_export_go_the_short_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[bytes] = []
    recognise = opening.recognise
    monkeypatch.setattr(opening, "recognise", lambda head: looked_at.append(head[:2]) or recognise(head))
    found = unfold(folder / "a", tarred({"s/1.gz": PACKED, "s/2.gz": gzip.compress(LONG), "3.log": TEXT}))
    assert [one.text for one in found.values()] == [TEXT, LONG, TEXT, b""]
    # The archive alone.
    assert len(looked_at) == 1


def test_many_plain_members_are_stopped_by_the_ratio(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "RATIO_FREE_BYTES", 100_000)
    spaces = gzip.compress(TEXT + b" " * 50_000, mtime=0)
    found = unfold(folder / "a", tarred({f"{at}.gz": spaces for at in range(60)}), Limits(ratio=2))
    assert "--max-ratio" in found["a"].problem
    assert len(found) < 60
