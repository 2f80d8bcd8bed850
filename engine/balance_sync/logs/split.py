r"""Text to events: where each event starts, on which line, and when it was logged.

An event starts on a line that begins with ``YYYY-MM-DDTHH:MM:SS.mmmZ`` and a space, and runs to
the next such line. Lines end at ``\n`` alone: a carriage return, U+2028 or U+0085 inside an
event is part of it. Every byte of the text falls into exactly one event; text before a source's
first event becomes an event without a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.sources.batching import TextPiece

STAMP_BYTES = 25
"""Length of ``2023-12-12T12:35:10.263Z `` with its space."""

_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 22)
_SIGNS = ((10, "T"), (23, "Z"), (24, " "), (4, "-"), (7, "-"), (13, ":"), (16, ":"), (19, "."))


def split_events(pieces: Sequence[TextPiece]) -> pl.DataFrame:
    """Cut the text of `pieces` into events.

    Returns
    -------
    DataFrame
        In the order of the text: ``piece`` UInt32 (position in `pieces`), ``line`` Int64 (1-based,
        in the source), ``at`` Datetime[us, UTC] (null for text before the first event and for
        impossible times) and ``text`` Binary (with its line breaks).
    """
    texts = [_with_final_break(piece.text) for piece in pieces]
    buffer = b"".join(texts)
    if not buffer:
        return _empty()
    octets = np.frombuffer(buffer, dtype=np.uint8)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    piece_starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    breaks = np.flatnonzero(octets == ord("\n"))
    starts, is_stamped = _event_starts(octets, breaks, piece_starts[lengths > 0])
    piece = np.searchsorted(piece_starts, starts, side="right") - 1
    first_lines = np.array([piece.first_line for piece in pieces], dtype=np.int64)
    breaks_before_piece = np.searchsorted(breaks, piece_starts)
    line = np.searchsorted(breaks, starts) - breaks_before_piece[piece] + first_lines[piece]
    at, is_time = _times(octets, starts, is_stamped)
    return pl.DataFrame(
        {
            "piece": pl.Series(piece, dtype=pl.UInt32),
            "line": pl.Series(line, dtype=pl.Int64),
            "at": pl.Series(at, dtype=pl.Int64),
            "text": _slices(buffer, starts),
        }
    ).with_columns(pl.when(pl.Series(is_time)).then(pl.col("at")).cast(pl.Datetime("us", "UTC")).alias("at"))


def _with_final_break(text: bytes) -> bytes:
    return text if not text or text.endswith(b"\n") else text + b"\n"


def _empty() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "piece": pl.UInt32,
            "line": pl.Int64,
            "at": pl.Datetime("us", "UTC"),
            "text": pl.Binary,
        }
    )


def _event_starts(
    octets: NDArray[np.uint8], breaks: NDArray[np.int64], piece_starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the offsets of events in order, and which of them begin with a time stamp."""
    stamped = np.concatenate([piece_starts, breaks[:-1] + 1])
    stamped = stamped[stamped <= len(octets) - STAMP_BYTES]
    # The sign that tells most other lines apart comes first: what is left is little.
    for offset, sign in _SIGNS:
        stamped = stamped[octets[stamped + offset] == ord(sign)]
    for offset in _DIGITS:
        stamped = stamped[(octets[stamped + offset] - ord("0")) < 10]
    stamped = np.unique(stamped)
    starts = np.unique(np.concatenate([stamped, piece_starts]))
    is_stamped = np.zeros(len(starts), dtype=np.bool_)
    is_stamped[np.searchsorted(starts, stamped)] = True
    return starts, is_stamped


def _times(
    octets: NDArray[np.uint8], starts: NDArray[np.int64], is_stamped: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return microseconds since 1970 in UTC, and where they are a time at all."""
    at = np.zeros(len(starts), dtype=np.int64)
    stamped = starts[is_stamped]

    def number(offset: int, digits: int) -> NDArray[np.int64]:
        value = np.zeros(len(stamped), dtype=np.int64)
        for position in range(offset, offset + digits):
            value = value * 10 + (octets[stamped + position].astype(np.int64) - ord("0"))
        return value

    year, month, day = number(0, 4), number(5, 2), number(8, 2)
    hour, minute, second, milli = number(11, 2), number(14, 2), number(17, 2), number(20, 3)
    months = (np.maximum(year, 1) - 1970) * 12 + np.clip(month, 1, 12) - 1
    first_of_month = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    first_of_next = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = first_of_month + day - 1
    possible = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1) & (days < first_of_next)
    possible &= (hour < 24) & (minute < 60) & (second < 60)
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    at[is_stamped] = seconds * 1_000_000 + milli * 1000
    is_time = np.zeros(len(starts), dtype=np.bool_)
    is_time[is_stamped] = possible
    return at, is_time


def _slices(buffer: bytes, starts: NDArray[np.int64]) -> pl.Series:
    """Return the text from each start to the next as one Binary column, without copying it first."""
    offsets = np.append(starts, len(buffer)).astype(np.int64)
    array = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(starts), [None, pa.py_buffer(offsets), pa.py_buffer(buffer)]
    )
    return pl.Series("text", array)
