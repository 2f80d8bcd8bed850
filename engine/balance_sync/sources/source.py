"""What is read: one source of log text, and what was seen and is none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from balance_sync.sources.labels import stream_of

_AS_BYTES = "file://"
"""Begins a location that is no path: those are absolute."""

_EARLIEST_NS, _LATEST_NS = -(1 << 63), (1 << 63) - 1
"""Of times that tables hold; file systems have others."""


class Source(NamedTuple):
    """One source of log text: a file as it lies on disk, or what is in one.

    Attributes
    ----------
    label
        The path that people see: relative to the folder they named, with ``/``; unique in a run. Of what is
        in an archive, it begins with the archive's label.
    path
        Where to open it, or the file that it is in: absolute, without links; or the address of an object.
    size_bytes
        As the file system says, or the archive; 0 where the archive does not.
    modified_ns
        Of the file; a file with the same label, size and time is not read again.
    stream
        The Lambda log stream (the name of the folder of an export, else the label).
    stream_date
        The UTC day on which the stream began, where its name says so: none of its events is older.
    file
        The file that it is in; `None` for a file.
    log_group
        The log group, where records name it; else "".
    """

    label: str
    path: str
    size_bytes: int
    modified_ns: int
    stream: str
    stream_date: date | None
    file: Source | None = None
    log_group: str = ""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or folder that was seen and is no source, with the reason.

    Attributes
    ----------
    may_be_logs
        Whether logs may be missing for it: the system would not tell what is there.
    """

    path: str
    reason: str
    may_be_logs: bool = False


def file_source(label: str, path: str, size_bytes: int, modified_ns: int) -> Source:
    """Return the source that a file or an object is, its stream as its label says."""
    return Source(label, path, size_bytes, told_time(modified_ns), *stream_of(label))


def told_time(modified_ns: int) -> int:
    """Return what tables hold of a file's time: it, or the nearest one that they can."""
    return min(max(modified_ns, _EARLIEST_NS), _LATEST_NS)


def location_of(path: str) -> str:
    """Return what tables hold of a path: the path, or a URL of its bytes where they are no text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        from urllib.parse import quote_from_bytes

        return _AS_BYTES + quote_from_bytes(os.fsencode(path))
    return path


def path_of(location: str) -> str:
    """Return the path or address that `location_of` has given `location` for."""
    if not location.startswith(_AS_BYTES):
        return location
    from urllib.parse import unquote_to_bytes

    return os.fsdecode(unquote_to_bytes(location.removeprefix(_AS_BYTES)))
