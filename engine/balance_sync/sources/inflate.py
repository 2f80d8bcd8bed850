"""Gzip files, the form that nearly all logs come in, and what is wrong with them.

Damage never costs more than the damaged part: everything before it is given back. CRC and length
of every gzip member are checked, which readers that decompress for themselves (DuckDB 2.0's
``read_csv`` among them) leave out.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache

from isal import isal_zlib

from balance_sync import compiled
from balance_sync.sources.deflate import GZIP_WINDOW, bytewise, damage_words
from balance_sync.sources.files import open_file
from balance_sync.sources.reading import Reading
from balance_sync.sources.recognition import HEAD_BYTES
from balance_sync.sources.streams import Meter

GZIP_MAGIC = b"\x1f\x8b"
_MEMBER_END = struct.Struct("<II")
"""CRC and length of the text."""

# The stub says that the class is an instance.
_InflateError: type[Exception] = isal_zlib.IsalError  # type: ignore[assignment]
_SMALL_TEXT = 8 << 20
"""Text of a file that is read at once."""
_SURELY_SMALL = _SMALL_TEXT // 1032
"""So many bytes hold no more text than that: deflate makes at most 1032 of one."""
_TEXT_BYTES = 2 << 20
"""No more text than this at a time, however well it was compressed."""
_SALVAGE_BYTES = 1 << 16


_PLAIN_START = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [^\n]*(?<!\r)\n")
"""First line of an export, ending as lines do: such text needs nothing done to it."""

JSON_EVENT = b'Z {"time'
"""Begins an event of Lambda's JSON log format."""


def plain_text(packed: bytes) -> bytes | None:
    """Return the log text that `packed` is, or is one intact gzip member of; `None` for anything else."""
    text = member_text(packed) if packed.startswith(GZIP_MAGIC) else packed
    return text if text is not None and _look()(text, JSON_EVENT, HEAD_BYTES) else None


def member_text(packed: bytes) -> bytes | None:
    """Return the text of the gzip member `packed`; `None` if that is not one alone, small and intact."""
    try:
        if len(packed) <= _SURELY_SMALL:
            # Takes two thirds of the time, and does not tell what stands behind the member. Nothing does if
            # what a member ends with, which depends on its text, stands nowhere but at the very end.
            text = isal_zlib.decompress(packed, GZIP_WINDOW)
            end = _MEMBER_END.pack(isal_zlib.crc32(text), len(text))
            if packed.find(end) == len(packed) - len(end):
                return text
        member = isal_zlib.decompressobj(wbits=GZIP_WINDOW)
        text = member.decompress(packed, _SMALL_TEXT)
    except _InflateError:
        return None
    return text if member.eof and not member.unused_data else None


@cache
def _look() -> Callable[[bytes, bytes, int], bool]:
    return compiled.passes.begins_plainly if compiled.are_used() else begins_plainly


def begins_plainly(text: bytes, unwanted: bytes, within: int) -> bool:
    """Return whether a text begins as an export does, and `unwanted` is not in its first `within` bytes."""
    return _PLAIN_START.match(text) is not None and text.find(unwanted, 0, within) < 0


def inflate_file(path: str, pieces: Iterator[bytes], reading: Reading, meter: Meter) -> Iterator[bytes]:
    """Inflate the gzip file at `path`, whose bytes are `pieces`.

    Twice as fast as `balance_sync.sources.decompression.unpack`, and only for a file: it is read again up to
    where it is damaged.

    Parameters
    ----------
    reading
        Gets the problem where there is one.
    """
    for text in _inflated(path, pieces, reading):
        meter.unpack(len(text))
        yield text


def _inflated(path: str, pieces: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    member = isal_zlib.decompressobj(wbits=GZIP_WINDOW)
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
                    return
                member = isal_zlib.decompressobj(wbits=GZIP_WINDOW)
            try:
                text = member.decompress(data, _TEXT_BYTES)
            except _InflateError:
                yield from _before_damage(path, member_at, given, reading)
                return
            given += len(text)
            if text:
                yield text
            data = member.unused_data if member.eof else member.unconsumed_tail
            while not (data or member.eof) and (text := member.decompress(b"", _TEXT_BYTES)):
                given += len(text)
                yield text
    if not member.eof:
        # isal keeps back what zlib can already tell, up to a few bytes.
        yield from _before_damage(path, member_at, given, reading)
        reading.tell(f"gzip data cut short at byte {consumed}")


def _before_damage(path: str, member_at: int, given: int, reading: Reading) -> Iterator[bytes]:
    """Give out what a damaged gzip member holds before the damage, after its first `given` bytes.

    isal gives nothing of a call that fails; zlib, fed byte by byte, gives all there is.
    """
    member = zlib.decompressobj(wbits=GZIP_WINDOW)
    with open_file(path) as file:
        file.seek(member_at)
        while chunk := file.read(_SALVAGE_BYTES):
            before = member.copy()
            try:
                text = member.decompress(chunk)
            except zlib.error as error:
                text, intact = bytewise(before, chunk)
                position = file.tell() - len(chunk) + intact
                reading.problem = damage_words("gzip", position, error)
            if len(text) > given:
                yield text[given:]
            given = max(0, given - len(text))
            if reading.problem or member.eof:
                return
