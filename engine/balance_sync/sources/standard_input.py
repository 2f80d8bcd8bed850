"""Standard input as a file: it is copied as it comes, for a source is read more than once and by its name."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from balance_sync.errors import InputError

STANDARD_INPUT = "-"
"""The path that stands for it."""

FILE_NAME = "stdin"
_CHUNK_BYTES = 1 << 20
_TIME_DIGITS = 13


def copy_standard_input(folder: Path) -> Path:
    """Copy standard input, compressed or not, to ``stdin`` in `folder` and return that file.

    Its time is made of its content, so that the same input is the same file to a store.

    Raises
    ------
    InputError
        Standard input is a terminal, or cannot be read.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError(
            STANDARD_INPUT,
            "standard input is no file and no pipe",
            help="pipe logs into the program, or name their folder",
        )
    path = folder / FILE_NAME
    digest = hashlib.sha256()
    try:
        with path.open("wb") as file:
            while chunk := sys.stdin.buffer.read(_CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
    except OSError as error:
        raise InputError(STANDARD_INPUT, "cannot be read", reason=str(error.strerror)) from error
    time = int(digest.hexdigest()[:_TIME_DIGITS], 16)
    os.utime(path, ns=(time, time))
    return path
