"""Members of zip archives, in the order in which they stand in a stream.

The directory at an archive's end is not needed for that, so a zip that is cut short, or that stands in
another archive, gives all its members up to the break. It is only counted, to compare it with what was found.
"""

from __future__ import annotations

import bz2
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from balance_sync.sources.decompression import Frame, gathered, unpack_frame
from balance_sync.sources.deflate import RAW_DEFLATE, DeflateFrame
from balance_sync.sources.members import Member
from balance_sync.sources.reading import Reading
from balance_sync.sources.recognition import Form
from balance_sync.sources.streams import Meter, Stream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MEMBER, _LISTED, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_DESCRIPTOR = b"PK\x07\x08"
_ENDS_64 = (b"PK\x06\x06", b"PK\x06\x07")
_SPANNED = b"PK00"
_END_64_LOCATOR_BYTES = 20
_HEADER = struct.Struct("<4s5H3I2H")
_LISTED_HEADER = struct.Struct("<4s6H3I5H2I")
_END_HEADER = struct.Struct("<4s4H2IH")
_DESCRIPTORS = (
    struct.Struct("<4sIII"),
    struct.Struct("<4sIQQ"),
    struct.Struct("<III"),
    struct.Struct("<IQQ"),
)
_UNKNOWN_32 = 0xFFFF_FFFF
_ENCRYPTED, _TOLD_BEHIND, _UTF8 = 1 << 0, 1 << 3, 1 << 11
_STORED = 0
_READ_BYTES = 1 << 18

_FRAMES: dict[int, tuple[str, Callable[[], Frame]]] = {
    8: ("deflated", lambda: DeflateFrame(RAW_DEFLATE)),
    12: (Form.BZIP2, bz2.BZ2Decompressor),
    93: (Form.ZSTD, zstd.ZstdDecompressor),
}


class _Header(NamedTuple):
    """What stands before a member's data; sizes are `None` where only what follows the data tells them."""

    name: str
    flags: int
    method: int
    checksum: int
    packed: int | None
    unpacked: int | None


