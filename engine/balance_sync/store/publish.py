"""Puts a finished database where its readers look: whole, by one rename.

DuckDB admits one writer or many readers, so a run never writes into the file that people read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from balance_sync.errors import DeliveryError


@contextmanager
def published(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; rename it to `path` when the block ends well.

    Raises
    ------
    DeliveryError
        The folder cannot be written, or the rename is refused.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(f".{path.name}.*.part*"):
            leftover.unlink()
    except OSError as error:
        raise DeliveryError(str(path.parent), "cannot be written", reason=str(error.strerror)) from error
    try:
        yield beside
        try:
            os.replace(beside, path)  # noqa: PTH105
        except OSError as error:
            raise DeliveryError(str(path), "cannot be put in place", reason=str(error.strerror)) from error
    finally:
        for leftover in (beside, beside.with_name(beside.name + ".wal")):
            leftover.unlink(missing_ok=True)
