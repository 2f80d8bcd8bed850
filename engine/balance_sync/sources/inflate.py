"""Bytes of one source, inflated, with whatever is wrong with them said beside.

Damage never costs more than the damaged part: everything before it is given back. CRC and length
of every gzip member are checked, which readers that decompress for themselves (DuckDB 2.0's
``read_csv`` among them) leave out.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from isal import isal_zlib

from balance_sync.sources.discovery import Source

GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 20
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
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256, repr=False)


def read_source(source: Source) -> tuple[bytes, Reading]:
    """Return the whole text of a small `source`, and what was seen while reading it."""
    reading = Reading()
    text = b"".join(iter_text(source, reading))
    return text, reading


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
    try:
        with open(source.path, "rb") as file:  # noqa: PTH123
            first = file.read(_CHUNK_BYTES)
            pieces = _hashed(first, file, reading)
            if first.startswith(GZIP_MAGIC):
                pieces = _inflate(pieces, reading)
            for piece in pieces:
                reading.text_bytes += len(piece)
                yield piece
    except OSError as error:
        reading.problem = f"cannot be read: {error.strerror}"
    reading.content_hash = reading._hash.hexdigest()


def _hashed(first: bytes, file: object, reading: Reading) -> Iterator[bytes]:
    piece = first
    while piece:
        reading._hash.update(piece)
        yield piece
        piece = file.read(_CHUNK_BYTES)  # type: ignore[attr-defined]


def _inflate(pieces: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    member = isal_zlib.decompressobj(wbits=_GZIP_WINDOW)
    consumed = 0
    started = True
    for piece in pieces:
        data = piece
        while data:
            if member.eof:
                data = data.lstrip(b"\0")
                if not data:
                    break
                if not data.startswith(GZIP_MAGIC[: len(data)]):
                    reading.problem = f"bytes after the gzip data, about byte {consumed + len(piece) - len(data)}"
                    _drain(pieces)
                    return
                member, started = isal_zlib.decompressobj(wbits=_GZIP_WINDOW), True
            try:
                text = member.decompress(data)
            except isal_zlib.error as error:
                reading.problem = f"damaged gzip data in bytes {consumed} to {consumed + len(piece)}: {error}"
                _drain(pieces)
                return
            if text:
                yield text
            data = member.unused_data if member.eof else b""
            started = started and not member.eof
        consumed += len(piece)
    if not member.eof:
        reading.problem = f"gzip data cut short at byte {consumed}"


def _drain(pieces: Iterator[bytes]) -> None:
    """Read on to the end, so that the hash is that of the whole file."""
    for _ in pieces:
        pass