class _Content:
    """What was seen of a member's data: its checksum and size, counted as it is given out."""

    def __init__(self) -> None:
        self.checksum = 0
        self.unpacked = 0
        self.packed = 0

    def watch(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.checksum = zlib.crc32(piece, self.checksum)
            self.unpacked += len(piece)
            yield piece


def iter_zip(stream: Stream, archive: Reading, meter: Meter) -> Iterator[Member]:
    """Give out the members of the zip archive in `stream`.

    Parameters
    ----------
    archive
        Gets the problem where the archive cannot be read to its end.
    """
    found, listed = 0, 0
    ended = False
    while mark := stream.peek(4):
        if mark != _MEMBER:
            listed += mark == _LISTED
            ended |= mark == _END
            _pass_over(stream, mark, archive)
        elif header := _read_header(stream, archive):
            found += 1
            member = _member(stream, header, meter)
            yield member
            for _ in member.stream.rest():
                pass
    if not ended:
        archive.tell(f"zip archive cut short at byte {stream.position}")
    elif found != listed:
        archive.tell(f"the directory of the zip archive lists {listed} members and {found} were found")


def _pass_over(stream: Stream, mark: bytes, archive: Reading) -> None:
    """Pass over what is no member: a line of the directory, its end, or what does not belong there."""
    if mark == _LISTED:
        fields = _unpacked(_LISTED_HEADER, stream.read(_LISTED_HEADER.size))
        _skip(stream, sum(fields[10:13]))
    elif mark == _END:
        data = stream.read(_END_HEADER.size)
        if len(data) < _END_HEADER.size:
            archive.tell(f"zip archive cut short at byte {stream.position}")
        _skip(stream, _unpacked(_END_HEADER, data)[-1])
    elif mark == _ENDS_64[0]:
        _skip(stream, int.from_bytes(stream.read(12)[4:], "little"))
    elif mark == _ENDS_64[1]:
        _skip(stream, _END_64_LOCATOR_BYTES)
    elif mark == _SPANNED:
        _skip(stream, len(mark))
    else:
        _resynchronise(stream, archive)


def _resynchronise(stream: Stream, archive: Reading) -> None:
    """Go on at the next member; what is no zip data is told, unless it is padding."""
    begin = stream.position
    first = stream.read(1)
    skipped = 1 + stream.skip_to(_MEMBER)
    if first != b"\0" or stream.peek(1):
        archive.tell(f"no zip data from byte {begin} on, {skipped} bytes passed over")


def _unpacked(layout: struct.Struct, data: bytes) -> tuple[int, ...]:
    """Return the fields behind the mark; zeros where the data is cut short."""
    return layout.unpack(data.ljust(layout.size, b"\0"))


def _skip(stream: Stream, size: int) -> None:
    while size > 0 and (taken := stream.read(min(size, _READ_BYTES))):
        size -= len(taken)


def _read_header(stream: Stream, archive: Reading) -> _Header | None:
    begin = stream.position
    data = stream.read(_HEADER.size)
    if len(data) < _HEADER.size:
        archive.tell(f"zip archive cut short at byte {begin + len(data)}")
        return None
    _, _, flags, method, _, _, checksum, packed, unpacked, name_bytes, extra_bytes = _HEADER.unpack(data)
    name = _name(stream.read(name_bytes), flags)
    large = _sizes_64(stream.read(extra_bytes))
    if unpacked == _UNKNOWN_32 and large:
        unpacked = large.pop(0)
    if packed == _UNKNOWN_32 and large:
        packed = large.pop(0)
    if flags & _TOLD_BEHIND and not packed:
        return _Header(name, flags, method, checksum, None, None)
    return _Header(name, flags, method, checksum, packed, unpacked)


def _name(octets: bytes, flags: int) -> str:
    # Macs write UTF-8 and do not say so.
    try:
        name = octets.decode("utf-8")
    except UnicodeDecodeError:
        name = octets.decode("utf-8", "surrogateescape") if flags & _UTF8 else octets.decode("cp437")
    # Some programs of Windows write its separator.
    return name.replace("\\", "/")


def _sizes_64(extra: bytes) -> list[int]:
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == 1:
            field = extra[4 : 4 + size]
            return [int.from_bytes(field[at : at + 8], "little") for at in range(0, len(field) - 7, 8)]
        extra = extra[4 + size :]
    return []


def _member(stream: Stream, header: _Header, meter: Meter) -> Member:
    reading = Reading()
    content = Stream(_data(stream, header, reading, meter))
    reason = "a folder" if header.name.endswith("/") else ""
    return Member(header.name, header.packed or 0, content, reading, reason)


def _data(stream: Stream, header: _Header, reading: Reading, meter: Meter) -> Iterator[bytes]:
    begin = stream.position
    content = _Content()
    yield from content.watch(_raw_data(stream, header, reading, meter))
    content.packed = stream.position - begin
    unread = (header.packed or 0) - content.packed
    if unread > 0 and stream.peek(1):
        reading.tell(f"{unread} bytes at its end cannot be unpacked")
        _skip(stream, unread)
    told = _told(stream, header, content)
    if told is None:
        reading.tell(f"cut short at byte {stream.position} of the archive")
    elif not reading.problem and told != content.checksum:
        reading.tell(f"its checksum is {content.checksum:08x} and should be {told:08x}")


def _raw_data(stream: Stream, header: _Header, reading: Reading, meter: Meter) -> Iterator[bytes]:
    if header.flags & _ENCRYPTED:
        reading.tell("encrypted")
    elif header.method == _STORED:
        stored = _stored(stream, header) if header.packed is not None else _stored_to_descriptor(stream)
        for piece in stored:
            meter.unpack(len(piece))
            yield piece
    elif header.method not in _FRAMES:
        reading.tell(f"compressed by method {header.method}, which is not known")
    else:
        name, frame = _FRAMES[header.method]
        yield from gathered(unpack_frame(name, frame(), stream, reading, meter, most=header.packed))


def _stored(stream: Stream, header: _Header) -> Iterator[bytes]:
    left = header.packed or 0
    while left and (piece := stream.read(min(left, _READ_BYTES))):
        left -= len(piece)
        yield piece


def _stored_to_descriptor(stream: Stream) -> Iterator[bytes]:
    """Give out stored data whose size stands behind it, with a mark and the checksum of what came before."""
    checksum = size = 0
    while True:
        ahead = stream.peek(_READ_BYTES)
        found = ahead.find(_DESCRIPTOR)
        piece = stream.read(found if found >= 0 else max(len(ahead) - 3, 1))
        checksum, size = zlib.crc32(piece, checksum), size + len(piece)
        if piece:
            yield piece
        if not stream.peek(1):
            return
        if found >= 0:
            _, told, packed, _ = _unpacked_descriptor(stream)
            if told == checksum and packed in {size, size & _UNKNOWN_32}:
                return
            mark = stream.read(1)
            checksum, size = zlib.crc32(mark, checksum), size + 1
            yield mark


def _unpacked_descriptor(stream: Stream) -> tuple[int, ...]:
    layout = _DESCRIPTORS[0]
    return layout.unpack(stream.peek(layout.size).ljust(layout.size, b"\0"))


def _told(stream: Stream, header: _Header, content: _Content) -> int | None:
    """Return the checksum that the archive gives for a member; `None` where it is cut off."""
    if not header.flags & _TOLD_BEHIND:
        return None if header.packed is not None and content.packed < header.packed else header.checksum
    for layout in _DESCRIPTORS:
        data = stream.peek(layout.size)
        if len(data) < layout.size:
            continue
        *mark, checksum, packed, unpacked = layout.unpack(data)
        if mark not in ([], [_DESCRIPTOR]):
            continue
        if (packed, unpacked) == (content.packed, content.unpacked):
            stream.read(layout.size)
            return int(checksum)
    return header.checksum if header.checksum else None
