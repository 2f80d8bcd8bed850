"""Keeps two runs from writing to one place at once: each would clear away what the other has half written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from balance_sync.errors import ResourceError


@contextmanager
def sole_use(lock: Path, *, of: Path, otherwise: str) -> Iterator[None]:
    """Hold the file `lock` while the block runs; it is gone afterwards.

    The system lets go of it when a process ends, however it ends. The same process may hold it more than
    once.

    Parameters
    ----------
    lock
        Made with its folder where there is none.
    of
        What is used, as an error names it.
    otherwise
        What to do instead of waiting.

    Raises
    ------
    ResourceError
        Another process holds it.
    OSError
        The file cannot be made.
    """
    from filelock import FileLock, Timeout

    lock.parent.mkdir(parents=True, exist_ok=True)
    # That a file cannot be made looks to the lock as if another process held it.
    lock.open("ab").close()
    held = FileLock(lock, is_singleton=True, blocking=False)
    try:
        held.acquire()
    except Timeout as error:
        raise ResourceError(
            str(of), "another run is writing there", help=f"wait until it has ended, or {otherwise}"
        ) from error
    try:
        yield
    finally:
        if held.lock_counter == 1:
            # While it is held, so that nobody's new lock goes.
            with suppress(OSError):
                lock.unlink()
        held.release()
