r"""Text to events: where each event starts, on which line, and when it was logged.

An event starts on a line that begins with ``YYYY-MM-DDTHH:MM:SS.mmmZ`` and a space, and runs to
the next such line. Lines end at ``\n`` alone: a carriage return, U+2028 or U+0085 inside an
event is part of it. Every byte of the text falls into exactly one event; text before a source's
first event becomes an event without a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.octets import Octets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.sources.batching import TextPiece

STAMP_BYTES = 25
"""Length of ``2023-12-12T12:35:10.263Z `` with its space."""

_TEMPLATE = b"0000-00-00T00:00:00.000Z "
"""A stamp in which every digit is a zero."""

_ZEROS = np.uint64(0x3030303030303030)
_HIGH_BITS = np.uint64(0x8080808080808080)
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a batch, in the order of their text; each array has an element for each event.

    Attributes
    ----------
    octets
        The text of all pieces, each ending with a line feed.
    start, end
        Where in `octets` the event is.
    piece
        Position of its piece in the batch.
    line
        1-based line in its source.
    at
        Microseconds since 1970 in UTC; means nothing unless `is_time`.
    is_stamped
        False for text before the first event of a piece.
    is_time
        Of stamped events, false for impossible times.
    first_line
        Position of the event's first line in `line_starts` and `line_ends`.
    line_starts, line_ends
        Where each line of the batch begins, and where its line feed is.
    """

    octets: Octets
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    piece: NDArray[np.int64]
    line: NDArray[np.int64]
    at: NDArray[np.int64]
    is_stamped: NDArray[np.bool_]
    is_time: NDArray[np.bool_]
    first_line: NDArray[np.int64]
    line_starts: NDArray[np.int64]
    line_ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)

    def times(self) -> pl.Series:
        """Return ``at`` Datetime[us, UTC], null where there is no time."""
        at = pl.Series("at", self.at)
        if not self.is_time.all():
            at = at.zip_with(pl.Series(self.is_time), pl.Series([None], dtype=pl.Int64))
        return at.cast(pl.Datetime("us", "UTC"))

    def frame(self) -> pl.DataFrame:
        """Return ``piece`` UInt32, ``line`` Int64, ``at`` and ``text`` Binary (with its line breaks)."""
        return pl.DataFrame(
            {
                "piece": pl.Series(self.piece, dtype=pl.UInt32),
                "line": pl.Series(self.line, dtype=pl.Int64),
                "at": self.times(),
                "text": self.octets.binaries(self.start, self.end),
            }
        )


def split_events(pieces: Sequence[TextPiece]) -> Events:
    """Cut the text of `pieces` into events."""
    texts = [_with_final_break(piece.text) for piece in pieces]
    octets = Octets(texts)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    piece_starts = np.cumsum(lengths) - lengths
    line_ends = octets.places(b"\n")
    line_starts = np.empty_like(line_ends)
    line_starts[:1] = 0
    line_starts[1:] = line_ends[:-1] + 1
    # Every piece ends with a line feed, so each that is not empty begins a line.
    piece_lines = np.searchsorted(line_starts, piece_starts)
    first_line, is_stamped = _event_lines(octets, line_starts, piece_lines[lengths > 0])
    start = line_starts[first_line]
    in_piece = np.diff(np.searchsorted(start, np.append(piece_starts, octets.size)))
    piece = np.repeat(np.arange(len(texts)), in_piece)
    first_lines = np.array([piece.first_line for piece in pieces], dtype=np.int64)
    at, is_time = _times(octets, start, is_stamped)
    return Events(
        octets=octets,
        start=start,
        end=np.append(start[1:], octets.size)[: len(start)],
        piece=piece,
        line=first_line - piece_lines[piece] + first_lines[piece],
        at=at,
        is_stamped=is_stamped,
        is_time=is_time,
        first_line=first_line,
        line_starts=line_starts,
        line_ends=line_ends,
    )


