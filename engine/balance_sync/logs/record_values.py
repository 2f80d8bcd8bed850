"""The values on the lines of records, found in numpy and read in Polars: many records at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from balance_sync.logs.kinds import ClassifiedEvents
from balance_sync.logs.metadata import are_common
from balance_sync.logs.octets import blocks, short_view, text_views
from balance_sync.logs.quoted_metadata import read_quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.octets import Octets
    from balance_sync.logs.record_layouts import Field, Layout
    from balance_sync.logs.split import Events

Money = pl.Decimal(38, 18)

_PLAIN_NUMBER = r"^-?[0-9]{1,15}(?:\.[0-9]{1,18})?$"
_QUOTED_KINDS = frozenset({"id", "string", "metadata"})
_QUOTE = ord("'")
_VALUE_BYTES = 16
"""As much of a value as is looked at beside its name."""

_BLOCK = 4096
"""Records that are looked at together: as much text as the processor's cache holds."""


@dataclass(frozen=True, slots=True)
class FieldValues:
    """What the lines of a layout hold.

    Attributes
    ----------
    fitting
        For each event that was chosen whether it has as many lines; all else is of those alone.
    are_certain
        Whether each line is what the layout says; of records that are not, no value means anything.
    columns
        By column.
    """

    fitting: NDArray[np.bool_]
    are_certain: NDArray[np.bool_]
    columns: dict[str, pl.Series]


def read_values(classified: ClassifiedEvents, chosen: NDArray[np.int64], layout: Layout) -> FieldValues:
    """Read the values of those of the `chosen` events that have the lines of `layout`."""
    fitting = _fitting(classified, chosen, layout)
    values = _Values.read(classified, chosen[fitting], layout)
    columns = _columns(values, layout)
    return FieldValues(fitting, values.are_certain, columns)


def _fitting(classified: ClassifiedEvents, chosen: NDArray[np.int64], layout: Layout) -> NDArray[np.bool_]:
    """Return which events have the opening of `layout`, and as many lines with nothing behind them."""
    events = classified.events
    ends = events.line_ends
    first = events.first_line[chosen]
    lines = np.append(events.first_line[1:], len(ends))[chosen] - first
    dump_at = classified.message_at[chosen] + len(layout.notice)
    last = np.minimum(first + layout.lines - 1, len(ends) - 1)
    # What follows the closing is empty lines alone, and the notice stands on the event's first line.
    fitting: NDArray[np.bool_] = (lines >= layout.lines) & (
        events.end[chosen] - ends[last] - 1 == lines - layout.lines
    )
    fitting &= ends[first] == dump_at + layout.opening.index(b"\n")
    fitting &= events.octets.begins(dump_at, layout.opening)
    return fitting


