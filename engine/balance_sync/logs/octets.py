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

_INLINE = 12


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
        self._words = _overlapping(self.data, "<u8")
        self._quarters = _overlapping(self.data, "<i4")

    def words(self, at: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return the eight octets from each place of `at` on as one number, the first octet lowest."""
        return self._words[at]

    def begins(self, at: NDArray[np.int64], prefix: bytes) -> NDArray[np.bool_]:
        """Return at which places `prefix` stands."""
        same = np.ones(len(at), dtype=np.bool_)
        for offset in range(0, len(prefix), 8):
            head, mask = head_word(prefix[offset:])
            same &= (self.words(at + offset) & mask) == head
        return same

    def places(self, octet: bytes) -> NDArray[np.int64]:
        """Return where in the text `octet` stands."""
        return np.flatnonzero(self.array[: self.size] == ord(octet))

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

    def _views(self, kind: pa.DataType, begin: NDArray[np.int64], end: NDArray[np.int64]) -> pa.Array:
        lengths = end - begin
        views = np.zeros((len(begin), 4), dtype=np.int32)
        views[:, 0] = lengths
        views[:, 1] = self._quarters[begin]
        views[:, 3] = begin
        self._inline(views, begin, lengths)
        buffers = [None, pa.py_buffer(views), pa.py_buffer(self.data)]
        return pa.Array.from_buffers(kind, len(begin), buffers)

    def _inline(
        self, views: NDArray[np.int32], begin: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> None:
        """Put short texts into their views, as the format of view arrays has it, with zeros behind them."""
        short = np.flatnonzero(lengths <= _INLINE)
        at, size = begin[short], lengths[short]
        words = self._words[at]
        words &= _LOW_OCTETS[np.minimum(size, 8)]
        rest = self._quarters[at + 8] & _LOW_OCTETS[np.maximum(size - 8, 0)].astype(np.int32)
        views[short, 1] = words.astype(np.uint32).view(np.int32)
        views[short, 2] = (words >> np.uint64(32)).astype(np.uint32).view(np.int32)
        views[short, 3] = rest


_LOW_OCTETS = np.array([(1 << (8 * count)) - 1 for count in range(9)], dtype=np.uint64)


def head_word(prefix: bytes) -> tuple[np.uint64, np.uint64]:
    """Return the first eight octets of `prefix` as a number, and the mask of as many as it has."""
    head = prefix[:8]
    return np.uint64(int.from_bytes(head, "little")), np.uint64((1 << (8 * len(head))) - 1)


def _overlapping(data: bytes, kind: str) -> NDArray[np.generic]:
    """Return the numbers that begin at each octet of `data`, as a view of it."""
    first = np.frombuffer(data, dtype=kind, count=1)
    places = len(data) - first.itemsize + 1
    return np.lib.stride_tricks.as_strided(first, shape=(places,), strides=(1,), writeable=False)
