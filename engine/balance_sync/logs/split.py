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

from balance_sync import compiled
from balance_sync.limits import FIRST_YEAR, LAST_YEAR
from balance_sync.logs.octets import Octets, blocks, word
from balance_sync.logs.rows import rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.sources.reading import TextPiece

STAMP_BYTES = 25
"""Length of ``2023-12-12T12:35:10.263Z `` with its space."""

_TEMPLATE = b"0000-00-00T00:00:00.000Z "
"""A stamp in which every digit is a zero."""

_TEMPLATE_WORDS = tuple(
    # What lifts a value that is more than a digit, or more than no difference, to its high bit.
    (offset, word(part), word(bytes(0x76 if sign == ord("0") else 0x7F for sign in part)))
    for offset, part in ((0, _TEMPLATE[:8]), (8, _TEMPLATE[8:16]), (16, _TEMPLATE[16:24]))
)
_HIGH_BITS = np.uint64(0x8080808080808080)
_MICROSECONDS = 1_000_000
_BLOCK = 4096
"""Lines that are looked at together: as many as the processor's cache holds."""


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a batch, in the order of their text; each array has an element for each event.

    Attributes
    ----------
    octets
        The text of all pieces, each ending with a line feed.
    start, end
        Where in `octets` the event is.
    text_end
        Where it ends without its final line breaks, which depend on where the file was cut.
    piece
        Position of its piece in the batch.
    line
        1-based line in its source.
    at
        Microseconds since 1970 in UTC; means nothing unless `is_time`.
    is_stamped
        False for text before the first event of a piece.
    is_time
        Of stamped events, false for impossible times, among them those of other years than
        `balance_sync.limits` has.
    first_line
        Position of the event's first line in `line_ends`.
    line_ends
        Where the line feed of each line of the batch is; the next line begins behind it.
    """

    octets: Octets
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    text_end: NDArray[np.int64]
    piece: NDArray[np.int64]
    line: NDArray[np.int64]
    at: NDArray[np.int64]
    is_stamped: NDArray[np.bool_]
    is_time: NDArray[np.bool_]
    first_line: NDArray[np.int64]
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
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    first_lines = np.array([piece.first_line for piece in pieces], dtype=np.int64)
    if compiled.are_used():
        cut = compiled.passes.split_events(octets.array, octets.size, ends, first_lines, ord(" "))
        return Events(octets, *cut)
    return _split(octets, ends, first_lines)


def _split(octets: Octets, ends: NDArray[np.int64], first_lines: NDArray[np.int64]) -> Events:
    """Cut pieces, of which each ends where `ends` says, into events."""
    begins = np.append(0, ends)[: len(ends)]
    line_ends = octets.places(b"\n")
    line_starts = np.empty_like(line_ends)
    line_starts[:1] = 0
    line_starts[1:] = line_ends[:-1] + 1
    # Every piece ends with a line feed, so each that is not empty begins a line.
    piece_lines = np.searchsorted(line_starts, begins)
    stamped_lines, at, is_time = _stamped_lines(octets, line_starts)
    is_first = np.zeros(len(line_starts), dtype=np.bool_)
    is_first[stamped_lines] = True
    is_first[piece_lines[ends > begins]] = True
    first_line = np.flatnonzero(is_first)
    stamp = rows_of(stamped_lines, len(line_starts))[first_line]
    start = line_starts[first_line]
    end = np.append(start[1:], octets.size)[: len(start)]
    in_piece = np.diff(np.searchsorted(start, np.append(begins, octets.size)))
    piece = np.repeat(np.arange(len(ends)), in_piece)
    return Events(
        octets=octets,
        start=start,
        end=end,
        text_end=octets.ends_without(start, end, b"\n"),
        piece=piece,
        line=first_line - piece_lines[piece] + first_lines[piece],
        # One element more, for events without a stamp.
        at=np.append(at, 0)[stamp],
        is_stamped=stamp >= 0,
        is_time=np.append(is_time, False)[stamp],
        first_line=first_line,
        line_ends=line_ends,
    )


def _with_final_break(text: bytes) -> bytes:
    return text if not text or text.endswith(b"\n") else text + b"\n"


def _stamped_lines(
    octets: Octets, line_starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return which lines begin with a time stamp, when that is, and whether it is a time at all."""
    # The sign that tells most other lines apart comes first: what is left is little.
    likely = np.flatnonzero(octets.array[line_starts + _TEMPLATE.index(b"T")] == ord("T"))
    places = line_starts[likely]
    stands = np.empty(len(places), dtype=np.bool_)
    at = np.empty(len(places), dtype=np.int64)
    is_time = np.empty(len(places), dtype=np.bool_)
    for block in blocks(len(places), _BLOCK):
        stands[block], at[block], is_time[block] = read_stamps(octets, places[block])
    return likely[stands], at[stands], is_time[stands]


