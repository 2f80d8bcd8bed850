"""Archives as streams: hostile ones are read up to their limits, and names are labels alone."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from unfolded import Unfolded, unfold

from archive_text import event
from balance_sync.limits import Limits
from forms_of import packed, tarred, zipped

LINE = event(0, "END").encode()
HOSTILE_NAMES = {
    "../../etc/passwd": "../../etc/passwd",
    "/etc/passwd": "/etc/passwd",
    "a\nb.gz": "a\\nb.gz",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "\u202egpj.gz": "\\u202egpj.gz",
    "=HYPERLINK(1)": "=HYPERLINK(1)",
    "CON": "CON",
}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_of_members_are_labels_and_never_paths(tmp_path: Path, pack: object) -> None:
    content = pack(dict.fromkeys(HOSTILE_NAMES, LINE))  # type: ignore[operator]
    (tmp_path / "in").mkdir()
    found = unfold(tmp_path / "in" / "a", content)
    assert [label for label in found if label != "a"] == [f"a/{name}" for name in HOSTILE_NAMES.values()]
    assert {one.text for label, one in found.items() if label != "a"} == {LINE}
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a"]


def test_members_of_one_name_are_told_apart(tmp_path: Path) -> None:
    content = zipped({"x.gz": LINE, "y.gz": LINE * 2}).replace(b"y.gz", b"x.gz")
    found = unfold(tmp_path / "a.zip", content)
    assert {label: len(one.text) for label, one in found.items()} == {
        "a.zip/x.gz": len(LINE),
        "a.zip/x.gz~2": 2 * len(LINE),
        "a.zip": 0,
    }


def test_what_is_no_file_in_a_tar_is_passed_over(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (("s", "2"), ("h", "1"), ("p", "6"), ("c", "3"), ("d", "5")):
            header = tarfile.TarInfo(name)
            header.type, header.linkname = kind.encode(), "/etc/passwd"
            archive.addfile(header)
        header = tarfile.TarInfo("x.log")
        header.size = len(LINE)
        archive.addfile(header, io.BytesIO(LINE))
    found = unfold(tmp_path / "a.tar", out.getvalue())
    assert found == {
        "a.tar/x.log": Unfolded(LINE, ""),
        "a.tar": Unfolded(
            b"",
            "",
            "1 source in it; passed over: 1 a folder, 1 a link to another member, 1 a symbolic link, "
            "2 not a regular file",
        ),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "pack", [packed, lambda text: zipped({"x": text}), lambda text: packed(packed(text))]
)
def test_a_bomb_is_read_up_to_the_ratio(tmp_path: Path, pack: object) -> None:
    content = pack(LINE + b" " * 300_000_000)  # type: ignore[operator]
    found = unfold(tmp_path / "bomb", content, Limits(ratio=100))
    text = max((one.text for one in found.values()), key=len)
    assert text.startswith(LINE)
    assert 90_000_000 < len(text) < 120_000_000
    assert "more than 100 times the size of the file (--max-ratio)" in found["bomb"].problem


def test_a_file_is_read_up_to_the_bytes_that_are_allowed(tmp_path: Path) -> None:
    content = zipped({"a": LINE * 100, "b": LINE * 100_000, "c": LINE})
    found = unfold(tmp_path / "a.zip", content, Limits(unpacked_bytes=1_000_000))
    assert list(found) == ["a.zip/a", "a.zip/b", "a.zip"]
    assert found["a.zip/a"] == Unfolded(LINE * 100, "")
    for label in ("a.zip/b", "a.zip"):
        assert found[label].problem.endswith("unpacked bytes: that is the limit (--max-unpacked)")


def test_members_beyond_the_limit_are_not_read(tmp_path: Path) -> None:
    content = zipped(dict.fromkeys("abcde", LINE))
    found = unfold(tmp_path / "a.zip", content, Limits(members=3))
    assert list(found) == ["a.zip/a", "a.zip/b", "a.zip/c", "a.zip"]
    assert found["a.zip"].problem == "stopped after 3 members (--max-members)"


def test_layers_beyond_the_limit_are_not_opened_and_what_is_beside_them_is_read(tmp_path: Path) -> None:
    deep = LINE
    for _ in range(20):
        deep = zipped({"in": deep})
    found = unfold(tmp_path / "a", zipped({"deep": deep, "flat": LINE}), Limits(depth=4))
    assert found["a/flat"] == Unfolded(LINE, "")
    assert found["a/deep/in/in/in"].problem == "not opened: more than 4 layers deep (--max-depth)"
    assert found["a"].problem == ""


def test_gzip_in_gzip_beyond_the_limit_is_not_opened(tmp_path: Path) -> None:
    deep = LINE
    for _ in range(9):
        deep = gzip.compress(deep)
    assert (
        unfold(tmp_path / "a.gz", deep)["a.gz"].problem == "not opened: more than 8 layers deep (--max-depth)"
    )
    assert unfold(tmp_path / "a.gz", deep, Limits(depth=9))["a.gz"] == Unfolded(LINE, "")


@pytest.mark.parametrize("size", ["huge", "negative"])
def test_a_tar_header_may_not_ask_for_any_amount_of_memory(tmp_path: Path, size: str) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type = tarfile.GNUTYPE_LONGNAME
    header.size = 8 << 30
    block = bytearray(header.tobuf(tarfile.GNU_FORMAT)[:512])
    if size == "negative":
        block[124:136] = b"\xff" * 12
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
    content = tarred({"x": LINE})[:1024] + bytes(block) + b"x" * 5000
    found = unfold(tmp_path / "a.tar", content)
    assert found["a.tar/x"] == Unfolded(LINE, "")
    assert (
        found["a.tar"].problem
        == {
            "huge": "impossible size of a note on a member at byte 1024",
            "negative": "impossible size of a member at byte 1024",
        }[size]
    )


def test_an_encrypted_member_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    content = bytearray(zipped({"a": LINE, "b": LINE}))
    content[6] |= 1
    found = unfold(tmp_path / "a.zip", bytes(content))
    assert found["a.zip/a"] == Unfolded(b"", "encrypted")
    assert found["a.zip/b"] == Unfolded(LINE, "")


def test_a_zip_cut_anywhere_gives_its_members_up_to_the_cut(tmp_path: Path) -> None:
    names = [f"{number}" for number in range(4)]
    texts = {name: b"".join(event(at, name * 50).encode() for at in range(30)) for name in names}
    whole = zipped(texts)
    for end in range(0, len(whole), 7):
        found = unfold(tmp_path / "a.zip", whole[:end])
        assert end < 4 or found["a.zip"].problem
        for name in names:
            given = found.get(f"a.zip/{name}", Unfolded(b"", "missing"))
            assert texts[name].startswith(given.text)
            assert given.problem or given.text == texts[name]


def test_damage_in_one_member_leaves_the_others_whole(tmp_path: Path) -> None:
    texts = {name: b"".join(event(at, name * 50).encode() for at in range(300)) for name in "abc"}
    whole = bytearray(zipped(texts))
    whole[whole.index(b"PK\x03\x04", 10) + 200] ^= 0xFF
    found = unfold(tmp_path / "a.zip", bytes(whole))
    assert [name for name in texts if found[f"a.zip/{name}"] != Unfolded(texts[name], "")] == ["b"]
    assert found["a.zip/b"].problem


def test_a_tar_cut_short_gives_what_comes_before_the_cut(tmp_path: Path) -> None:
    found = unfold(tmp_path / "a.tar", tarred({"a": LINE, "b": LINE * 1000})[:5000])
    assert found["a.tar/a"] == Unfolded(LINE, "")
    assert found["a.tar/b"].text == (LINE * 1000)[: 5000 - 1536]
    assert found["a.tar/b"].problem.startswith(
        f"cut short after {5000 - 1536} of its {len(LINE) * 1000} bytes"
    )
    assert found["a.tar"].problem


@pytest.mark.parametrize("name", ["empty.zip", "empty.tar"])
def test_an_archive_without_members_is_one_without_sources(tmp_path: Path, name: str) -> None:
    content = zipped({}) if name.endswith("zip") else tarred({"d/.DS_Store": b""})
    assert unfold(tmp_path / name, content)[name].note.startswith("0 sources in it")


def test_a_damaged_tar_header_costs_one_member(tmp_path: Path) -> None:
    whole = bytearray(tarred(dict.fromkeys("abc", LINE)))
    whole[1024 + 20] ^= 0xFF
    found = unfold(tmp_path / "a.tar", bytes(whole))
    assert [label for label in found if found[label].text] == ["a.tar/a", "a.tar/c"]
    assert found["a.tar"].problem == "no tar header at byte 1024: bad checksum"


def test_a_tar_with_long_names_gives_them_whole(tmp_path: Path) -> None:
    name = "é" * 90 + "/" + "x" * 150
    for layout in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert unfold(tmp_path / "a.tar", tarred({name: LINE}, layout))[f"a.tar/{name}"] == Unfolded(LINE, "")
