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

Listed = list[tuple[str, list[PlainFile] | None]]
"""Names of what is in a folder, and with each the files in it, by name, where it is a plain folder."""

_AT_ONCE = 256


def with_files(folder: str, names: Iterable[str]) -> Iterator[Listed]:
    """Yield `names`, some at a time, and the files in each where it is a folder with nothing else in it.

    `None` comes with a folder of many files, of odd names or with anything that is no file, with what is no
    folder, and with everything where there are no compiled passes. The names of folders, and `folder`, end
    with a slash.
    """
    coming = iter(names)
    some = list(islice(coming, _AT_ONCE))
    if not compiled.are_used():
        while some:
            yield [(name, None) for name in some]
            some = list(islice(coming, _AT_ONCE))
    elif len(some) < _AT_ONCE:
        yield _listed(folder, some)
    else:
        yield from _listed_ahead(folder, some, coming)


def _listed_ahead(folder: str, some: list[str], coming: Iterator[str]) -> Iterator[Listed]:
    # The next ones are listed, for the most part without Python's lock, while these are used.
    with ThreadPoolExecutor(1, thread_name_prefix="list") as beside:
        listed = beside.submit(_listed, folder, some)
        while some:
            some = list(islice(coming, _AT_ONCE))
            following = beside.submit(_listed, folder, some)
            yield listed.result()
            listed = following


def _listed(folder: str, names: list[str]) -> Listed:
    folders = [name for name in names if name.endswith("/")]
    # With the slash a link would be followed that has taken the place of a folder. All of them are encoded as
    # one, which takes a tenth of the time.
    encoded = os.fsencode("".join(folders)).split(b"/")[:-1]
    listed = compiled.files.plain_folders(os.fsencode(folder), encoded)
    if len(folders) == len(names):
        return list(zip(names, listed, strict=True))
    files = dict(zip(folders, listed, strict=True))
    return [(name, files.get(name)) for name in names]