def read_stamps(
    octets: Octets, places: NDArray[np.int64], *, behind: bytes = b" "
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.bool_]]:
    """Return where a stamp stands with the sign `behind`, when that is, and whether it is a time at all.

    In microseconds since 1970 in UTC.
    """
    rows = octets.rows(places, STAMP_BYTES)
    odd = np.zeros(len(places), dtype=np.uint64)
    for offset, template, beyond in _TEMPLATE_WORDS:
        # Digits become their values and other signs 0, if all is as in the template.
        values = rows.words(offset) ^ template
        odd |= values | (values + beyond)
    stands = ((odd & _HIGH_BITS) == 0) & (rows.octets[:, STAMP_BYTES - 1] == ord(behind))
    days, is_day = _days(rows.words(0), rows.words(2))
    clock, rest = _pairs(rows.words(11)), _pairs(rows.words(16))
    hour, minute, second = clock[:, 0], clock[:, 3], clock[:, 6]
    milliseconds = rest[:, 4] * np.int64(10) + (rows.octets[:, 22] - np.uint8(ord("0")))
    seconds = days * 86_400 + hour * np.int64(3600) + (minute * np.int64(60) + second)
    is_time = stands & is_day & (hour < 24) & (minute < 60) & (second < 60)
    return stands, seconds * _MICROSECONDS + milliseconds * 1000, is_time


def _pairs(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return, for each of the first seven octets of `words`, the number it makes with the next one.

    Where both are digits, that is; elsewhere anything. Shape (words, 8).
    """
    digits = words & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (digits * np.uint64(10) + (digits >> np.uint64(8))).view(np.uint8).reshape(-1, 8)


def _days(head: NDArray[np.uint64], rest: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return days since 1970, and whether there is such a day, from the words of dates.

    `head` begins with the date's first octet, `rest` with its third. Neighbours mostly share their day, so
    only changes are worked out.
    """
    changed = np.ones(len(head), dtype=np.bool_)
    changed[1:] = (head[1:] != head[:-1]) | (rest[1:] != rest[:-1])
    changes = np.flatnonzero(changed)
    centuries, pairs = _pairs(head[changes]), _pairs(rest[changes])
    year = centuries[:, 0].astype(np.int64) * 100 + pairs[:, 0]
    month, day = pairs[:, 3].astype(np.int64), pairs[:, 6].astype(np.int64)
    months = (np.maximum(year, 1) - 1970) * 12 + np.clip(month, 1, 12) - 1
    first_of_month = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    first_of_next = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = first_of_month + day - 1
    is_day = (
        (year >= FIRST_YEAR)
        & (year <= LAST_YEAR)
        & (month >= 1)
        & (month <= 12)
        & (day >= 1)
        & (days < first_of_next)
    )
    lengths = np.diff(np.append(changes, len(head)))
    return np.repeat(days, lengths), np.repeat(is_day, lengths)
