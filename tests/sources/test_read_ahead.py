"""Reading ahead changes nothing but the time, and touches nothing that is no file of the logs."""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from archive_text import write_gz
from balance_sync import compiled
from balance_sync.config import IngestOptions
from balance_sync.pipeline.ingest import ingest
from balance_sync.sources import read_ahead
from balance_sync.sources.discovery import Discovery, discover, iter_sources
from balance_sync.sources.read_ahead import CAN_TELL, ReadAhead

pytestmark = pytest.mark.skipif(
    not (compiled.ARE_BUILT and CAN_TELL), reason="needs the compiled passes, and Linux"
)

EVERYTHING = 1 << 30


def touch(
    *paths: Path, most: int = 4, octets: int = 1 << 20, all_octets: int = EVERYTHING, asks: bool = True
) -> int:
    names = [os.fsencode(path) + (b"/" if path.is_dir() and not path.is_symlink() else b"") for path in paths]
    return compiled.files.touch(names, most, octets, all_octets, asks)


def forgotten(*paths: Path) -> tuple[Path, ...]:
    """Have the system forget what is in files; skip where it does not."""

    def are_forgotten() -> bool:
        for path in paths:
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return not any(map(is_at_hand, paths))

    # What is being fetched cannot be forgotten yet.
    if not comes_true(are_forgotten):
        pytest.skip("this file system forgets nothing")
    return paths


def comes_to(away: int, forgetting: list[Path], count: Callable[[], int]) -> bool:
    """Count what is not at hand until it is that many: a quick disk brings a file while it is asked about."""

    def is_counted() -> bool:
        forgotten(*forgetting)
        return count() == away

    return comes_true(is_counted)


def is_at_hand(path: Path) -> bool:
    """Return whether the first page of a file is in memory, without having it fetched."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        page = np.frombuffer(mapped, np.uint8)
        held = ctypes.c_ubyte()
        failed = ctypes.CDLL(None).mincore(
            ctypes.c_void_p(page.ctypes.data), ctypes.c_size_t(1), ctypes.byref(held)
        )
        del page
    assert not failed
    return bool(held.value & 1)


def comes_true(condition: Callable[[], bool]) -> bool:
    """Wait for the system, which fetches in its own time."""
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three files of 40, 60 and 10 KB."""
    made = []
    for number, size in enumerate((40, 60, 10)):
        made.append(tmp_path / f"{number}.gz")
        made[-1].write_bytes(os.urandom(size << 10))
    return made


def test_what_is_not_at_hand_is_counted_and_fetched(files: list[Path]) -> None:
    assert comes_to(3, files, lambda: touch(*files))
    assert comes_true(lambda: all(map(is_at_hand, files)))
    assert comes_true(lambda: touch(*files) == 0)


def test_nobody_asks_where_nothing_is_fetched(files: list[Path]) -> None:
    assert touch(*forgotten(*files), octets=0) == 0
    assert touch(*files, asks=False) == 0


def test_no_more_is_fetched_than_may_be(files: list[Path]) -> None:
    """What does not fit is left out, and what is smaller may still fit."""
    first, second, third = files
    assert comes_to(2, files, lambda: touch(*files, all_octets=60 << 10))
    assert comes_true(lambda: is_at_hand(first) and is_at_hand(third))
    assert not is_at_hand(second)


def test_of_a_folder_some_files_are_fetched(tmp_path: Path, files: list[Path]) -> None:
    (tmp_path / ".hidden").write_bytes(b"x")
    assert comes_to(2, files, lambda: touch(tmp_path, most=2))
    assert comes_true(lambda: sum(map(is_at_hand, files)) == 2)


