"""Which files are logs, and what is said of the others."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from archive_text import STREAM, write_gz
from balance_sync.errors import InputError
from balance_sync.sources import walk
from balance_sync.sources.discovery import discover, hold_many
from both_ways import in_numpy


def labels(*paths: Path | str) -> list[str]:
    return [source.label for source in discover(paths).sources]


def test_stream_folders_are_walked_although_their_names_look_like_patterns(tmp_path: Path) -> None:
    write_gz(tmp_path / "export" / STREAM / "000000.gz", "x")
    found = discover([tmp_path / "export"]).sources
    assert [source.label for source in found] == [f"{STREAM}/000000.gz"]
    assert (found[0].stream, found[0].stream_date) == (STREAM, date(2024, 1, 15))


def test_a_stream_folder_or_its_file_may_be_named_itself(tmp_path: Path) -> None:
    file = write_gz(tmp_path / STREAM / "000000.gz", "x")
    assert labels(tmp_path / STREAM) == ["000000.gz"]
    assert labels(file) == ["000000.gz"]


def test_a_stream_with_an_impossible_date_is_a_stream_without_one(tmp_path: Path) -> None:
    write_gz(tmp_path / "2024-13-45-[$LATEST]abc" / "000000.gz", "x")
    (source,) = discover([tmp_path]).sources
    assert (source.stream, source.stream_date) == ("2024-13-45-[$LATEST]abc", None)


def test_globs_give_what_they_match_in_order(tmp_path: Path) -> None:
    for name in ("b.gz", "a.gz", "c.txt"):
        write_gz(tmp_path / name, name)
    assert labels(f"{tmp_path}/*.gz") == ["a.gz", "b.gz"]


def test_a_glob_over_folders_tells_the_folders_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_gz(tmp_path / name / "000000.gz", name)
    assert labels(f"{tmp_path}/*") == ["one/000000.gz", "two/000000.gz"]


def test_order_does_not_depend_on_how_paths_are_given(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_gz(tmp_path / name / "000000.gz", name)
    assert discover([tmp_path / "one", tmp_path / "two"]) == discover([tmp_path / "two", tmp_path / "one"])


def test_the_same_label_under_two_roots_stays_unique(tmp_path: Path) -> None:
    for parent in ("x", "y"):
        write_gz(tmp_path / parent / "logs" / "a.gz", parent)
    write_gz(tmp_path / "x" / "logs" / "a.gz~2", "z")
    assert labels(tmp_path / "x" / "logs", tmp_path / "y" / "logs") == [
        "logs/a.gz",
        "logs/a.gz~2",
        "logs/a.gz~2~2",
    ]


def test_a_file_named_twice_is_one_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_gz(tmp_path / "logs" / "a.gz", "x")
    (tmp_path / "link").symlink_to(tmp_path / "logs")
    monkeypatch.chdir(tmp_path)
    assert len(labels("logs", "logs/", "./logs", str(tmp_path / "logs"), "link", "logs/a.gz")) == 1


def test_what_is_no_log_is_passed_over_with_its_reason(tmp_path: Path) -> None:
    write_gz(tmp_path / "a.gz", "x")
    (tmp_path / "aws-logs-write-test").write_text("Permission Check Successful")
    (tmp_path / "._a.gz").write_text("x")
    write_gz(tmp_path / "__MACOSX" / "a.gz", "x")
    (tmp_path / "link.gz").symlink_to(tmp_path / "a.gz")
    os.mkfifo(tmp_path / "pipe")
    found = discover([tmp_path])
    assert [source.label for source in found.sources] == ["a.gz"]
    assert sorted((Path(item.path).name, item.reason) for item in found.passed_over) == [
        ("._a.gz", "not logs"),
        ("__MACOSX", "not logs"),
        ("aws-logs-write-test", "not logs"),
        ("link.gz", "a symbolic link"),
        ("pipe", "not a regular file"),
    ]


@pytest.mark.skipif(os.getuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_passed_over(tmp_path: Path) -> None:
    write_gz(tmp_path / "a.gz", "x")
    (tmp_path / "closed").mkdir(mode=0)
    assert [item.reason for item in discover([tmp_path]).passed_over] == [
        "cannot be listed: Permission denied"
    ]


def test_a_file_name_that_is_no_utf8_gets_a_readable_label(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.gz")).write_bytes(b"x")
    assert labels(tmp_path) == ["\\xff.gz"]


@pytest.mark.parametrize("missing", ["nowhere", "nowhere/*.gz", "[$LATEST]"])
def test_a_missing_path_is_an_error_that_names_it(tmp_path: Path, missing: str) -> None:
    with pytest.raises(InputError) as failure:
        discover([tmp_path / missing])
    assert failure.value.where == str(tmp_path / missing)
    assert failure.value.what == "no such file or folder"


def test_a_folder_without_logs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("x")
    with pytest.raises(InputError, match="no logs found") as failure:
        discover([tmp_path])
    assert failure.value.reason == "1 files were passed over"


def test_a_broken_link_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.gz").symlink_to(tmp_path / "gone.gz")
    with pytest.raises(InputError, match="no logs found"):
        discover([tmp_path / "a.gz"])


def test_a_folder_of_very_many_files_is_told_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The last two make a character of one that ends and one that begins.
    for name in ("b", "a", "ä\n", "ä\\n", "~", "\udcc3", "\udca9"):
        write_gz(tmp_path / name / "x.gz", "")
        write_gz(tmp_path / f"{name}.gz", "")
    few = discover([tmp_path])
    monkeypatch.setattr(walk, "_MANY", 2)
    assert discover([tmp_path]) == few
    assert len({source.label for source in few.sources}) == len(few.sources) == 14


def test_a_large_folder_is_known_before_it_is_listed(tmp_path: Path) -> None:
    inner = tmp_path / "export" / "streams"
    for number in range(5):
        write_gz(inner / f"{number}.gz", "")
    assert hold_many([tmp_path, tmp_path / "nowhere"], 5)
    assert not hold_many([tmp_path], 6)
    assert not hold_many([inner / "0.gz", tmp_path / "nowhere", "s3://bucket/logs"], 1)


def test_a_folder_that_holds_itself_by_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    assert not hold_many([tmp_path], 2)


@pytest.mark.parametrize("seconds", [10**10, -(10**10), 9_223_372_036, -9_223_372_037, 0, -1])
def test_times_that_no_table_holds_are_the_nearest_that_one_does(tmp_path: Path, seconds: int) -> None:
    """As some file systems have them; in a plain folder as by itself."""
    file = tmp_path / "logs" / "stream" / "a.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"text")
    os.utime(file, ns=(0, seconds * 10**9 + 1))
    kept = min(max(file.stat().st_mtime_ns, -(1 << 63)), (1 << 63) - 1)
    assert [discover([path]).sources[0].modified_ns for path in (file, tmp_path)] == [kept, kept]
    with in_numpy():
        assert discover([tmp_path]).sources[0].modified_ns == kept
