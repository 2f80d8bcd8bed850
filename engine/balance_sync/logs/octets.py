"""The text of a batch as octets: compared at many places at once, and cut into strings without copying.

Numpy reads eight octets at any place as one number, so that a prefix of ten thousand events is one
comparison. Arrow's view arrays let a column be a list of places in the text itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from balance_sync.logs.decoding import decoded_series

if TYPE_CHECKING:
    from numpy.typing import NDArray

PADDING = 256
"""Zero octets behind the text, so that looking a little beyond its end needs no care."""

_BLOCK = 1 << 18
_INLINE = 12
_HALF = np.uint64(32)
_LOW_OCTETS = np.array([(1 << (8 * count)) - 1 for count in range(9)], dtype=np.uint64)


class Octets:
    """Texts joined into one buffer.

    Parameters
    ----------
    texts
        Each ends with a line feed or is empty. Together at most 2 GiB, as Arrow's views count in 32 bits.
    """

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.data = b"".join([*texts, bytes(PADDING)])
        self.size = len(self.data) - PADDING
        self.array: NDArray[np.uint8] = np.frombuffer(self.data, dtype=np.uint8)
        self._words = _overlapping_words(self.data)

    def words(self, at: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return the eight octets from each place of `at` on as one number, the first octet lowest."""
        return self._words[at]

    def begins(self, at: NDArray[np.int64], prefix: bytes) -> NDArray[np.bool_]:
        """Return at which places `prefix` stands."""
        head, mask = head_word(prefix)
        if len(prefix) <= 8:
            return (self.words(at) & mask) == head
        same = self.words(at) == head
        # The last word may overlap the one before it, so that none needs a mask.
        for offset in (*range(8, len(prefix) - 8, 8), len(prefix) - 8):
            same &= self.words(at + offset) == head_word(prefix[offset:])[0]
        return same

    def begin_all(self, at: NDArray[np.int64], prefixes: Sequence[bytes]) -> NDArray[np.bool_]:
        """Return in which rows of `at`, shape (rows, prefixes), each prefix stands at its place."""
        # All words of a row in one go: its text is then in the processor's cache.
        words = [(column, offset) for column, prefix in enumerate(prefixes) for offset in range(0, len(prefix), 8)]
        heads = [head_word(prefixes[column][offset:]) for column, offset in words]
        places = at[:, [column for column, _ in words]] + [offset for _, offset in words]
        wanted, mask = (np.array(numbers, dtype=np.uint64) for numbers in zip(*heads, strict=True))
        same = (self.words(places) & mask) == wanted
        return np.ones(len(at), dtype=np.bool_) if same.all() else same.all(axis=1)

    def blocks(self, at: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
        """Return the `width` octets from each place on, shape (places, width); at most `PADDING`."""
        first = np.frombuffer(self.data, dtype=f"V{width}", count=1)
        places = len(self.data) - width + 1
        overlapping = np.lib.stride_tricks.as_strided(first, shape=(places,), strides=(1,), writeable=False)
        return overlapping[at].view(np.uint8).reshape(len(at), width)

    def lengths_before(self, at: NDArray[np.int64], sign: bytes) -> NDArray[np.int64]:
        """Return how many octets stand between each place and the next `sign`: 16 where that is farther."""
        lengths = _octets_before(self.words(at), sign)
        farther = np.flatnonzero(lengths == 8)
        lengths[farther] += _octets_before(self.words(at[farther] + 8), sign)
        return lengths

    def places(self, octet: bytes) -> NDArray[np.int64]:
        """Return where in the text `octet` stands."""
        sign = ord(octet)
        blocks = range(0, self.size, _BLOCK)
        # In blocks that the processor's cache holds: three times as fast as all at once.
        found = [np.flatnonzero(self.array[at : min(at + _BLOCK, self.size)] == sign) + at for at in blocks]
        return np.concatenate(found) if found else np.empty(0, dtype=np.int64)

    @cached_property
    def is_utf8(self) -> bool:
        """Whether the text as a whole is UTF-8."""
        try:
            pl.Series([self.data], dtype=pl.Binary).cast(pl.String)
        except pl.exceptions.ComputeError:
            return False
        return True

    def binaries(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> pl.Series:
        """Return the octets of each ``[begin, end)`` as a Binary series that refers to the text."""
        return pl.Series(self._views(pa.binary_view(), begin, end))

    def strings(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> pl.Series:
        """Return each ``[begin, end)`` as a String series, null where it is not UTF-8.

        No boundary may cut a character of several octets in two.
        """
        if self.is_utf8:
            return pl.Series(self._views(pa.string_view(), begin, end))
        return decoded_series(self.binaries(begin, end))

    def string_columns(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> list[pl.Series]:
        """Return the columns of ``[begin, end)``, both of shape (rows, columns), as `strings` does."""
        rows, columns = begin.shape
        texts = self.strings(begin.T.ravel(), end.T.ravel())
        return [texts.slice(column * rows, rows) for column in range(columns)]

    def _views(self, kind: pa.DataType, begin: NDArray[np.int64], end: NDArray[np.int64]) -> pa.Array:
        # A view is a length and the first four octets; then, of a text of more than twelve, a buffer's
        # number (0) and a place in it, and of a shorter one the other octets, with zeros behind them.
        length = (end - begin).view(np.uint64)
        first = self._words[begin]
        views = np.empty((len(begin), 2), dtype=np.uint64)
        views[:, 0] = length | (first << _HALF)
        views[:, 1] = begin.view(np.uint64) << _HALF
        is_short = length <= _INLINE
        if is_short.any():
            size = np.minimum(length, _INLINE)
            inline = (first & _LOW_OCTETS[np.minimum(size, 4)]) << _HALF
            views[:, 0] = np.where(is_short, length | inline, views[:, 0])
            rest = self._words[begin + 4] & _LOW_OCTETS[np.maximum(size, 4) - np.uint64(4)]
            views[:, 1] = np.where(is_short, rest, views[:, 1])
        buffers = [None, pa.py_buffer(views), pa.py_buffer(self.data)]
        return pa.Array.from_buffers(kind, len(begin), buffers)


def _octets_before(words: NDArray[np.uint64], sign: bytes) -> NDArray[np.int64]:
    """Return how many octets of each word precede the first `sign`: 8 where there is none."""
    difference = words ^ np.uint64(int.from_bytes(sign * 8, "little"))
    # The high bit of the lowest octet that is zero, and perhaps of some above it.
    zero = (difference - np.uint64(0x0101010101010101)) & ~difference & np.uint64(0x8080808080808080)
    below = zero & (~zero + np.uint64(1))
    return (np.bitwise_count(below - np.uint64(1)) >> 3).astype(np.int64)


def head_word(prefix: bytes) -> tuple[np.uint64, np.uint64]:
    """Return the first eight octets of `prefix` as a number, and the mask of as many as it has."""
    head = prefix[:8]
    return np.uint64(int.from_bytes(head, "little")), np.uint64((1 << (8 * len(head))) - 1)


def _overlapping_words(data: bytes) -> NDArray[np.uint64]:
    """Return the numbers that begin at each octet of `data`, as a view of it."""
    first = np.frombuffer(data, dtype="<u8", count=1)
    return np.lib.stride_tricks.as_strided(first, shape=(len(data) - 7,), strides=(1,), writeable=False)
