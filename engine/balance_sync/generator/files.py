"""Puts streams into gzip files: one a stream, or all in one, on one core or several.

The bytes depend on the text alone: who compresses a file, and when, leaves no trace in it.
"""

from __future__ import annotations

import queue
import threading
import zlib
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

_LEVEL = 6
_GZIP = 31
_BATCH_BYTES = 2_000_000
_PIECE_BYTES = 1_000_000
_QUEUED = 4


class ArchiveFiles(Protocol):
    """Where streams go; after `close` the counts are complete."""

    files: int
    gzip_bytes: int

    def add(self, stream: str, text: bytes) -> None:
        """Take one stream's text; `stream` names its folder."""

    def close(self) -> None:
        """Write what is left."""

    def abandon(self) -> None:
        """Stop after a failure; what was written stays."""


class FolderFiles:
    """A folder and a gzip file for each stream, as an export lays them out.

    Parameters
    ----------
    root
        The export's folder; made where it is missing.
    workers
        1 compresses here; more start so many processes less one beside this one.
    """

    def __init__(self, root: Path, *, workers: int) -> None:
        self.files = 0
        self.gzip_bytes = 0
        self._root = root
        self._batch: list[tuple[str, bytes]] = []
        self._batch_bytes = 0
        self._pending: deque[Future[int]] = deque()
        self._limit = 2 * workers
        self._pool = None
        if workers > 1:
            self._pool = ProcessPoolExecutor(max_workers=workers - 1, mp_context=get_context("spawn"))
        root.mkdir(parents=True, exist_ok=True)

    def add(self, stream: str, text: bytes) -> None:
        """Take one stream's text; `stream` names its folder."""
        self.files += 1
        self._batch.append((stream, text))
        self._batch_bytes += len(text)
        if self._batch_bytes >= _BATCH_BYTES:
            self._hand_over()

    def close(self) -> None:
        """Write what is left and wait for it."""
        self._hand_over()
        while self._pending:
            self.gzip_bytes += self._pending.popleft().result()
        if self._pool is not None:
            self._pool.shutdown()

    def abandon(self) -> None:
        """Stop after a failure; what was written stays."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _hand_over(self) -> None:
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        if self._pool is None:
            self.gzip_bytes += write_files(self._root, batch)
            return
        self._pending.append(self._pool.submit(write_files, self._root, batch))
        while len(self._pending) > self._limit:
            self.gzip_bytes += self._pending.popleft().result()


def write_files(root: Path, batch: list[tuple[str, bytes]]) -> int:
    """Write each text as ``<root>/<stream>/000000.gz`` and return how many bytes that took."""
    written = 0
    for stream, text in batch:
        folder = root / stream
        folder.mkdir()
        packed = zlib.compress(text, _LEVEL, wbits=_GZIP)
        (folder / "000000.gz").write_bytes(packed)
        written += len(packed)
    return written


class GiantFile:
    """One gzip file with the streams one after the other, written as they come.

    A thread compresses (zlib lets other threads run meanwhile) when `workers` is more than 1. At
    most a few pieces of a megabyte are held.
    """

    def __init__(self, path: Path, *, workers: int) -> None:
        self.files = 1
        self.gzip_bytes = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._out = path.open("wb")
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._piece = bytearray()
        self._queue: queue.Queue[bytes | None] = queue.Queue(_QUEUED)
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._drain, daemon=True) if workers > 1 else None
        if self._thread is not None:
            self._thread.start()

    def add(self, stream: str, text: bytes) -> None:  # noqa: ARG002 - one file has one name
        """Take one stream's text."""
        self._piece += text
        if len(self._piece) >= _PIECE_BYTES:
            self._hand_over()

    def close(self) -> None:
        """Write what is left and close the file."""
        self._hand_over()
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            if self._failure is not None:
                raise self._failure
        self.gzip_bytes += self._out.write(self._packer.flush())
        self._out.close()

    def abandon(self) -> None:
        """Stop after a failure; what was written stays."""
        if self._thread is not None and self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        self._out.close()

    def _hand_over(self) -> None:
        piece, self._piece = bytes(self._piece), bytearray()
        if self._thread is None:
            self._pack(piece)
        else:
            self._queue.put(piece)

    def _pack(self, piece: bytes) -> None:
        self.gzip_bytes += self._out.write(self._packer.compress(piece))

    def _drain(self) -> None:
        """Pack pieces until the closing None; after a failure, only take them off the queue."""
        while (piece := self._queue.get()) is not None:
            if self._failure is None:
                try:
                    self._pack(piece)
                except OSError as error:
                    self._failure = error
