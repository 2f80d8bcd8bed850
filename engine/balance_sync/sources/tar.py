"""Members of tar archives, in the order in which they stand in a stream."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import IO, cast

from balance_sync.sources.members import Member
from balance_sync.sources.reading import Reading
from balance_sync.sources.streams import Stream

_READ_BYTES = 1 << 18
_LARGEST_NOTE = 1 << 20
"""Bytes of what says more of a member (a long name, PAX records): it is held whole, and small in truth."""

_NOTES = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_PASSED_OVER = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a link to another member",
    tarfile.DIRTYPE: "a folder",
}


class _BoundedHeader(tarfile.TarInfo):
    """Header of a member, refused where reading on would take any amount of memory or go back."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _BoundedHeader:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type in _NOTES and header.size > _LARGEST_NOTE):
            raise tarfile.HeaderError("the size of a member is impossible")
        return header


def iter_tar(stream: Stream, archive: Reading) -> Iterator[Member]:
    """Give out the members of the tar archive in `stream`.

    Parameters
    ----------
    archive
        Gets the problem where the archive cannot be read to its end.
    """
    try:
        with tarfile.open(
            mode="r|", fileobj=cast("IO[bytes]", stream), tarinfo=_BoundedHeader, errors="surrogateescape"
        ) as tar:
            while (header := tar.next()) is not None:
                yield _member(tar, header)
                # It keeps every header, and there may be any number.
                tar.members.clear()  # type: ignore[attr-defined] # documented, and not in the stub
            # The two empty blocks that end an archive are the last thing read; nothing is behind them.
            _tell_rest(stream, archive)
    except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
        archive.tell(f"tar archive damaged near byte {stream.position}: {error}")
    for _ in stream.rest():
        pass


def _member(tar: tarfile.TarFile, header: tarfile.TarInfo) -> Member:
    reading = Reading()
    if header.isreg():
        return Member(header.name, header.size, Stream(_content(tar, header, reading)), reading)
    reason = _PASSED_OVER.get(header.type, "not a regular file")
    return Member(header.name, 0, Stream(iter(())), reading, reason)


def _content(tar: tarfile.TarFile, header: tarfile.TarInfo, reading: Reading) -> Iterator[bytes]:
    content = tar.extractfile(header)
    given = 0
    try:
        while content is not None and (piece := content.read(_READ_BYTES)):
            given += len(piece)
            yield piece
    except (tarfile.TarError, OSError) as error:
        reading.tell(f"cut short after {given} of its {header.size} bytes: {error}")


def _tell_rest(stream: Stream, archive: Reading) -> None:
    begin = stream.position
    if any(piece.strip(b"\0") for piece in stream.rest()):
        archive.tell(f"no tar data from byte {begin} on")
