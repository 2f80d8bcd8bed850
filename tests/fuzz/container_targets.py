"""What reading a container promises of any bytes at all: the compressions, archives and files of records."""

from __future__ import annotations

import bz2
import lzma
import re
import sys
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from balance_sync.limits import Limits
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.discovery import discover
from balance_sync.sources.opening import iter_texts
from balance_sync.sources.plain_files import read_plainly
from balance_sync.sources.source import Source

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMITS = Limits(unpacked_bytes=8 << 20, members=64, depth=4)
# Text with which nothing is done on the way: no other form begins so, and no line end is another one.
_PLAIN = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [^\r{]*\Z")
_MOST = 1 << 20
"""Unpacked bytes beyond which no other reader is asked."""


class Read(NamedTuple):
    text: bytes
    problem: str
    note: str
    content_hash: str


def _gzip_frame() -> Any:
    return zlib.decompressobj(wbits=31)


def gzip_container(data: bytes) -> None:
    """Give of each gzip member all that zlib gets out of it, byte by byte, and say where it is damaged."""
    _container(data, b"\x1f\x8b", _gzip_frame, to_the_byte=True)


def zstd_container(data: bytes) -> None:
    """Give of whole frames what the library does."""
    _container(data, b"\x28\xb5\x2f\xfd", zstd.ZstdDecompressor)


def bzip2_container(data: bytes) -> None:
    """Give of whole streams what the library does."""
    _container(data, b"BZh", bz2.BZ2Decompressor)


def xz_container(data: bytes) -> None:
    """Give of whole streams what the library does."""
    _container(data, b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ))


def archive_container(data: bytes) -> None:
    """Read a zip, a tar or a file of records, and account for every source in it."""
    keeps_promises(data)


def _container(data: bytes, magic: bytes, new_frame: Callable[[], Any], *, to_the_byte: bool = False) -> None:
    found = keeps_promises(data)
    if len(found) != 1 or not data.startswith(magic):
        return
    ((_, read),) = found.items()
    expected, is_whole = _unpacked(data, new_frame)
    if len(expected) > _MOST or not _PLAIN.match(expected):
        return
    if is_whole or to_the_byte:
        expect(read.text == expected, "another reader gets other text out of it")
    else:
        expect(expected.startswith(read.text), "text that another reader does not get out of it")
    expect(is_whole is not bool(read.problem), "damage that is not there, or not told")


def _unpacked(data: bytes, new_frame: Callable[[], Any]) -> tuple[bytes, bool]:
    """Return what the frames of `data` give, one byte after the other, and whether nothing is wrong."""
    frame, text = new_frame(), bytearray()
    for at in range(len(data)):
        byte = data[at : at + 1]
        if frame.eof:
            if byte == b"\0":
                continue
            frame = new_frame()
        try:
            text += frame.decompress(byte)
        except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError, zstd.ZstdError):
            return bytes(text), False
        if len(text) > _MOST:
            break
    return bytes(text), frame.eof


def keeps_promises(data: bytes) -> dict[str, Read]:
    """Read `data` as a file; return what is in it, by its label."""
    file = _folder() / "000000.gz"
    file.write_bytes(data)
    (source,) = discover([file]).sources
    found = _sources(source)
    expect(found == _sources(source), "a second reading differs")
    (whole,) = read_plainly([source], enough=1)
    if whole is not None:
        expect(list(found) == [source.label], "the quick reader takes it for one source")
        expect(whole.text == found[source.label].text, "the quick reader gets other text")
        expect(whole.reading.content_hash == found[source.label].content_hash, "another hash")
    texts: dict[str, bytes] = {}
    for batch in plan_batches([source], limits=LIMITS):
        for pieces in batch():
            for piece in pieces:
                texts[piece.source.label] = texts.get(piece.source.label, b"") + piece.text
    expect(texts == {label: one.text for label, one in found.items()}, "cutting into batches changes text")
    return found


def _sources(source: Source) -> dict[str, Read]:
    growing: dict[str, bytearray] = {}
    found: dict[str, Read] = {}
    for one in iter_texts(source, LIMITS):
        label, reading = one.source.label, one.reading
        expect(label not in found, "a source goes on behind its end")
        expect(label.isprintable() and len(label) < 100_000, "a label that cannot be shown")
        growing.setdefault(label, bytearray()).extend(one.text)
        if one.ends:
            text = bytes(growing[label])
            expect(reading.text_bytes == len(text), "bytes that are not accounted for")
            found[label] = Read(text, reading.problem, reading.note, reading.content_hash)
    expect(growing.keys() == found.keys(), "a source without an end")
    expect(list(found)[-1:] == [source.label], "the file is not the last to end")
    expect(sum(map(len, growing.values())) <= 4 * LIMITS.unpacked_bytes, "more text than the limit")
    return found


@cache
def _folder() -> Path:
    # Of the process, and gone with it where the system clears its temporary files.
    return Path(tempfile.mkdtemp(prefix="fuzz-container-"))


def expect(holds: bool, broken: str) -> None:
    """Raise if a promise does not hold."""
    if not holds:
        raise AssertionError(broken)


CONTAINER_TARGETS: dict[str, Callable[[bytes], None]] = {
    "gzip": gzip_container,
    "zstd": zstd_container,
    "bzip2": bzip2_container,
    "xz": xz_container,
    "zip": archive_container,
    "tar": archive_container,
    "records": archive_container,
}
