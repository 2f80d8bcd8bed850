"""Bytes that come one piece after the other: looked at before they are taken, and counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from balance_sync.limits import RATIO_FREE_BYTES, Limits


class LimitReachedError(Exception):
    """A file unfolds to more than its limits allow; says what and where."""


class TooDeepError(LimitReachedError):
    """A layer lies deeper than is allowed; what is beside it can be read."""


class Meter:
    """Counts what one file unfolds to.

    Parameters
    ----------
    limits
        What is allowed.
    file_bytes
        Size of the file on disk.
    """

    def __init__(self, limits: Limits, file_bytes: int) -> None:
        self.limits = limits
        self._unpacked = 0
        self._members = 0
        self._by_ratio = max(limits.ratio * file_bytes, RATIO_FREE_BYTES)

    def unpack(self, size: int) -> None:
        """Count `size` bytes that a layer gave, or raise `LimitReachedError`."""
        self._unpacked += size
        if self._unpacked > self._by_ratio:
            raise LimitReachedError(
                f"stopped after {self._unpacked:,} unpacked bytes: more than {self.limits.ratio} times the "
                "size of the file (--max-ratio)"
            )
        if self._unpacked > self.limits.unpacked_bytes:
            raise LimitReachedError(
                f"stopped after {self._unpacked:,} unpacked bytes: that is the limit (--max-unpacked)"
            )

    def has_room(self, size: int) -> bool:
        """Return whether `size` bytes more are allowed."""
        return self._unpacked + size <= min(self._by_ratio, self.limits.unpacked_bytes)

    def enter(self, depth: int) -> None:
        """Enter a layer at `depth`, or raise `TooDeepError`."""
        if depth > self.limits.depth:
            raise TooDeepError(f"not opened: more than {self.limits.depth} layers deep (--max-depth)")

    def count_member(self) -> None:
        """Count a member of an archive, or raise `LimitReachedError`."""
        self._members += 1
        if self._members > self.limits.members:
            raise LimitReachedError(f"stopped after {self.limits.members:,} members (--max-members)")


class Stream:
    """Bytes of `pieces`, taken in any amounts.

    Attributes
    ----------
    position
        How many bytes were taken.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        # Looked at and not taken; of the first one, what begins at `_at`.
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._at = 0
        self.position = 0

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes (fewer where it ends) and leave them."""
        while self._held_bytes < size and (piece := next(self._pieces, None)) is not None:
            self._held.append(piece)
            self._held_bytes += len(piece)
        if not self._held:
            return b""
        first = self._held[0][self._at : self._at + size]
        if len(first) == size or len(self._held) == 1:
            return first
        return b"".join([first, *islice(self._held, 1, None)])[:size]

    def held(self) -> bytes:
        """Return what was looked at and is not taken."""
        return self.peek(self._held_bytes)

    def read(self, size: int) -> bytes:
        """Take the next `size` bytes; fewer only where it ends."""
        taken = self.peek(size)
        self._held_bytes -= len(taken)
        self.position += len(taken)
        at = self._at + len(taken)
        while self._held and at >= len(self._held[0]):
            at -= len(self._held.popleft())
        self._at = at
        return taken

    def give_back(self, taken: bytes) -> None:
        """Put bytes back that were taken last."""
        if self._at >= len(taken) and self._held:
            self._at -= len(taken)
        elif taken:
            if self._at:
                self._held[0] = self._held[0][self._at :]
            self._held.appendleft(taken)
            self._at = 0
        self._held_bytes += len(taken)
        self.position -= len(taken)

    def rest(self) -> Iterator[bytes]:
        """Take everything, in the pieces in which it comes."""
        while self._held:
            piece = self._held.popleft()[self._at :]
            self._at = 0
            self._held_bytes -= len(piece)
            self.position += len(piece)
            if piece:
                yield piece
        for piece in self._pieces:
            self.position += len(piece)
            if piece:
                yield piece

    def skip_to(self, mark: bytes) -> int:
        """Take everything before the next `mark`; return how much, and all where there is none."""
        begin, window = self.position, 1 << 16
        while True:
            ahead = self.peek(window)
            found = ahead.find(mark)
            if found >= 0:
                self.read(found)
                return self.position - begin
            if len(ahead) < window:
                self.read(len(ahead))
                return self.position - begin
            self.read(len(ahead) - len(mark) + 1)


_LARGEST_LINE = 8 << 20


def iter_lines(stream: Stream) -> Iterator[bytes]:
    """Give out the lines of `stream`, each with its line feed; a line that goes on and on in parts."""
    held: list[bytes] = []
    size = 0
    for piece in stream.rest():
        *whole, last = piece.split(b"\n")
        for line in whole:
            yield b"".join(held) + line + b"\n"
            held, size = [], 0
        held.append(last)
        size += len(last)
        if size > _LARGEST_LINE:
            yield b"".join(held)
            held, size = [], 0
    if held and any(held):
        yield b"".join(held)