class _Line(NamedTuple):
    """The same line of several records: where it begins and ends, and what it must begin with."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    head: bytes


class _Values:
    """The values of records as they are written, and which records are certain so far.

    Attributes
    ----------
    records
        How many there are.
    views
        By field, then record: the text of the value, of strings what is between their quotes.
    are_quoted
        By field, then record.
    are_certain, have_common_metadata
        By record.
    """

    def __init__(self, octets: Octets, records: int, layout: Layout) -> None:
        self.octets = octets
        self.records = records
        self.views = np.empty((len(layout.fields), records, 2), dtype=np.uint64)
        self.are_quoted = np.zeros((len(layout.fields), records), dtype=np.bool_)
        self.are_certain = np.ones(records, dtype=np.bool_)
        self.have_common_metadata = np.zeros(records, dtype=np.bool_)

    @classmethod
    def read(cls, classified: ClassifiedEvents, rows: NDArray[np.int64], layout: Layout) -> _Values:
        """Find the values of the events `rows`, which have as many lines as `layout`."""
        values = cls(classified.events.octets, len(rows), layout)
        for block in blocks(len(rows), _BLOCK):
            values._read_block(classified.events, rows[block], block, layout)
        return values

    def _read_block(self, events: Events, rows: NDArray[np.int64], block: slice, layout: Layout) -> None:
        first = events.first_line[rows] + layout.opening_lines
        certain = np.ones(len(rows), dtype=np.bool_)
        for place, field in enumerate(layout.fields):
            start, end = events.line_ends[first + place - 1] + 1, events.line_ends[first + place]
            if place < len(layout.fields) - 1:
                certain &= self.octets.array[end - 1] == ord(",")
                end = end - 1
            certain &= self._read_value(place, field, block, _Line(start, end, layout.heads[place]))
        for place, closing in enumerate(layout.closing, start=len(layout.fields)):
            start, end = events.line_ends[first + place - 1] + 1, events.line_ends[first + place]
            certain &= (end - start == len(closing)) & self.octets.begins(start, closing)
        self.are_certain[block] = certain

    def _read_value(self, place: int, field: Field, block: slice, line: _Line) -> NDArray[np.bool_]:
        """Note the value on a `line`, and return where it has the head that it must have."""
        octets, offset = self.octets, len(line.head)
        rows = octets.rows(line.start, offset + _VALUE_BYTES)
        begin = line.start + offset
        end = np.maximum(line.end, begin)
        words = rows.words(offset), rows.words(offset + 4)
        if field.kind in _QUOTED_KINDS:
            opened, closed = rows.octets[:, offset] == _QUOTE, octets.array[end - 1] == _QUOTE
            quoted = opened & closed & (end - begin >= len(b"''"))
            self.are_quoted[place, block] = quoted
            begin, end = np.where(quoted, begin + 1, begin), np.where(quoted, end - 1, end)
            words = rows.words(offset + 1), rows.words(offset + 5)
            if not quoted.all():
                words = octets.words(begin), octets.words(begin + 4)
        self.views[place, block] = text_views(begin, end - begin, *words)
        if field.kind == "metadata":
            self.have_common_metadata[block] = are_common(octets, begin, end)
        return rows.have(0, line.head)

    def strings(self, places: list[int]) -> pl.Series:
        """Return the values of some fields as strings, all those of a field one after the other."""
        return self.octets.viewed_strings(self.views[places].reshape(-1, 2))


def _columns(values: _Values, layout: Layout) -> dict[str, pl.Series]:
    """Return the columns of `layout`, and note which records are not certain.

    Fields of one kind are read together, for a regular expression is compiled each time it is used.
    """
    columns: dict[str, pl.Series] = dict.fromkeys((field.column for field in layout.fields), pl.Series())
    places: dict[str, list[int]] = {}
    for place, field in enumerate(layout.fields):
        places.setdefault(field.kind, []).append(place)
    for kind, own in places.items():
        read = _READERS[kind](values, own)
        for number, place in enumerate(own):
            columns[layout.fields[place].column] = read.slice(number * values.records, values.records)
    return columns


def _read_strings(values: _Values, places: list[int]) -> pl.Series:
    """Read strings in single quotes that hold neither a quote nor a backslash."""
    said = values.strings(places)
    is_odd = said.str.contains(r"['\\]").fill_null(True).to_numpy().reshape(len(places), -1)
    values.are_certain &= (values.are_quoted[places] & ~is_odd).all(axis=0)
    return said


def _read_ids(values: _Values, places: list[int]) -> pl.Series:
    """Read strings that are not empty."""
    values.are_certain &= (values.views[places, :, 0] != 0).all(axis=0)
    return _read_strings(values, places)


def _read_money(values: _Values, places: list[int]) -> pl.Series:
    said = values.strings(places)
    is_plain = said.str.contains(_PLAIN_NUMBER).fill_null(False)
    if not is_plain.all():
        values.are_certain &= is_plain.to_numpy().reshape(len(places), -1).all(axis=0)
        said = said.zip_with(is_plain, pl.Series([None], dtype=pl.String))
    return said.cast(Money)


def _read_flags(values: _Values, places: list[int]) -> pl.Series:
    views = values.views[places]
    is_true, is_false = ((views == word).all(axis=2) for word in _FLAGS)
    values.are_certain &= (is_true | is_false).all(axis=0)
    return pl.Series(is_true.ravel())


def _read_metadata(values: _Values, places: list[int]) -> pl.Series:
    (place,) = places
    return read_quoted(
        values.strings(places),
        values.views[place],
        are_quoted=values.are_quoted[place],
        are_common=values.have_common_metadata,
        are_certain=values.are_certain,
    )


_FLAGS = (short_view(b"true"), short_view(b"false"))
_READERS = {
    "id": _read_ids,
    "string": _read_strings,
    "money": _read_money,
    "flag": _read_flags,
    "metadata": _read_metadata,
}
