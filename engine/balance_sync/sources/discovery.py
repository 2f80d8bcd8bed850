"""Which files hold logs: folders, single files and globs become one ordered list of sources.

Stream folders of a CloudWatch export hold ``[$LATEST]`` in their names, which a glob reads as a
character class: a path that exists is therefore never treated as a pattern, and folders are walked,
never globbed.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from balance_sync.errors import InputError

NOT_LOGS = frozenset({".DS_Store", "aws-logs-write-test", "Thumbs.db", "desktop.ini"})
"""Files that exports, and the machines they pass through, leave beside the logs."""

NOT_LOG_FOLDERS = frozenset({"__MACOSX", ".git"})

_STREAM_FOLDER = re.compile(r"^(?P<date>\d{4}-\d\d-\d\d)-\[[^\]]*\][0-9a-zA-Z]+$")


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One file of log text, as it lies on disk.

    Attributes
    ----------
    label
        The path that people see: relative to the folder they named, with ``/``; unique in a run.
    path
        Where to open it: absolute, without links.
    size_bytes, modified_ns
        As the file system says; a file with the same label, size and time is not read again.
    stream
        The Lambda log stream (the name of the folder of an export, else the label).
    stream_date
        The UTC day on which the stream began, where its name says so: none of its events is older.
    """

    label: str
    path: str
    size_bytes: int
    modified_ns: int
    stream: str
    stream_date: date | None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or folder that was seen and is no source, with the reason."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the paths hold: the sources in order of their labels, and what was passed over."""

    sources: tuple[Source, ...]
    passed_over: tuple[PassedOver, ...]


def discover(paths: Iterable[str | Path]) -> Discovery:
    """Find the sources under `paths`.

    Parameters
    ----------
    paths
        Folders (walked to the bottom, links not followed), files, or glob patterns.

    Raises
    ------
    InputError
        A path does not exist and matches nothing, or nothing readable is left.
    """
    roots = [root for path in paths for root in _expand(str(path))]
    passed_over: list[PassedOver] = []
    found: list[_Found] = []
    prefix_root = len(roots) > 1
    for root in roots:
        found.extend(_under(root, passed_over, prefix_root=prefix_root))
    if not found:
        where = ", ".join(str(path) for path in paths) or "LOGS"
        raise InputError(
            where,
            "no logs found",
            reason=f"{len(passed_over)} files were passed over" if passed_over else "",
            help="name the folder that holds the CloudWatch export, a .gz file or a plain text file",
        )
    found.sort()
    return Discovery(tuple(_sources(found)), tuple(passed_over))


class _Found(NamedTuple):
    label: str
    path: str
    size_bytes: int
    modified_ns: int


def _expand(path: str) -> list[str]:
    if os.path.lexists(path):
        return [path]
    matches = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []  # noqa: PTH207
    if not matches:
        raise InputError(
            path,
            "no such file or folder",
            help="check the path; put quotes around a pattern so that the shell leaves it alone",
        )
    return matches


def _under(root: str, passed_over: list[PassedOver], *, prefix_root: bool) -> Iterator[_Found]:
    # Links below the root are not followed, so its real path gives that of all it holds.
    real_root = os.path.realpath(root)
    name = os.path.basename(os.path.abspath(root))  # noqa: PTH100, PTH119 - as named, not as linked
    if not os.path.isdir(real_root):  # noqa: PTH112
        status = partial(os.stat, real_root, follow_symlinks=False)
        yield from _admit(name, _readable(name), real_root, status, passed_over)
        return
    folders = [(f"{_readable(name)}/" if prefix_root else "", real_root)]
    while folders:
        label, folder = folders.pop()
        for entry in _entries(folder, passed_over):
            if not entry.is_dir(follow_symlinks=False):
                status = partial(entry.stat, follow_symlinks=False)
                yield from _admit(entry.name, label + _readable(entry.name), entry.path, status, passed_over)
            elif entry.name in NOT_LOG_FOLDERS:
                passed_over.append(PassedOver(entry.path, "not logs"))
            else:
                folders.append((f"{label}{_readable(entry.name)}/", entry.path))


def _entries(folder: str, passed_over: list[PassedOver]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        passed_over.append(PassedOver(folder, f"cannot be listed: {error.strerror}"))
        return []


def _admit(
    name: str,
    label: str,
    path: str,
    read_status: Callable[[], os.stat_result],
    passed_over: list[PassedOver],
) -> tuple[_Found, ...]:
    if name in NOT_LOGS or name.startswith("._"):
        passed_over.append(PassedOver(path, "not logs"))
        return ()
    try:
        status = read_status()
    except OSError as error:
        passed_over.append(PassedOver(path, f"cannot be read: {error.strerror}"))
        return ()
    if stat.S_ISREG(status.st_mode):
        return (_Found(label, path, status.st_size, status.st_mtime_ns),)
    kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "not a regular file"
    passed_over.append(PassedOver(path, kind))
    return ()


def _readable(name: str) -> str:
    """Return `name` with bytes that are no UTF-8 escaped: file names are bytes, tables hold text."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _sources(found: list[_Found]) -> Iterator[Source]:
    labels: set[str] = set()
    paths: set[str] = set()
    for label, path, size_bytes, modified_ns in found:
        if path in paths:
            continue
        paths.add(path)
        unique, count = label, 1
        while unique in labels:
            count += 1
            unique = f"{label}~{count}"
        labels.add(unique)
        folder = label.rpartition("/")[0].rpartition("/")[2]
        match = _STREAM_FOLDER.match(folder)
        stream, day = (folder, _day(match["date"])) if match else (unique, None)
        yield Source(unique, path, size_bytes, modified_ns, stream, day)


@cache
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
