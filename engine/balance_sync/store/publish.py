"""Puts a finished database where its readers look: whole, by one rename.

DuckDB admits one writer or many readers, so a run never writes into the file that people read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from balance_sync.errors import DeliveryError
from balance_sync.store.sole_use import sole_use


@contextmanager
def published(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; rename it to `path` when the block ends well.

    Raises
    ------
    DeliveryError
        The folder cannot be written, or the rename is refused.
    ResourceError
        Another process is about to publish the same.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with ExitStack() as stack:
        try:
            lock = path.with_name(f".{path.name}.lock")
            stack.enter_context(sole_use(lock, of=path, otherwise="name another with -o or --database"))
            for leftover in path.parent.iterdir():
                if leftover.name.startswith(f".{path.name}.") and ".part" in leftover.suffixes:
                    leftover.unlink()
        except OSError as error:
            raise DeliveryError(str(path.parent), "cannot be written", reason=str(error.strerror)) from error
        try:
            yield beside
            _put_in_place(beside, path)
        finally:
            for leftover in (beside, beside.with_name(beside.name + ".wal")):
                leftover.unlink(missing_ok=True)


def _put_in_place(beside: Path, path: Path) -> None:
    try:
        # What another program wrote to the database before, and did not end, would be taken for this one's.
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        os.replace(beside, path)  # noqa: PTH105
    except OSError as error:
        raise DeliveryError(str(path), "cannot be put in place", reason=str(error.strerror)) from error
