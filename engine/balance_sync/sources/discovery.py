"""Which files hold logs: folders, single files and globs become one ordered list of sources.

Stream folders of a CloudWatch export hold ``[$LATEST]`` in their names, which a glob reads as a
character class: a path that exists is therefore never treated as a pattern, and folders are walked,
never globbed.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from balance_sync.errors import InputError
from balance_sync.sources.buckets import is_remote, split_address
from balance_sync.sources.labels import Labels, lies_beside_logs, readable
from balance_sync.sources.read_ahead import ReadAhead
from balance_sync.sources.source import PassedOver, Source, file_source
from balance_sync.sources.walk import admit, walk


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
        return walk(real_root, f"{readable(name)}/" if prefix_root else "", passed_over, ahead)
    found = admit(name, readable(name), real_root, passed_over)
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
        yield file_source(label, path, found.size_bytes, found.modified_ns)


def _each_once(found: Iterable[Source]) -> Iterator[Source]:
    labels = Labels()
    paths: set[str] = set()
    for one in found:
        if one.path in paths:
            continue
        paths.add(one.path)
        unique = labels.unique(one.label)
        yield one._replace(label=unique, stream=unique if one.stream == one.label else one.stream)