def _with_final_break(text: bytes) -> bytes:
    return text if not text or text.endswith(b"\n") else text + b"\n"


def _event_lines(
    octets: Octets, line_starts: NDArray[np.int64], piece_lines: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return which lines begin an event, in order, and which of those with a time stamp."""
    # The sign that tells most other lines apart comes first: what is left is little.
    stamped = np.flatnonzero(octets.array[line_starts + _TEMPLATE.index(b"T")] == ord("T"))
    for offset in (0, 8, 16, 24):
        places = line_starts[stamped] + offset
        stamped = stamped[_is_like(octets.words(places), _TEMPLATE[offset : offset + 8])]
    is_stamped = np.zeros(len(line_starts), dtype=np.bool_)
    is_stamped[stamped] = True
    begins = is_stamped.copy()
    begins[piece_lines] = True
    lines = np.flatnonzero(begins)
    return lines, is_stamped[lines]


def _is_like(words: NDArray[np.uint64], template: bytes) -> NDArray[np.bool_]:
    """Return which `words` have digits where `template` has zeros, and its other signs where they are."""
    digits = int.from_bytes(bytes(0xFF if sign == ord("0") else 0 for sign in template), "little")
    signs = int.from_bytes(bytes(0 if sign == ord("0") else 0xFF for sign in template), "little")
    wanted = int.from_bytes(bytes(0 if sign == ord("0") else sign for sign in template), "little")
    values = (words ^ _ZEROS) & np.uint64(digits)
    # A digit is at most 9: adding 0x76 to it leaves the high bit as it is.
    too_large = (values | (values + (np.uint64(0x7676767676767676) & np.uint64(digits)))) & _HIGH_BITS
    return ((words & np.uint64(signs)) == np.uint64(wanted)) & (too_large == 0)


def _times(
    octets: Octets, start: NDArray[np.int64], is_stamped: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return microseconds since 1970 in UTC, and where they are a time at all."""
    stamped = np.flatnonzero(is_stamped)
    places = start[stamped]
    days, is_day = _days(_pairs(octets.words(places)), _pairs(octets.words(places + 2)))
    clock, rest = _pairs(octets.words(places + 11)), _pairs(octets.words(places + 16))
    hour, minute, second = clock[:, 0], clock[:, 3], clock[:, 6]
    milliseconds = rest[:, 4].astype(np.int64) * 10 + octets.array[places + 22] - ord("0")
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    at = np.zeros(len(start), dtype=np.int64)
    is_time = np.zeros(len(start), dtype=np.bool_)
    at[stamped] = seconds * _MICROSECONDS + milliseconds * 1000
    is_time[stamped] = is_day & (hour < 24) & (minute < 60) & (second < 60)
    return at, is_time


def _pairs(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return, for each of the first seven octets of `words`, the number it makes with the next one.

    Where both are digits, that is; elsewhere anything. Shape (words, 8).
    """
    digits = words & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (digits * np.uint64(10) + (digits >> np.uint64(8))).view(np.uint8).reshape(-1, 8)


def _days(years: NDArray[np.uint8], rest: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return days since 1970, and whether there is such a day, from the pairs of a date's digits.

    `years` are the pairs from the date's first octet on, `rest` those from its third. Neighbours mostly
    share their day, so only changes are worked out.
    """
    key = rest.view(np.uint64).ravel() ^ (years[:, 0].astype(np.uint64) << np.uint64(56))
    changes = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else key.astype(int)
    year = years[changes, 0].astype(np.int64) * 100 + rest[changes, 0]
    month, day = rest[changes, 3].astype(np.int64), rest[changes, 6].astype(np.int64)
    months = (np.maximum(year, 1) - 1970) * 12 + np.clip(month, 1, 12) - 1
    first_of_month = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    first_of_next = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = first_of_month + day - 1
    is_day = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1) & (days < first_of_next)
    lengths = np.diff(np.append(changes, len(key)))
    return np.repeat(days, lengths), np.repeat(is_day, lengths)
