"""Bytes of one source, inflated, with whatever is wrong with them said beside.

Damage never costs more than the damaged part: everything before it is given back. CRC and length
of every gzip member are checked, which readers that decompress for themselves (DuckDB 2.0's
``read_csv`` among them) leave out.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from isal import isal_zlib

from balance_sync.sources.discovery import Source

GZIP_MAGIC = b"\x1f\x8b"
# The stub says that the class is an instance.
_InflateError: type[Exception] = isal_zlib.IsalError  # type: ignore[assignment]
_CHUNK_BYTES = 1 << 20
_TEXT_BYTES = 8 << 20
"""No more text than this at once, however well it was compressed."""
_SALVAGE_BYTES = 1 << 16
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(slots=True)
class Reading:
    """What was seen while a source was read: filled as its text is given out.

    Attributes
    ----------
    content_hash
        SHA-256 of the file's bytes as they lie on disk, in hex; ``sha256sum`` gives the same.
    text_bytes
        Uncompressed bytes given out.
    problem
        Why the source could not be read to its end, or "".
    """

    content_hash: str = ""
    text_bytes: int = 0
    problem: str = ""


def read_source(source: Source) -> tuple[bytes, Reading]:
    """Return the whole text of a small `source`, and what was seen while reading it."""
    whole = _read_plainly(source)
    if whole is not None:
        return whole
    reading = Reading()
    text = b"".join(iter_text(source, reading))
    return text, reading


def _read_plainly(source: Source) -> tuple[bytes, Reading] | None:
    """Read a file that is one intact gzip member and nothing else, as nearly all are; else return `None`."""
    try:
        file = os.open(source.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            packed = os.read(file, source.size_bytes + 1)
        finally:
            os.close(file)
        if len(packed) != source.size_bytes or not packed.startswith(GZIP_MAGIC):
            return None
        member = isal_zlib.decompressobj(wbits=_GZIP_WINDOW)
        text = member.decompress(packed, _TEXT_BYTES)
    except (OSError, _InflateError):
        return None
    if not member.eof or member.unused_data:
        return None
    return text, Reading(hashlib.sha256(packed).hexdigest(), len(text))


def hash_source(source: Source) -> str:
    """Return the SHA-256 of the file's bytes, read in pieces."""
    with open(source.path, "rb") as file:  # noqa: PTH123
        return hashlib.file_digest(file, "sha256").hexdigest()


def iter_text(source: Source, reading: Reading) -> Iterator[bytes]:
    """Give out the uncompressed text of `source` piece by piece.

    Parameters
    ----------
    source
        A gzip file (any number of members, zero padding allowed) or plain text, told apart by
        their first bytes.
    reading
        Filled on the way; complete when the iterator is exhausted.
    """
    digest = hashlib.sha256()
    try:
        with open(source.path, "rb") as file:  # noqa: PTH123
            first = file.read(_CHUNK_BYTES)
            pieces = _hashed(first, file, digest)
            if first.startswith(GZIP_MAGIC):
                pieces = _inflate(source.path, pieces, reading)
            for piece in pieces:
                reading.text_bytes += len(piece)
                yield piece
    except OSError as error:
        reading.problem = f"cannot be read: {error.strerror}"
    reading.content_hash = digest.hexdigest()


def _hashed(first: bytes, file: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    piece = first
    while piece:
        digest.update(piece)
        yield piece
        piece = file.read(_CHUNK_BYTES)


def _inflate(path: str, pieces: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    member = isal_zlib.decompressobj(wbits=_GZIP_WINDOW)
    # Where the member begins in the file, and how much of its text was given out.
    member_at, given = 0, 0
    consumed = 0
    for piece in pieces:
        consumed += len(piece)
        data = piece
        while data:
            if member.eof:
                data = data.lstrip(b"\0")
                if not data:
                    break
                member_at, given = consumed - len(data), 0
                if not data.startswith(GZIP_MAGIC[: len(data)]):
                    reading.problem = f"no gzip data from byte {member_at} on"
                    _drain(pieces)
                    return
                member = isal_zlib.decompressobj(wbits=_GZIP_WINDOW)
            try:
                text = member.decompress(data, _TEXT_BYTES)
            except _InflateError:
                yield from _before_damage(path, member_at, given, reading)
                _drain(pieces)
                return
            given += len(text)
            if text:
                yield text
            data = member.unused_data if member.eof else member.unconsumed_tail
            while not (data or member.eof) and (text := member.decompress(b"", _TEXT_BYTES)):
                given += len(text)
                yield text
    if not member.eof:
        reading.problem = f"gzip data cut short at byte {consumed}"


def _before_damage(path: str, member_at: int, given: int, reading: Reading) -> Iterator[bytes]:
    """Give out what a damaged gzip member holds before the damage, after its first `given` bytes.

    isal gives nothing of a call that fails; zlib, fed byte by byte, gives all there is.
    """
    member = zlib.decompressobj(wbits=_GZIP_WINDOW)
    with open(path, "rb") as file:  # noqa: PTH123
        file.seek(member_at)
        while chunk := file.read(_SALVAGE_BYTES):
            before = member.copy()
            try:
                text = member.decompress(chunk)
            except zlib.error as error:
                text, intact = _bytewise(before, chunk)
                position = file.tell() - len(chunk) + intact
                reading.problem = f"gzip data damaged at byte {position}: {error}"
            if len(text) > given:
                yield text[given:]
            given = max(0, given - len(text))
            if reading.problem or member.eof:
                return


def _bytewise(member: zlib._Decompress, chunk: bytes) -> tuple[bytes, int]:
    """Return the text of `chunk` up to the damage, and how many bytes are intact."""
    text = bytearray()
    for position in range(len(chunk)):
        try:
            text += member.decompress(chunk[position : position + 1])
        except zlib.error:
            return bytes(text), position
    return bytes(text), len(chunk)


def _drain(pieces: Iterator[bytes]) -> None:
    """Read on to the end, so that the hash is that of the whole file."""
    for _ in pieces:
        pass
