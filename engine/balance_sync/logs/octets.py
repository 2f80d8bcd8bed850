"""The text of a batch as octets: compared at many places at once, and cut into strings without copying.

Numpy reads eight octets at any place as one number, so that a prefix of ten thousand events is one
comparison. Arrow's view arrays let a column be a list of places in the text itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from balance_sync import compiled
from balance_sync.logs.decoding import decoded_series
from balance_sync.logs.series import series_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PADDING = 256
"""Zero octets behind the text, so that looking a little beyond its end needs no care."""

_SCANNED_AT_ONCE = 1 << 18
_ROWS_AT_ONCE = 4096
"""Rows that are looked at together: as many as the processor's cache holds."""
_USUAL_REPEATS = 3
"""Signs that are taken off all ends at once: line breaks at the end of an event are two, and seldom three."""
_INLINE = 12
_HALF = np.uint64(32)
_LOW_OCTETS = np.array([(1 << (8 * count)) - 1 for count in range(9)], dtype=np.uint64)
_ONES = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)


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
        self._words: NDArray[np.uint64] = _overlapping(self.data, np.dtype("<u8"))

    def words(self, at: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return the eight octets from each place of `at` on as one number, the first octet lowest."""
        return self._words[at]

    def begins(self, at: NDArray[np.int64], prefix: bytes) -> NDArray[np.bool_]:
        """Return at which places `prefix` stands."""
        (_, first, mask), *others = words_of(prefix)
        same: NDArray[np.bool_] = (self.words(at) & mask) == first
        for offset, wanted, _ in others:
            same &= self.words(at + offset) == wanted
        return same

    def rows(self, at: NDArray[np.int64], width: int) -> Rows:
        """Return the octets from each place on, `width` of them and eight more.

        One copy of a row costs less than two looks at it where it is: for what is looked at often.
        """
        return Rows(self.copies(at, width + 8))

    def copies(self, at: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
        """Return the `width` octets from each place on; at most `PADDING`. Shape (places, width)."""
        copied: NDArray[np.uint8] = _overlapping(self.data, np.dtype(f"V{width}"))[at].view(np.uint8)
        return copied.reshape(len(at), width)

    def places(self, octet: bytes) -> NDArray[np.int64]:
        """Return where in the text `octet` stands."""
        sign = ord(octet)
        # In blocks that the processor's cache holds: faster than all at once.
        blocks = ((at, self.array[at : min(at + _SCANNED_AT_ONCE, self.size)]) for at in self._block_starts())
        found = [np.flatnonzero(block == sign) + at for at, block in blocks]
        return np.concatenate(found) if found else np.empty(0, dtype=np.int64)

    def differ_within(self, at: NDArray[np.int64], offset: int, length: int) -> NDArray[np.bool_]:
        """Return where the `length` octets from a place on are not those `offset` octets later."""
        if compiled.are_used():
            return compiled.passes.differ_within(self.array, at, offset, length)
        differ = np.zeros(len(at), dtype=np.bool_)
        for block in blocks(len(at), _ROWS_AT_ONCE):
            rows = self.rows(at[block], offset + length)
            for first in _word_offsets(length):
                differ[block] |= rows.words(first) != rows.words(offset + first)
        return differ

    def differ_from_last(self, at: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
        """Return where the `length` octets from a place on are not those from the one before; first true."""
        differ = np.zeros(len(at), dtype=np.bool_)
        differ[:1] = True
        for block in blocks(len(at), _ROWS_AT_ONCE):
            # One more before the block, to compare its first with.
            rows = self.rows(at[max(block.start - 1, 0) : block.stop], length)
            for first in _word_offsets(length):
                words = rows.words(first)
                differ[max(block.start, 1) : block.stop] |= words[1:] != words[:-1]
        return differ

    def ends_without(
        self, start: NDArray[np.int64], end: NDArray[np.int64], octet: bytes
    ) -> NDArray[np.int64]:
        """Return where each ``[start, end)`` ends once every `octet` is taken off its end."""
        ends = end.copy()
        for _ in range(_USUAL_REPEATS):
            ends -= (ends > start) & (self.array[ends - 1] == ord(octet))
        for row in np.flatnonzero((ends > start) & (self.array[ends - 1] == ord(octet))).tolist():
            begin = int(start[row])
            ends[row] = begin + len(self.data[begin : int(ends[row])].rstrip(octet))
        return ends

    def _block_starts(self) -> range:
        return range(0, self.size, _SCANNED_AT_ONCE)

    @cached_property
    def is_utf8(self) -> bool:
        """Whether the text as a whole is UTF-8."""
        whole = self.binaries(np.array([0]), np.array([self.size]))
        try:
            whole.cast(pl.String)
        except pl.exceptions.ComputeError:
            return False
        return True

    def binaries(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> pl.Series:
        """Return the octets of each ``[begin, end)`` as a Binary series that refers to the text."""
        return series_of(pl.Binary, self._views(begin, end), text=self.data)

    def strings(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> pl.Series:
        """Return each ``[begin, end)`` as a String series, null where it is not UTF-8.

        No boundary may cut a character of several octets in two.
        """
        return self.viewed_strings(self._views(begin, end))

    def viewed_strings(self, views: NDArray[np.uint64]) -> pl.Series:
        """Return the texts that `views` (as `text_views` gives them) name, as `strings` does."""
        if self.is_utf8:
            return series_of(pl.String, views, text=self.data)
        return decoded_series(series_of(pl.Binary, views, text=self.data))

    def _views(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.uint64]:
        if compiled.are_used():
            return compiled.passes.views(self.array, begin, end)
        return text_views(begin, end - begin, self._words[begin], self._words[begin + 4])


class Rows:
    """Copies of the same number of octets from several places of a text, a row for each."""

    def __init__(self, octets: NDArray[np.uint8]) -> None:
        self.octets = octets

    def words(self, offset: int) -> NDArray[np.uint64]:
        """Return the eight octets of each row from `offset` on as one number, the first octet lowest."""
        words: NDArray[np.uint64] = self.octets[:, offset : offset + 8].view("<u8")[:, 0]
        return words

    def have(self, offset: int, text: bytes) -> NDArray[np.bool_]:
        """Return which rows have `text` at `offset`."""
        (_, first, mask), *others = words_of(text)
        same: NDArray[np.bool_] = (self.words(offset) & mask) == first
        for at, wanted, _ in others:
            same &= self.words(offset + at) == wanted
        return same

    def lengths_before(self, offset: int, sign: bytes) -> NDArray[np.int64]:
        """Return how many octets stand between `offset` and the next `sign`: 16 where that is farther."""
        lengths = _octets_before(self.words(offset), sign)
        farther = lengths == 8
        if farther.any():
            lengths[farther] += _octets_before(self.words(offset + 8)[farther], sign)
        return lengths


def _word_offsets(length: int) -> tuple[int, ...]:
    """Return where words begin that cover `length` octets, eight or more."""
    return (*range(0, length - 8, 8), length - 8)


def blocks(rows: int, size: int) -> Iterator[slice]:
    """Yield slices of at most `size` that cover so many `rows`."""
    for begin in range(0, rows, size):
        yield slice(begin, min(begin + size, rows))


def text_views(
    begin: NDArray[np.int64], length: NDArray[np.int64], first: NDArray[np.uint64], fifth: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Return how Arrow's view arrays name texts: two numbers for each, shape (texts, 2).

    A length and the first four octets; then, of a text of more than twelve, a buffer's number (0) and a
    place in it, and of a shorter one the other octets, with zeros behind them.

    Parameters
    ----------
    first, fifth
        The words that begin with the first and with the fifth octet of each text.
    """
    size = length.view(np.uint64)
    views = np.empty((len(begin), 2), dtype=np.uint64)
    is_short = length <= _INLINE
    if not is_short.any():
        views[:, 0] = size | (first << _HALF)
        views[:, 1] = begin.view(np.uint64) << _HALF
        return views
    # Long texts have more than four octets, so that none of them is masked away.
    views[:, 0] = size | ((first & _LOW_OCTETS[:5].take(length, mode="clip")) << _HALF)
    rest = fifth & _LOW_OCTETS.take(length - 4, mode="clip")
    views[:, 1] = np.where(is_short, rest, begin.view(np.uint64) << _HALF)
    return views


def short_view(text: bytes) -> NDArray[np.uint64]:
    """Return how `text_views` names a text of at most twelve octets; shape (2,)."""
    return np.frombuffer(len(text).to_bytes(4, "little") + text.ljust(_INLINE, b"\0"), dtype="<u8")


def word(text: bytes) -> np.uint64:
    """Return the first eight octets of `text` as a number, as `Octets.words` does."""
    return np.uint64(int.from_bytes(text[:8], "little"))


@cache
def words_of(text: bytes) -> tuple[tuple[int, np.uint64, np.uint64], ...]:
    """Return words that cover `text`: where each begins, the word, and the mask of what belongs to the text.

    Only a text of less than eight octets needs its mask: else the last word overlaps the one before it.
    """
    offsets = _word_offsets(len(text)) if len(text) >= 8 else (0,)
    mask = _LOW_OCTETS[min(len(text), 8)]
    return tuple((offset, word(text[offset:]), mask) for offset in offsets)


def _octets_before(words: NDArray[np.uint64], sign: bytes) -> NDArray[np.int64]:
    """Return how many octets of each word precede the first `sign`: 8 where there is none."""
    difference = words ^ word(sign * 8)
    # The high bit of the lowest octet that is zero, and perhaps of some above it.
    zero = (difference - _ONES) & ~difference & _HIGH_BITS
    below = zero & (~zero + np.uint64(1))
    return (np.bitwise_count(below - np.uint64(1)) >> 3).astype(np.int64)


def _overlapping(data: bytes, kind: np.dtype[Any]) -> NDArray[Any]:
    """Return the values that begin at each octet of `data`, as a view of it."""
    first = np.frombuffer(data, dtype=kind, count=1)
    places = len(data) - first.itemsize + 1
    return np.lib.stride_tricks.as_strided(first, shape=(places,), strides=(1,), writeable=False)
