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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

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
        Where to open it.
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
    found.sort(key=lambda item: (item.label, item.path))
    return Discovery(tuple(_sources(found)), tuple(passed_over))


@dataclass(frozen=True, slots=True)
class _Found:
    label: str
    path: str
    real_path: str
    status: os.stat_result


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
        yield from _admit(name, root, real_root, passed_over)
        return
    base = f"{name}/" if prefix_root else ""
    folders = [(base, root)]
    while folders:
        label, folder = folders.pop()
        for entry in _entries(folder, passed_over):
            if not entry.is_dir(follow_symlinks=False):
                real_path = os.path.join(real_root, entry.path[len(root) :].lstrip("/"))  # noqa: PTH118
                yield from _admit(label + entry.name, entry.path, real_path, passed_over)
            elif entry.name in NOT_LOG_FOLDERS:
                passed_over.append(PassedOver(entry.path, "not logs"))
            else:
                folders.append((f"{label}{entry.name}/", entry.path))


def _entries(folder: str, passed_over: list[PassedOver]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        passed_over.append(PassedOver(folder, f"cannot be listed: {error.strerror}"))
        return []


def _admit(label: str, path: str, real_path: str, passed_over: list[PassedOver]) -> Iterator[_Found]:
    name = label.rpartition("/")[2]
    if name in NOT_LOGS or name.startswith("._"):
        passed_over.append(PassedOver(path, "not logs"))
        return
    try:
        status = os.stat(real_path, follow_symlinks=False)  # noqa: PTH116
    except OSError as error:
        passed_over.append(PassedOver(path, f"cannot be read: {error.strerror}"))
        return
    if stat.S_ISREG(status.st_mode):
        yield _Found(_readable(label), path, real_path, status)
    else:
        kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "not a regular file"
        passed_over.append(PassedOver(path, kind))


def _readable(label: str) -> str:
    """Return `label` with bytes that are no UTF-8 escaped: file names are bytes, tables hold text."""
    return label.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _sources(found: list[_Found]) -> Iterator[Source]:
    labels: set[str] = set()
    paths: set[str] = set()
    for item in found:
        if item.real_path in paths:
            continue
        paths.add(item.real_path)
        unique, count = item.label, 1
        while unique in labels:
            count += 1
            unique = f"{item.label}~{count}"
        labels.add(unique)
        folder = item.label.rpartition("/")[0].rpartition("/")[2]
        match = _STREAM_FOLDER.match(folder)
        yield Source(
            label=unique,
            path=item.path,
            size_bytes=item.status.st_size,
            modified_ns=item.status.st_mtime_ns,
            stream=folder if match else unique,
            stream_date=_day(match["date"]) if match else None,
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
