"""Folders that hold nothing but a few files, as the streams of an export do: listed many in a row.

An export has as many folders as files, and to look through one in Python takes as long as the system does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from balance_sync import compiled

PlainFile = tuple[str, int, int]
"""Name, bytes and time of change (ns) of a file."""

_AT_ONCE = 256


def with_files(folder: str, names: Iterable[str]) -> Iterator[tuple[str, list[PlainFile] | None]]:
    """Yield each of `names`, and the files in it by name where it is a folder with nothing else in it.

    `None` comes with a folder of many files, of odd names or with anything that is no file, with what is no
    folder, and with everything where there are no compiled passes. The names of folders, and `folder`, end
    with a slash.
    """
    if not compiled.are_used():
        yield from ((name, None) for name in names)
        return
    coming = iter(names)
    some = list(islice(coming, _AT_ONCE))
    if len(some) < _AT_ONCE:
        yield from _listed(folder, some)
        return
    # The next ones are listed, for the most part without Python's lock, while these are used.
    with ThreadPoolExecutor(1, thread_name_prefix="list") as beside:
        listed = beside.submit(_listed, folder, some)
        while some:
            some = list(islice(coming, _AT_ONCE))
            following = beside.submit(_listed, folder, some)
            yield from listed.result()
            listed = following


def _listed(folder: str, names: list[str]) -> list[tuple[str, list[PlainFile] | None]]:
    folders = [name for name in names if name.endswith("/")]
    # With the slash a link would be followed that has taken the place of a folder.
    listed = compiled.files.plain_folders(os.fsencode(folder), [os.fsencode(name[:-1]) for name in folders])
    files = dict(zip(folders, listed, strict=True))
    return [(name, files.get(name)) for name in names]
