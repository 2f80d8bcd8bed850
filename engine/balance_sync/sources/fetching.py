"""Objects of a bucket, fetched side by side: an answer takes tens of milliseconds, however small it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from balance_sync.sources.buckets import is_remote

if TYPE_CHECKING:
    from concurrent.futures import Future

    from balance_sync.sources.objects import RemoteObject
    from balance_sync.sources.source import Source

_AT_ONCE = 32
"""Objects that are fetched at a time, in each process that reads."""


@contextmanager
def fetch_ahead(files: Sequence[Source]) -> Iterator[dict[str, Future[RemoteObject]]]:
    """Begin to fetch those of `files` that are objects; give what they will be, by their addresses.

    Parameters
    ----------
    files
        So small that all of them may be held. One alone need not be: it is left to be streamed.
    """
    remote = [file.path for file in files if is_remote(file.path)] if len(files) > 1 else []
    if not remote:
        yield {}
        return
    # Only who names a bucket needs them.
    from concurrent.futures import ThreadPoolExecutor

    from balance_sync.sources.objects import RemoteObject

    pool = ThreadPoolExecutor(min(_AT_ONCE, len(remote)), thread_name_prefix="fetch")
    try:
        yield {path: pool.submit(RemoteObject(path).fetched) for path in remote}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
