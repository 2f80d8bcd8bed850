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
    found: list[tuple[str, str, os.stat_result]] = []
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
    found.sort(key=lambda item: (item[0], item[1]))
    return Discovery(tuple(_sources(found)), tuple(passed_over))


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


def _under(
    root: str, passed_over: list[PassedOver], *, prefix_root: bool
) -> Iterator[tuple[str, str, os.stat_result]]:
    name = os.path.basename(os.path.abspath(root))
    if not os.path.isdir(root):
        yield from _admit(name, root, os.stat(root), passed_over)
        return
    base = f"{name}/" if prefix_root else ""
    folders = [(base, root)]
    while folders:
        label, folder = folders.pop()
        for entry in _entries(folder, passed_over):
            if entry.is_dir(follow_symlinks=False):
                if entry.name in NOT_LOG_FOLDERS:
                    passed_over.append(PassedOver(entry.path, "not logs"))
                else:
                    folders.append((f"{label}{entry.name}/", entry.path))
            else:
                status = entry.stat(follow_symlinks=False)
                yield from _admit(label + entry.name, entry.path, status, passed_over)


def _entries(folder: str, passed_over: list[PassedOver]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        passed_over.append(PassedOver(folder, f"cannot be listed: {error.strerror}"))
        return []


def _admit(
    label: str, path: str, status: os.stat_result, passed_over: list[PassedOver]
) -> Iterator[tuple[str, str, os.stat_result]]:
    name = label.rpartition("/")[2]
    if name in NOT_LOGS or name.startswith("._"):
        passed_over.append(PassedOver(path, "not logs"))
    elif not stat.S_ISREG(status.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "not a regular file"
        passed_over.append(PassedOver(path, kind))
    else:
        yield label, path, status


def _sources(found: list[tuple[str, str, os.stat_result]]) -> Iterator[Source]:
    seen: dict[str, int] = {}
    paths: set[str] = set()
    for label, path, status in found:
        real = os.path.realpath(path) if len(found) <= 1 or path in paths else path
        if real in paths:
            continue
        paths.add(real)
        count = seen.get(label, 0) + 1
        seen[label] = count
        unique = label if count == 1 else f"{label}~{count}"
        folder = label.rpartition("/")[0].rpartition("/")[2]
        match = _STREAM_FOLDER.match(folder)
        yield Source(
            label=unique,
            path=path,
            size_bytes=status.st_size,
            modified_ns=status.st_mtime_ns,
            stream=folder if match else unique,
            stream_date=_day(match["date"]) if match else None,
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
