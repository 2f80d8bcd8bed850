"""A folder for what does not fit into memory: it goes with the work, or with the next if that was killed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from balance_sync.errors import ResourceError
from balance_sync.store.sole_use import sole_use

_PREFIX = ".spill-"
_LOCK = "in-use.lock"


@contextmanager
def spilled_within(directory: Path) -> Iterator[Path]:
    """Give a new folder within `directory`, and remove it in the end, and `directory` if it was made for it.

    Folders that killed programs have left there are removed before: nobody holds them.

    Raises
    ------
    OSError
        The folder cannot be made.
    """
    is_new = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    for left in sorted(directory.glob(f"{_PREFIX}*")):
        with suppress(ResourceError, OSError), _held(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=directory))
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
