"""Folders that go with the work they are for, or with the next work in the same place if that was killed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from balance_sync.errors import ResourceError
from balance_sync.store.sole_use import sole_use

SPILL = ".spill-"
"""What does not fit into memory."""

REPORTS = ".reports-"
"""Reports that are not finished."""

_LOCK = "in-use.lock"


@contextmanager
def temporary_folder(directory: Path, prefix: str) -> Iterator[Path]:
    """Give a new folder within `directory`, and remove it in the end, and `directory` if it was made for it.

    Folders of that `prefix` that killed programs have left there are removed before: nobody holds them.

    Raises
    ------
    OSError
        The folder cannot be made.
    """
    is_new = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    for left in sorted(directory.glob(f"{prefix}*")):
        with suppress(ResourceError, OSError), _held(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=directory))
    with _held(folder):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if is_new:
                with suppress(OSError):
                    directory.rmdir()


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    with sole_use(folder / _LOCK, of=folder, otherwise="name another folder with -o"):
        yield
