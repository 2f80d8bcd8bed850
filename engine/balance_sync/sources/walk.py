"""Walks a folder to the bottom and gives out the files in it, in the order of their labels."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from isal import isal_zlib

from balance_sync import compiled
from balance_sync.sources.labels import (
    NOT_LOG_FOLDERS,
    NOT_LOGS,
    OWN_DATABASE,
    OWN_NAMES,
    Labels,
    day_of,
    is_no_log,
    readable,
)
from balance_sync.sources.plain_folders import Listed, PlainFile, with_files
from balance_sync.sources.read_ahead import FEWEST_NAMES, ReadAhead
from balance_sync.sources.source import PassedOver, Source, file_source

_MANY = 10_000
"""Names in a folder that are worth packing, and as many of them as are unpacked at a time."""

_EXCEPTIONS = NOT_LOGS | {OWN_DATABASE}


class Entry(NamedTuple):
    """What is in a folder and must be looked at: the name of a folder ends with a slash.

    Attributes
    ----------
    files
        Those in it, where it is a plain folder.
    """

    label: str
    name: str
    files: list[PlainFile] | None


def walk(root: str, root_label: str, passed_over: list[PassedOver], ahead: ReadAhead) -> Iterator[Source]:
    """Yield the files below `root` in the order of their labels, which begin with `root_label`.

    Links are not followed.

    Parameters
    ----------
    passed_over
        Gets what was seen and is no source; complete when the iterator is exhausted.
    ahead
        Looks up what is found next, and is closed at the end.
    """
    with closing(ahead):
        yield from _Walk(passed_over, ahead).through(root, root_label)


def admit(name: str, label: str, path: str, passed_over: list[PassedOver]) -> Source | None:
    """Return the source that the file at `path` is; where it is none, tell so."""
    reason, may_be_logs = "not logs", False
    if not is_no_log(name):
        try:
            status = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - a hundred thousand times
        except OSError as error:
            reason, may_be_logs = f"cannot be read: {error.strerror}", True
        else:
            if stat.S_ISREG(status.st_mode):
                return file_source(label, path, status.st_size, status.st_mtime_ns)
            reason = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "not a regular file"
    passed_over.append(PassedOver(path, reason, may_be_logs))
    return None


@dataclass(frozen=True, slots=True)
class _Walk:
    passed_over: list[PassedOver]
    ahead: ReadAhead

    def through(self, root: str, root_label: str) -> Iterator[Source]:
        # Paths of folders end with a slash here, as names of folders do.
        folder = f"{root.rstrip('/')}/"
        waiting = [(folder, self._entries(folder, root_label))]
        while waiting:
            folder, entries = waiting[-1]
            for entry in entries:
                if isinstance(entry, Source):
                    yield entry
                    continue
                label, name, files = entry
                path = folder + name
                if not name.endswith("/"):
                    found = admit(name, label, path, self.passed_over)
                    if found:
                        yield found
                elif name[:-1] in NOT_LOG_FOLDERS:
                    self.passed_over.append(PassedOver(path[:-1], "not logs"))
                elif files is not None:
                    for inner, size_bytes, modified_ns in self._logs_among(path, files):
                        yield file_source(f"{label}/{inner}", path + inner, size_bytes, modified_ns)
                else:
                    waiting.append((path, self._entries(path, f"{label}/")))
                    break
            else:
                waiting.pop()

    def _entries(self, folder: str, folder_label: str) -> Iterator[Source | Entry]:
        """Return what is in a folder, by label; of plain folders in it the files themselves."""
        try:
            with os.scandir(folder) as entries:
                names = [
                    f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
                    for entry in entries
                ]
        except OSError as error:
            reason = f"cannot be listed: {error.strerror}"
            self.passed_over.append(PassedOver(folder[:-1] or "/", reason, True))
            return iter(())
        names.sort()
        if OWN_DATABASE in names:
            own = self._pass_over_own(folder, names)
            names = [name for name in names if name not in own]
        labels = None
        together = "".join(names)
        if readable(together) != together:
            # After the names themselves, so that those which read alike have an order, too.
            names.sort(key=readable)
            labels = Labels()
        ordered = _unpacked(_packed(names)) if len(names) > _MANY else names
        coming = self.ahead.looked_up(folder, ordered) if len(names) >= FEWEST_NAMES else ordered
        listed = with_files(folder, coming)
        return chain.from_iterable(_told(folder, folder_label, some, labels) for some in listed)

    def _logs_among(self, folder: str, files: list[PlainFile]) -> list[PlainFile]:
        """Return those of the `files` of a plain folder that may be logs, and tell of the others."""
        if any(name == OWN_DATABASE for name, _, _ in files):
            own = self._pass_over_own(folder, [name for name, _, _ in files])
            files = [file for file in files if file[0] not in own]
        self.passed_over.extend(
            PassedOver(folder + name, "not logs") for name, _, _ in files if is_no_log(name)
        )
        return [file for file in files if not is_no_log(file[0])]

    def _pass_over_own(self, folder: str, names: Iterable[str]) -> set[str]:
        """Tell of what an earlier run has written into a folder, and return its names."""
        own = {name for name in names if name.removesuffix("/") in OWN_NAMES}
        self.passed_over.extend(
            PassedOver(folder + name.removesuffix("/"), "written by an earlier run") for name in sorted(own)
        )
        return own


def _told(folder: str, folder_label: str, listed: Listed, labels: Labels | None) -> list[Source | Entry]:
    """Return what is `listed` with its label, or at once the sources that the files of plain folders are."""
    if labels is None and compiled.are_used():
        return compiled.files.told_sources(
            folder, folder_label, listed, Source, Entry, _EXCEPTIONS, NOT_LOG_FOLDERS, day_of
        )
    told: list[Source | Entry] = []
    for name, files in listed:
        shown = name.removesuffix("/")
        label = folder_label + (labels.unique(readable(shown)) if labels else shown)
        told.append(Entry(label, name, files))
    return told


def _packed(names: list[str]) -> list[bytes]:
    """Return the names in blocks that take a sixth of the memory of a list of them."""
    blocks = (names[begin : begin + _MANY] for begin in range(0, len(names), _MANY))
    return [isal_zlib.compress(os.fsencode("\0".join(block)), 1) for block in blocks]


def _unpacked(blocks: list[bytes]) -> Iterator[str]:
    """Yield the names, and let go of what was yielded."""
    blocks.reverse()
    while blocks:
        yield from os.fsdecode(isal_zlib.decompress(blocks.pop())).split("\0")
