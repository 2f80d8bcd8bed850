"""Damaged files give what is whole before the damage, and say where it is."""

from __future__ import annotations

import os
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from unfolded import Unfolded, unfold

from archive_text import event, write_gz
from balance_sync.limits import Limits
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.discovery import discover
from balance_sync.sources.opening import iter_texts
from damage import check, variants, whole_files
from forms_of import COMPRESSED, packed
from record_forms import events_of, firehose

_NOISE = random.Random(1).randbytes(80_000).hex()
TEXT = b"".join(event(at, _NOISE[at * 80 : at * 80 + 80]).encode() for at in range(2000))


def test_damaged_files_of_every_form_are_read_without_a_failure(tmp_path: Path) -> None:
    for damaged in variants(96, seed=11):
        check(damaged, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_thousands_of_damaged_files_are_read_without_a_failure(seed: int, tmp_path: Path) -> None:
    for damaged in variants(600, seed):
        check(damaged, tmp_path)


@pytest.mark.parametrize("form", ["gzip", "gzip-members", "gzip-twice", "zstd", "bzip2", "xz", "gzip-in-xz"])
def test_a_cut_is_told_with_its_place(form: str, tmp_path: Path) -> None:
    content = COMPRESSED[form](TEXT)
    found = unfold(tmp_path / "a.gz", content[: len(content) * 2 // 3])["a.gz"]
    assert TEXT.startswith(found.text)
    assert len(found.text) > len(TEXT) // 4 or form == "bzip2"
    assert "data cut short at byte " in found.problem


@pytest.mark.parametrize("form", ["zstd", "bzip2", "xz"])
def test_a_flipped_bit_is_told(form: str, tmp_path: Path) -> None:
    content = bytearray(COMPRESSED[form](TEXT))
    content[len(content) // 2] ^= 4
    found = unfold(tmp_path / "a.gz", bytes(content))["a.gz"]
    assert f"{form} data damaged near byte " in found.problem


def test_a_member_of_gzip_in_gzip_loses_nothing_before_the_damage(tmp_path: Path) -> None:
    inner = bytearray(packed(TEXT))
    inner[len(inner) // 2] ^= 0xFF
    outer = unfold(tmp_path / "a.gz", packed(bytes(inner)))["a.gz"]
    alone = unfold(tmp_path / "b.gz", bytes(inner))["b.gz"]
    assert outer.text == alone.text
    assert outer.problem == alone.problem != ""


def test_bytes_that_are_no_log_are_no_text_and_told(tmp_path: Path) -> None:
    found = unfold(tmp_path / "a.gz", random.Random(2).randbytes(50_000))["a.gz"]
    assert found == Unfolded(b"", "no log text: its bytes are those of no form that is known")


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"PAR1", "a Parquet file"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, packed])
def test_what_is_no_log_is_called_by_its_name(
    head: bytes, what: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    content = pack(head + random.Random(2).randbytes(5_000))
    assert unfold(tmp_path / "a.gz", content)["a.gz"] == Unfolded(b"", f"no log text: it is {what}")


@pytest.mark.parametrize("content", [b"", packed(b""), b"\n\n"])
def test_empty_files_have_no_problem(content: bytes, tmp_path: Path) -> None:
    assert unfold(tmp_path / "a.gz", content)["a.gz"].problem == ""


def test_a_cut_delivery_gives_its_whole_objects(tmp_path: Path) -> None:
    streams = {"2024-01-15-[$LATEST]" + "a" * 32: TEXT[: TEXT.index(b"\n", 20_000) + 2]}
    packed_objects = firehose(streams)
    found = unfold(tmp_path / "a", packed_objects[: len(packed_objects) * 3 // 4])
    assert "data cut short at byte" in found["a"].problem
    (text,) = [one.text for label, one in found.items() if label != "a"]
    events = [one.message for one in events_of({"x" * 8: text})]
    assert 20 < len(events) < len(list(events_of(streams)))
    assert events == [one.message for one in events_of(streams)][: len(events)]


def test_a_file_that_vanishes_or_becomes_a_pipe_is_told(tmp_path: Path) -> None:
    for name in ("gone", "pipe", "link"):
        write_gz(tmp_path / f"{name}.gz", event(0, "END"))
    planned = list(plan_batches(discover([tmp_path]).sources))
    for name in ("gone", "pipe", "link"):
        (tmp_path / f"{name}.gz").unlink()
    os.mkfifo(tmp_path / "pipe.gz")
    (tmp_path / "link.gz").symlink_to("/etc/passwd")
    pieces = {piece.source.label: piece for batch in planned for found in batch() for piece in found}
    assert {label: piece.text for label, piece in pieces.items()} == dict.fromkeys(pieces, b"")
    assert {label: piece.reading.problem for label, piece in pieces.items()} == {
        "gone.gz": "cannot be read: No such file or directory",
        "pipe.gz": "cannot be read: not a regular file any more",
        "link.gz": "cannot be read: Too many levels of symbolic links",
    }


def test_a_file_that_grows_while_it_is_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    file.write_bytes(TEXT)
    (source,) = discover([file]).sources
    with file.open("ab") as more:
        more.write(TEXT)
    *_, last = iter_texts(source, Limits())
    assert last.reading.problem == "changed while it was read"


def test_folders_that_lie_in_each_other_by_links_are_walked_once(tmp_path: Path) -> None:
    write_gz(tmp_path / "logs" / "a.gz", event(0, "END"))
    (tmp_path / "logs" / "loop").symlink_to(tmp_path / "logs", target_is_directory=True)
    found = discover([tmp_path / "logs"])
    assert [source.label for source in found.sources] == ["a.gz"]
    assert [item.reason for item in found.passed_over] == ["a symbolic link"]


def test_names_are_shown_without_what_cannot_be_shown(tmp_path: Path) -> None:
    write_gz(tmp_path / "logs" / "a\nb\u202e<b>.gz", event(0, "END"))
    assert [source.label for source in discover([tmp_path / "logs"]).sources] == ["a\\nb\\u202e<b>.gz"]


def test_a_pipe_in_the_folder_does_not_hold_up_the_search(tmp_path: Path) -> None:
    write_gz(tmp_path / "logs" / "a.gz", event(0, "END"))
    os.mkfifo(tmp_path / "logs" / "pipe")
    found: list[int] = []
    search = threading.Thread(target=lambda: found.append(len(discover([tmp_path / "logs"]).sources)))
    search.start()
    search.join(60)
    assert found == [1]
    shutil.rmtree(tmp_path / "logs")


def test_every_form_that_is_damaged_is_read_whole_when_it_is_not(tmp_path: Path) -> None:
    for form, content in whole_files().items():
        found = unfold(tmp_path / "000000.gz", content)
        assert {one.problem for one in found.values()} == {""}, form
