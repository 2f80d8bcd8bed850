"""Folders that are listed in a row hold the same as when each is looked through by itself."""

from __future__ import annotations

import os
import threading
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balance_sync import compiled
from balance_sync.sources.discovery import Discovery, discover
from balance_sync.sources.plain_folders import with_files
from both_ways import in_numpy

needs_passes = pytest.mark.skipif(not compiled.ARE_BUILT, reason="built without the compiled passes")

FILES = st.sampled_from(
    [
        "a.gz",
        "b.gz",
        "B.gz",
        "a b~",
        "._a.gz",
        ".DS_Store",
        ".hidden",
        "ä.gz",
        "b\nc",
        "\udc80",
        "\x7f",
        "balance-sync.duckdb",
        "summary.json",
        "x" * 255,
    ]
)
STREAMS = [
    *("2024-01-15-[$LATEST]abc", "2024-01-16-[1]0", "2024-01-16-[]0", "2024-01-16-[ä]0", "2024-13-16-[1]0"),
    *("2024-01-16-[1]", "2024-01-16-[1]a-b", "2024-01-16-[1]2]3", "2024-01-1x-[1]0", "2024-01-16-1]0"),
    *("2024-01-16-[1]ä", "2024-01-16-[", "2024-01-16"),
]
FOLDERS = st.sampled_from(["s", "S", "s-", "ä", "s\n", ".git", "__MACOSX", *STREAMS])
KINDS = st.sampled_from(["file", "file", "file", "empty", "folder", "link", "link to folder", "pipe"])
CONTENTS = st.one_of(
    st.dictionaries(FILES, KINDS, max_size=4),
    st.integers(15, 18).map(lambda count: {f"{number}.gz": "file" for number in range(count)}),
)


def make(path: Path, kind: str) -> None:
    if kind == "folder":
        path.mkdir()
        (path / "inner.gz").write_bytes(b"inner")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "file":
        path.write_bytes(bytes(len(path.name)))
    elif kind == "empty":
        path.touch()
    else:
        path.symlink_to(path.parent if "folder" in kind else path.parent / "a.gz")


@given(folders=st.dictionaries(FOLDERS, CONTENTS, max_size=5))
@needs_passes
def test_a_tree_holds_the_same_both_ways(
    tmp_path_factory: pytest.TempPathFactory, folders: dict[str, dict[str, str]]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    (root / "last.gz").write_bytes(b"last")
    for folder, contents in folders.items():
        (root / folder).mkdir()
        for name, kind in contents.items():
            make(root / folder / name, kind)
    found = discover([root])
    with in_numpy():
        assert found == discover([root])


def test_plain_files_come_with_their_folder(tmp_path: Path) -> None:
    for name in ("b", "a", "link", "many"):
        (tmp_path / name).mkdir()
    for name in ("2.gz", "1.gz"):
        (tmp_path / "b" / name).write_bytes(b"12")
        os.utime(tmp_path / "b" / name, ns=(5, 1_000_000_007))
    (tmp_path / "link" / "1.gz").symlink_to(tmp_path / "b" / "1.gz")
    for number in range(17):
        (tmp_path / "many" / f"{number}.gz").touch()
    (tmp_path / "to-b").symlink_to(tmp_path / "b")
    names = ["b/", "a/", "link/", "many/", "to-b/", "gone/", "file"]
    (listed,) = with_files(f"{tmp_path}/", names)
    told = dict(listed)
    assert list(told) == names
    files = [("1.gz", 2, 1_000_000_007), ("2.gz", 2, 1_000_000_007)]
    plain = {"b/": files, "a/": []} if compiled.are_used() else {}
    assert {name: files for name, files in told.items() if files is not None} == plain
    with in_numpy():
        assert list(with_files(f"{tmp_path}/", names)) == [[(name, None) for name in names]]


@pytest.mark.parametrize("count", [255, 256, 257, 600])
def test_of_many_folders_the_next_ones_are_listed_meanwhile(tmp_path: Path, count: int) -> None:
    for number in range(count):
        (tmp_path / f"{number:04}").mkdir()
        (tmp_path / f"{number:04}" / "000000.gz").write_bytes(bytes(number))
    names = [f"{number:04}/" for number in range(count)]
    listed = list(chain.from_iterable(with_files(f"{tmp_path}/", iter(names))))
    assert [name for name, _ in listed] == names
    if compiled.are_used():
        assert [size for _, ((_, size, _),) in listed] == list(range(count))  # type: ignore[misc]
    found = discover([tmp_path]).sources
    assert [source.size_bytes for source in found] == list(range(count))


def test_who_looks_no_further_leaves_nothing_behind(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"{number:04}").mkdir()
    listed = with_files(f"{tmp_path}/", [f"{number:04}/" for number in range(600)])
    assert next(listed)[0][0] == "0000/"
    listed.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("list")]


def test_a_folder_of_which_nothing_was_told_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here it is gone by then, and passed over with its reason."""
    (tmp_path / "a.gz").touch()
    (tmp_path / "gone").mkdir()
    monkeypatch.setattr(
        "balance_sync.sources.walk.with_files",
        lambda folder, names: iter(
            [[(name, (tmp_path / "gone").rmdir() if name == "gone/" else None) for name in names]]
        ),
    )
    found: Discovery = discover([tmp_path])
    assert [(one.path, one.reason) for one in found.passed_over] == [
        (str(tmp_path / "gone"), "cannot be listed: No such file or directory")
    ]


@needs_passes
def test_nothing_but_paths_is_taken() -> None:
    assert compiled.files.plain_folders(b"/", []) == []
    with pytest.raises(TypeError):
        compiled.files.plain_folders(b"/", ["folder"])  # type: ignore[list-item]
