"""How Node prints the records of each version of the service, and the values on their lines.

A layout is certain of a record only if each line is, to the letter, what Node prints for plain values: a
string without a quote or a backslash in it, a number without an exponent, ``true``, ``undefined``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from balance_sync.logs.kinds import SYNC_ERROR_NOTICE, TRANSACTION_NOTICE, ClassifiedEvents
from balance_sync.logs.metadata import allowed_metadata, are_common
from balance_sync.logs.octets import blocks, text_views

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.octets import Octets
    from balance_sync.logs.split import Events

Money = pl.Decimal(38, 18)
Columns = dict[str, pl.DataType | type[pl.DataType]]

_PLAIN_NUMBER = r"^-?[0-9]{1,15}(?:\.[0-9]{1,18})?$"
_QUOTED_KINDS = frozenset({"id", "string", "metadata"})
_QUOTE = ord("'")
_VALUE_BYTES = 16
"""As much of a value as is looked at beside its name."""

_BLOCK = 4096
"""Records that are looked at together: as much text as the processor's cache holds."""


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a record as Node prints it: ``<indent><name>: <value>``."""

    name: str
    column: str
    kind: str = "string"


@dataclass(frozen=True, slots=True)
class Layout:
    """The lines of a record in one version of the service: `opening` follows its notice."""

    notice: bytes
    opening: bytes
    fields: tuple[Field, ...]
    indent: str
    closing: tuple[bytes, ...]

    @property
    def opening_lines(self) -> int:
        """Lines of an event before that of the first field."""
        return self.opening.count(b"\n")

    @property
    def lines(self) -> int:
        """Lines of an event up to the end of the record."""
        return self.opening_lines + len(self.fields) + len(self.closing)


_AMOUNTS = (
    Field("currency", "currency"),
    Field("amount", "amount", "money"),
    Field("vat", "vat", "money"),
    Field("oldBalance", "old_balance", "money"),
    Field("newBalance", "new_balance", "money"),
)
_OLDER_FIELDS = (Field("id", "transaction_id", "id"), Field("userId", "user_id", "id"), *_AMOUNTS)
_TYPED_FIELDS = (
    Field("id", "transaction_id", "id"),
    Field("type", "type"),
    Field("source", "source_kind"),
    Field("action", "action"),
    Field("userId", "user_id", "id"),
    Field("paymentBalance", "payment_balance", "money"),
    Field("updatePaymentBalance", "update_payment_balance", "flag"),
    Field("metadata", "metadata", "metadata"),
    *_AMOUNTS,
)
_SYNC_ERROR_FIELDS = (
    Field("userId", "user_id", "id"),
    Field("subscriptionBalance", "subscription_balance", "money"),
    Field("paymentBalance", "payment_balance", "money"),
)

TRANSACTION_LAYOUTS = tuple(
    Layout(TRANSACTION_NOTICE, b" {\n  transaction: {\n", fields, "    ", (b"  }", b"}"))
    for fields in (_TYPED_FIELDS, _OLDER_FIELDS)
)
SYNC_ERROR_LAYOUTS = (Layout(SYNC_ERROR_NOTICE, b" {\n", _SYNC_ERROR_FIELDS, "  ", (b"}",)),)


def read_layout(
    classified: ClassifiedEvents, chosen: NDArray[np.int64], layout: Layout
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Read those of the `chosen` events that have exactly the lines of `layout`.

    Returns
    -------
    records
        ``event`` UInt32 (position of the event) and a column for each field; of ``metadata`` what may be
        kept.
    rest
        The chosen events that the layout is not certain of.
    """
    fitting = _fitting(classified, chosen, layout)
    rows = chosen[fitting]
    values = _Values.read(classified, rows, layout)
    columns = {field.column: _READERS[field.kind](values, place) for place, field in enumerate(layout.fields)}
    records = pl.DataFrame({"event": pl.Series(rows, dtype=pl.UInt32), **columns})
    if values.are_certain.all():
        return records, chosen[~fitting]
    fitting[np.flatnonzero(fitting)[~values.are_certain]] = False
    return records.filter(pl.Series(values.are_certain)), chosen[~fitting]


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
    views
        By field, then record: the text of the value, of strings what is between their quotes.
    are_quoted
        By field, then record.
    are_certain, have_common_metadata
        By record.
    """

    def __init__(self, octets: Octets, records: int, layout: Layout) -> None:
        self.octets = octets
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
            start, end = events.line_starts[first + place], events.line_ends[first + place]
            if place < len(layout.fields) - 1:
                certain &= self.octets.array[end - 1] == ord(",")
                end = end - 1
            head = f"{layout.indent}{field.name}: ".encode()
            certain &= self._read_value(place, field, block, _Line(start, end, head))
        for place, closing in enumerate(layout.closing, start=len(layout.fields)):
            start, end = events.line_starts[first + place], events.line_ends[first + place]
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

    def strings(self, place: int) -> pl.Series:
        """Return the values of a field as strings."""
        return self.octets.viewed_strings(self.views[place])


def _read_string(values: _Values, place: int) -> pl.Series:
    """Read strings in single quotes that hold neither a quote nor a backslash."""
    said = values.strings(place)
    is_odd = said.str.contains(r"['\\]").fill_null(True)
    values.are_certain &= values.are_quoted[place] & ~is_odd.to_numpy()
    return said


def _read_id(values: _Values, place: int) -> pl.Series:
    """Read strings that are not empty."""
    values.are_certain &= values.views[place, :, 0] != 0
    return _read_string(values, place)


def _read_money(values: _Values, place: int) -> pl.Series:
    said = values.strings(place)
    is_plain = said.str.contains(_PLAIN_NUMBER).fill_null(False)
    if not is_plain.all():
        values.are_certain &= is_plain.to_numpy()
        said = said.zip_with(is_plain, pl.Series([None], dtype=pl.String))
    return said.cast(Money)


def _read_flag(values: _Values, place: int) -> pl.Series:
    views = values.views[place]
    is_true, is_false = ((views == word).all(axis=1) for word in _FLAGS)
    values.are_certain &= is_true | is_false
    return pl.Series(is_true)


def _read_metadata(values: _Values, place: int) -> pl.Series:
    """Read a string in which pairs of backslashes may stand; a missing one is printed as ``undefined``."""
    said = values.strings(place)
    is_quoted = values.are_quoted[place]
    odd = np.flatnonzero(~(is_quoted & values.have_common_metadata))
    if not len(odd):
        return said
    missing = (values.views[place, odd] == _MISSING).all(axis=1) & ~is_quoted[odd]
    unquoted, is_certain = _unescaped(said.gather(odd), is_quoted[odd])
    values.are_certain[odd] &= is_certain | missing
    return said.scatter(odd, pl.Series(map(allowed_metadata, unquoted), dtype=pl.String))


def _unescaped(texts: pl.Series, wanted: NDArray[np.bool_]) -> tuple[pl.Series, NDArray[np.bool_]]:
    """Return what Node quoted, null unless `wanted` and certain, and where it is both."""
    # Pairs of backslashes are all that JSON within JSON adds.
    backslash, pair = "\\", "\\\\"
    without = texts.str.replace_all(pair, "", literal=True)
    is_odd = without.str.contains(backslash, literal=True) | without.str.contains("'", literal=True)
    is_certain = ~is_odd.fill_null(True) & pl.Series(wanted)
    unescaped = texts.str.replace_all(pair, backslash, literal=True)
    return unescaped.zip_with(is_certain, pl.Series([None], dtype=pl.String)), is_certain.to_numpy()


def _short_view(word: bytes) -> NDArray[np.uint64]:
    """Return how a view array names a text of at most twelve octets."""
    return np.frombuffer(len(word).to_bytes(4, "little") + word.ljust(12, b"\0"), dtype="<u8")


_FLAGS = (_short_view(b"true"), _short_view(b"false"))
_MISSING = _short_view(b"undefined")
_READERS = {
    "id": _read_id,
    "string": _read_string,
    "money": _read_money,
    "flag": _read_flag,
    "metadata": _read_metadata,
}
