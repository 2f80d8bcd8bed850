"""Folders that hold nothing but a few files, as the streams of an export do: listed many in a row.

An export has as many folders as files, and to look through one in Python takes as long as the system does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice

from balance_sync import compiled

PlainFile = tuple[str, int, int]
"""Name, bytes and time of change (ns) of a file."""

_AT_ONCE = 64


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
    while some := list(islice(coming, _AT_ONCE)):
        folders = [name for name in some if name.endswith("/")]
        # With the slash a link would be followed that has taken the place of a folder.
        listed = compiled.passes.plain_folders([os.fsencode(folder + name[:-1]) for name in folders])
        files = dict(zip(folders, listed, strict=True))
        yield from ((name, files.get(name)) for name in some)