def test_nothing_is_opened_that_is_no_file(tmp_path: Path, files: list[Path]) -> None:
    """Opening a pipe may wait forever, and a link lead to what is none of the logs'."""
    folder = tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(files[0])
    (folder / "inner").mkdir()
    (tmp_path / "to-folder").symlink_to(folder)
    forgotten(*files)
    others = [folder, folder / "pipe", folder / "link", tmp_path / "to-folder", tmp_path / "gone"]
    assert touch(*others, tmp_path / "gone" / "x") == 0
    assert compiled.files.touch([b"", os.fsencode(tmp_path / "gone") + b"/"], 4, 1, 1, True) == 0
    assert not is_at_hand(files[0])
    with pytest.raises(TypeError):
        compiled.files.touch(["text"], 4, 1, 1, True)  # type: ignore[list-item]


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have everything be slow; give a list that gets what is touched."""
    touched: list[str] = []
    touch = ReadAhead._touch

    def noted(ahead: ReadAhead, folder: str, names: list[str], *, asks: bool) -> int:
        touched.extend(folder + name for name in names)
        touch(ahead, folder, names, asks=asks)
        return len(names)

    monkeypatch.setattr(ReadAhead, "_touch", noted)
    monkeypatch.setattr(read_ahead, "_NAMES_AHEAD", 32)
    monkeypatch.setattr(read_ahead, "_ASKED_AFTER", 40)
    monkeypatch.setattr(read_ahead, "_NAMES_OF_A_TASK", 5)
    monkeypatch.setattr(read_ahead, "_MOST_TASKS", 3)
    return touched


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for stream in range(150):
        write_gz(tmp_path / "logs" / f"stream {stream:03}" / "000000.gz", f"{stream}\n")
    for number in range(40):
        write_gz(tmp_path / "logs" / "flat" / f"{number:03}.gz", f"{number}\n")
    (tmp_path / "logs" / "flat" / "link.gz").symlink_to(tmp_path)
    return tmp_path / "logs"


def threads() -> int:
    return sum(thread.name.startswith("read-ahead") for thread in threading.enumerate())


def found_without(logs: Path) -> Discovery:
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(read_ahead, "CAN_TELL", False)
        return discover([logs])


def test_looking_ahead_changes_nothing_that_is_found(archive: Path, waiting: list[str]) -> None:
    expected = found_without(archive)
    assert not waiting
    assert discover([archive]) == expected
    assert len(expected.sources) == 190
    # A few may be overtaken.
    assert len(set(waiting)) > 100
    assert comes_true(lambda: threads() == 0)


def test_who_stops_listing_leaves_no_threads(archive: Path, waiting: list[str]) -> None:
    sources = iter_sources([archive], [])
    next(sources)
    assert threads() > 0
    sources.close()  # type: ignore[attr-defined]
    assert comes_true(lambda: threads() == 0)
    assert len(waiting) < 190


def test_files_at_hand_are_looked_at_now_and_then(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(ReadAhead, "_must_wait", lambda _, __, names: bool(asked.append(len(names))))
    monkeypatch.setattr(read_ahead, "_NAMES_AHEAD", 20)
    monkeypatch.setattr(read_ahead, "_ASKED_AFTER", 60)
    assert len(discover([archive]).sources) == 190
    # Of each third piece of 20 names.
    assert asked == [8] * 3
    assert threads() == 0


def test_one_waits_where_half_of_the_files_asked_for_are_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / f"{number}.gz" for number in range(8)]
    for file in files:
        file.write_bytes(os.urandom(8 << 10))
    names = [file.name for file in files]
    ahead = ReadAhead(fetches=True)
    monkeypatch.setattr(read_ahead, "getrusage", lambda _: type("Used", (), {"ru_nvcsw": 7}))
    assert comes_to(True, files[:4], lambda: ahead._must_wait(f"{tmp_path}/", names))
    assert comes_true(lambda: all(map(is_at_hand, files)))
    forgotten(*files[:3])
    assert not ahead._must_wait(f"{tmp_path}/", names)


def test_what_is_known_already_is_not_fetched(archive: Path, tmp_path: Path, waiting: list[str]) -> None:
    fetched: list[bool] = []
    touch = ReadAhead._touch

    def noted(ahead: ReadAhead, folder: str, names: list[str], *, asks: bool) -> int:
        fetched.append(ahead.fetches)
        return touch(ahead, folder, names, asks=asks)

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(ReadAhead, "_touch", noted)
        changed.setattr("balance_sync.pipeline.search._LOOKED_UP_AT_ONCE", 16)
        changed.setattr("balance_sync.sources.plain_folders._AT_ONCE", 16)
        changed.setattr("balance_sync.pipeline.search.FEW_BYTES", 1)
        options = IngestOptions((str(archive),), store=tmp_path / "store", threads=1)
        assert ingest(options).sources_read == 190
        assert all(fetched)
        fetched.clear()
        assert ingest(options).sources_read == 0
        assert fetched
        assert not fetched[-1]
    assert waiting
