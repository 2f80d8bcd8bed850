"""Which files hold logs: folders, single files and globs become one ordered list of sources.

Stream folders of a CloudWatch export hold ``[$LATEST]`` in their names, which a glob reads as a
character class: a path that exists is therefore never treated as a pattern, and folders are walked,
never globbed.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from isal import isal_zlib

from balance_sync.errors import InputError
from balance_sync.sources.buckets import is_remote, split_address
from balance_sync.sources.labels import (
    NOT_LOG_FOLDERS,
    OWN_DATABASE,
    OWN_NAMES,
    Labels,
    is_no_log,
    lies_beside_logs,
    readable,
    stream_of,
    stream_of_folder,
)
from balance_sync.sources.plain_folders import PlainFile, with_files
from balance_sync.sources.read_ahead import FEWEST_NAMES, ReadAhead


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
    passed_over: list[PassedOver] = []
    return Discovery(tuple(iter_sources(paths, passed_over)), tuple(passed_over))


def named_roots(paths: Iterable[str | Path]) -> Iterator[str]:
    """Yield the files and folders that `paths` name, patterns as what they match now."""
    for path in paths:
        yield from _expand(str(path))


def iter_sources(
    paths: Iterable[str | Path], passed_over: list[PassedOver], ahead: ReadAhead | None = None
) -> Iterator[Source]:
    """Find the sources under `paths`, as `discover` does, and give each out as soon as it is found.

    A hundred thousand files take a second to find: reading the first need not wait for the last.

    Parameters
    ----------
    passed_over
        Gets what was seen and is no source; complete when the iterator is exhausted.
    ahead
        Looks up what is found next; without it only what folders say of it.
    """
    ahead = ahead or ReadAhead(fetches=False)
    named = [str(path) for path in paths]
    roots = [root for path in named for root in _expand(path)]
    found = [_under(root, passed_over, ahead, prefix_root=len(roots) > 1) for root in roots]
    # One folder is walked in the order of the labels, no two of them equal; several may mix, and overlap.
    # Millions of files are too many to remember without need.
    if len(roots) == 1 and not is_remote(roots[0]):
        sources = found[0]
    else:
        sources = _each_once(found[0] if len(found) == 1 else iter(sorted(chain.from_iterable(found))))
    first = next(sources, None)
    if first is None:
        raise InputError(
            ", ".join(named) or "LOGS",
            "no logs found",
            reason=f"{len(passed_over)} files were passed over" if passed_over else "",
            help="name the folder that holds the CloudWatch export, a .gz file or a plain text file",
        )
    yield first
    yield from sources


def hold_many(paths: Iterable[str | Path], names: int) -> bool:
    """Return whether one of `paths` is plainly a folder of so many names, or holds nothing but such a one.

    To count them takes a fraction of what listing them in order does. False tells nothing.
    """
    return any(_holds_many(str(path), names) for path in paths)


def _holds_many(path: str, names: int) -> bool:
    while not is_remote(path):
        try:
            with os.scandir(path) as entries:
                found = list(islice(entries, names))
        except OSError:
            return False
        if len(found) != 1 or not found[0].is_dir(follow_symlinks=False):
            return len(found) == names
        path = found[0].path
    return False


_MANY = 10_000
"""Names in a folder that are worth packing, and as many of them as are unpacked at a time."""


def _expand(path: str) -> list[str]:
    if is_remote(path) or os.path.lexists(path):
        return [path]
    if not glob.has_magic(path):
        raise InputError(path or "LOGS", "no such file or folder", help="check the path")
    matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207
    if not matches:
        raise InputError(
            path, "no such file or folder", help="check the path; as a pattern it matches nothing"
        )
    return matches


def _under(
    root: str, passed_over: list[PassedOver], ahead: ReadAhead, *, prefix_root: bool
) -> Iterator[Source]:
    if is_remote(root):
        return _objects(root, passed_over, prefix_root=prefix_root)
    # Links below the root are not followed, so its real path gives that of all it holds.
    real_root = os.path.realpath(root)
    name = os.path.basename(os.path.abspath(root))  # noqa: PTH100, PTH119 - as named, not as linked
    if os.path.isdir(real_root):  # noqa: PTH112
        return _walk(real_root, f"{readable(name)}/" if prefix_root else "", passed_over, ahead)
    found = _admit(name, readable(name), real_root, passed_over)
    return iter([found] if found else [])


def _objects(root: str, passed_over: list[PassedOver], *, prefix_root: bool) -> Iterator[Source]:
    """Yield the objects under an address, by their keys as a folder would its files by their paths."""
    # Only who names a bucket needs the package.
    from balance_sync.sources.objects import address, iter_objects

    bucket, prefix = split_address(root)
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    name = readable(folder.rstrip("/").rpartition("/")[2] or bucket)
    for found in iter_objects(root):
        path = address(root, found.key)
        inside = found.key.removeprefix(folder) if found.key.startswith(folder) else ""
        # Consoles make empty objects of folders, with names that nothing can be read by.
        reason = "not logs" if lies_beside_logs(found.key) else "" if found.size_bytes else "empty"
        if reason:
            passed_over.append(PassedOver(path, reason))
            continue
        label = f"{name}/{readable(inside)}" if prefix_root and inside else readable(inside) or name
        yield _source(label, path, found.size_bytes, found.modified_ns)


def _walk(root: str, root_label: str, passed_over: list[PassedOver], ahead: ReadAhead) -> Iterator[Source]:
    """Yield the files below `root` in the order of their labels."""
    with closing(ahead):
        yield from _walk_through(root, root_label, passed_over, ahead)


def _walk_through(
    root: str, root_label: str, passed_over: list[PassedOver], ahead: ReadAhead
) -> Iterator[Source]:
    # Paths of folders end with a slash here, as names of folders do.
    folder = f"{root.rstrip('/')}/"
    waiting = [(folder, _entries(folder, root_label, passed_over, ahead))]
    while waiting:
        folder, entries = waiting[-1]
        for label, name, files in entries:
            path = folder + name
            if not name.endswith("/"):
                found = _admit(name, label, path, passed_over)
                if found:
                    yield found
            elif name[:-1] in NOT_LOG_FOLDERS:
                passed_over.append(PassedOver(path[:-1], "not logs"))
            elif files is not None:
                stream = stream_of_folder(label.rpartition("/")[2])
                if len(files) > 1 and any(name == OWN_DATABASE for name, _, _ in files):
                    own = _pass_over_own(path, [name for name, _, _ in files], passed_over)
                    files = [file for file in files if file[0] not in own]
                for name, size_bytes, modified_ns in files:
                    if is_no_log(name):
                        passed_over.append(PassedOver(path + name, "not logs"))
                    else:
                        one = f"{label}/{name}"
                        yield Source(one, path + name, size_bytes, modified_ns, *(stream or (one, None)))
            else:
                waiting.append((path, _entries(path, f"{label}/", passed_over, ahead)))
                break
        else:
            waiting.pop()


def _entries(
    folder: str, folder_label: str, passed_over: list[PassedOver], ahead: ReadAhead
) -> Iterator[tuple[str, str, list[PlainFile] | None]]:
    """Return label and name of what is in a folder, by label; the name of a folder ends with a slash.

    Where that is a plain folder the files in it, too.
    """
    try:
        with os.scandir(folder) as entries:
            names = [
                f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name for entry in entries
            ]
    except OSError as error:
        passed_over.append(PassedOver(folder[:-1] or "/", f"cannot be listed: {error.strerror}", True))
        return iter(())
    names.sort()
    if OWN_DATABASE in names:
        own = _pass_over_own(folder, names, passed_over)
        names = [name for name in names if name not in own]
    labels = None
    together = "".join(names)
    if readable(together) != together:
        # After the names themselves, so that those which read alike have an order, too.
        names.sort(key=readable)
        labels = Labels()
    ordered = _unpacked(_packed(names)) if len(names) > _MANY else names
    coming = ahead.looked_up(folder, ordered) if len(names) >= FEWEST_NAMES else ordered
    return _labelled(with_files(folder, coming), folder_label, labels)


def _pass_over_own(folder: str, names: Iterable[str], passed_over: list[PassedOver]) -> set[str]:
    """Tell of what an earlier run has written into a folder, and return its names."""
    own = {name for name in names if name.removesuffix("/") in OWN_NAMES}
    passed_over += [
        PassedOver(folder + name.removesuffix("/"), "written by an earlier run") for name in sorted(own)
    ]
    return own


def _labelled(
    entries: Iterable[tuple[str, list[PlainFile] | None]], folder_label: str, labels: Labels | None
) -> Iterator[tuple[str, str, list[PlainFile] | None]]:
    for name, files in entries:
        label = name.removesuffix("/")
        yield folder_label + (labels.unique(readable(label)) if labels else label), name, files


def _packed(names: list[str]) -> list[bytes]:
    """Return the names in blocks that take a sixth of the memory of a list of them."""
    blocks = (names[begin : begin + _MANY] for begin in range(0, len(names), _MANY))
    return [isal_zlib.compress(os.fsencode("\0".join(block)), 1) for block in blocks]


def _unpacked(blocks: list[bytes]) -> Iterator[str]:
    """Yield the names, and let go of what was yielded."""
    blocks.reverse()
    while blocks:
        yield from os.fsdecode(isal_zlib.decompress(blocks.pop())).split("\0")


def _admit(name: str, label: str, path: str, passed_over: list[PassedOver]) -> Source | None:
    reason, may_be_logs = "not logs", False
    if not is_no_log(name):
        try:
            status = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - a hundred thousand times
        except OSError as error:
            reason, may_be_logs = f"cannot be read: {error.strerror}", True
        else:
            if stat.S_ISREG(status.st_mode):
                return _source(label, path, status.st_size, status.st_mtime_ns)
            reason = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "not a regular file"
    passed_over.append(PassedOver(path, reason, may_be_logs))
    return None


def _each_once(found: Iterable[Source]) -> Iterator[Source]:
    labels = Labels()
    paths: set[str] = set()
    for one in found:
        if one.path in paths:
            continue
        paths.add(one.path)
        unique = labels.unique(one.label)
        yield one._replace(label=unique, stream=unique if one.stream == one.label else one.stream)


def _source(label: str, path: str, size_bytes: int, modified_ns: int) -> Source:
    return Source(label, path, size_bytes, modified_ns, *stream_of(label))
