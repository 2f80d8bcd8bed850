"""Members of tar archives, in the order in which they stand in a stream.

The standard library reads the headers. It does not walk the archive, for it gives nothing of a member that is
cut short, ends without a word at a damaged header, and takes the memory that a header asks for.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator

from balance_sync.sources.members import Member
from balance_sync.sources.reading import Reading
from balance_sync.sources.streams import Stream

_BLOCK = tarfile.BLOCKSIZE
_READ_BYTES = 1 << 18
_LARGEST_NOTE = 1 << 20
"""Bytes of what says more of the next member, such as a long name: it is held whole, and small in truth."""

_NAME_NOTES = {tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME}
_OTHER_NOTES = {tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGLINK}
_PASSED_OVER = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a link to another member",
    tarfile.DIRTYPE: "a folder",
    tarfile.GNUTYPE_SPARSE: "a file with holes",
}
_FILES = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}


def iter_tar(stream: Stream, archive: Reading) -> Iterator[Member]:
    """Give out the members of the tar archive in `stream`.

    Parameters
    ----------
    archive
        Gets the problem where the archive cannot be read to its end.
    """
    ended = False
    said: dict[str, str] = {}
    while block := stream.read(_BLOCK):
        ended = not block.strip(b"\0")
        header = None if ended else _header(block, stream, archive)
        if header is None:
            continue
        if header.type in _NAME_NOTES | _OTHER_NOTES:
            said.update(_note(header, stream, archive))
            continue
        reading = Reading()
        member = _member(header, said, stream, reading)
        said = {}
        yield member
        for _ in member.stream.rest():
            pass
    if not ended:
        archive.tell(f"tar archive cut short at byte {stream.position}")


def _header(block: bytes, stream: Stream, archive: Reading) -> tarfile.TarInfo | None:
    """Return the header in `block`; what is none is told, and the next block may be one."""
    begin = stream.position - len(block)
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        archive.tell(f"no tar header at byte {begin}: {error}")
        return None
    if header.size < 0:
        archive.tell(f"impossible size of a member at byte {begin}")
        return None
    return header


def _note(header: tarfile.TarInfo, stream: Stream, archive: Reading) -> dict[str, str]:
    """Read what says more of the next member; return its ``path`` and ``size`` as far as it says them."""
    if header.size > _LARGEST_NOTE:
        archive.tell(f"impossible size of a note on a member at byte {stream.position - _BLOCK}")
        return {}
    data = stream.read(header.size)
    stream.read(-header.size % _BLOCK)
    if header.type == tarfile.GNUTYPE_LONGNAME:
        return {"path": data.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    return _records(data) if header.type == tarfile.XHDTYPE else {}


def _records(data: bytes) -> dict[str, str]:
    """Return the PAX records, each ``<its length> <key>=<value>`` and a line feed."""
    records = {}
    while data:
        length, _, _ = data[:20].partition(b" ")
        size = int(length) if length.isdigit() else 0
        record, data = data[:size], data[size:] if size else b""
        key, _, value = record[len(length) + 1 : -1].partition(b"=")
        records[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
    return records


def _member(header: tarfile.TarInfo, said: dict[str, str], stream: Stream, reading: Reading) -> Member:
    name, size = said.get("path", header.name), header.size
    if re.fullmatch(r"[0-9]{1,20}", said.get("size", "")):
        size = int(said["size"])
    has_holes = any(key.startswith("GNU.sparse") for key in said)
    reason = _PASSED_OVER.get(header.type, "" if header.type in _FILES else "not a regular file")
    reason = reason or (_PASSED_OVER[tarfile.GNUTYPE_SPARSE] if has_holes else "")
    # What is no file has no data, whatever size it says, but for files with holes.
    if header.type not in _FILES and header.type != tarfile.GNUTYPE_SPARSE:
        size = 0
    return Member(name, size, Stream(_content(stream, size, reading)), reading, reason)


def _content(stream: Stream, size: int, reading: Reading) -> Iterator[bytes]:
    left = size
    while left and (piece := stream.read(min(left, _READ_BYTES))):
        left -= len(piece)
        yield piece
    if left:
        reading.tell(f"cut short after {size - left} of its {size} bytes")
    stream.read(-size % _BLOCK)
