"""How Node prints the records of each version of the service, and the values on their lines.

A layout is certain of a record only if each line is, to the letter, what Node prints for plain values: a
string without a quote or a backslash in it, a number without an exponent, ``true``, ``undefined``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.kinds import SYNC_ERROR_NOTICE, TRANSACTION_NOTICE, ClassifiedEvents
from balance_sync.logs.metadata import allowed_metadata, are_common

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.octets import Octets

Money = pl.Decimal(38, 18)
Columns = dict[str, pl.DataType | type[pl.DataType]]

_PLAIN_NUMBER = r"^-?[0-9]{1,15}(?:\.[0-9]{1,18})?$"
_MISSING = b"undefined"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a record as Node prints it: ``<indent><name>: <value>``."""

    name: str
    column: str
    kind: str = "string"


@dataclass(frozen=True)
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

    @cached_property
    def line_heads(self) -> tuple[bytes, ...]:
        """With what each line begins, from that of the first field on."""
        return (*(f"{self.indent}{field.name}: ".encode() for field in self.fields), *self.closing)

    def fields_of(self, *kinds: str) -> list[int]:
        """Return the positions of the fields of these kinds."""
        return [at for at, field in enumerate(self.fields) if field.kind in kinds]


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
    values, is_certain = _values(classified, rows, layout)
    read = _read_values(classified.events.octets, values, layout)
    for _, is_plain in read.values():
        is_certain &= is_plain
    columns = {field.column: read[field.column][0] for field in layout.fields}
    records = pl.DataFrame({"event": pl.Series(rows, dtype=pl.UInt32), **columns})
    if is_certain.all():
        return records, chosen[~fitting]
    fitting[np.flatnonzero(fitting)[~is_certain]] = False
    return records.filter(pl.Series(is_certain)), chosen[~fitting]


def _fitting(
    classified: ClassifiedEvents, chosen: NDArray[np.int64], layout: Layout
) -> NDArray[np.bool_]:
    """Return which events have the opening of `layout`, and as many lines with nothing behind them."""
    events = classified.events
    ends = events.line_ends
    first = events.first_line[chosen]
    lines = np.append(events.first_line[1:], len(ends))[chosen] - first
    dump_at = classified.message_at[chosen] + len(layout.notice)
    last = np.minimum(first + layout.lines - 1, len(ends) - 1)
    # What follows the closing is empty lines alone, and the notice stands on the event's first line.
    fitting = (lines >= layout.lines) & (events.end[chosen] - ends[last] - 1 == lines - layout.lines)
    fitting &= ends[first] == dump_at + layout.opening.index(b"\n")
    return fitting & events.octets.begins(dump_at, layout.opening)


@dataclass(frozen=True, slots=True)
class _Values:
    """Where in the text the values of records stand; both of shape (records, fields)."""

    begin: NDArray[np.int64]
    end: NDArray[np.int64]


def _values(
    classified: ClassifiedEvents, rows: NDArray[np.int64], layout: Layout
) -> tuple[_Values, NDArray[np.bool_]]:
    """Return where the values stand, and which records have the names and commas that they must have."""
    events = classified.events
    heads = layout.line_heads
    lines = events.first_line[rows][:, None] + np.arange(layout.opening_lines, layout.lines)
    starts, ends = events.line_starts[lines], events.line_ends[lines]
    is_certain = events.octets.begin_all(starts, heads)
    count = len(layout.fields)
    closing = ends[:, count:] - starts[:, count:] == [len(head) for head in layout.closing]
    commas = events.octets.array[ends[:, : count - 1] - 1] == ord(",")
    if not (closing.all() and commas.all()):
        is_certain &= closing.all(axis=1) & commas.all(axis=1)
    begin = starts[:, :count] + [len(head) for head in heads[:count]]
    end = ends[:, :count]
    end[:, : count - 1] -= len(b",")
    return _Values(begin, np.maximum(end, begin)), is_certain


Read = dict[str, tuple[pl.Series, "NDArray[np.bool_]"]]
"""By column: the values, and which of them are plain."""


def _read_values(octets: Octets, values: _Values, layout: Layout) -> Read:
    read: Read = {}
    for kinds, reader in _READERS:
        places = layout.fields_of(*kinds)
        if places:
            fields = [layout.fields[place] for place in places]
            read |= reader(octets, values.begin[:, places], values.end[:, places], fields)
    return read


def _read_strings(
    octets: Octets, begin: NDArray[np.int64], end: NDArray[np.int64], fields: list[Field]
) -> Read:
    """Read strings in single quotes that hold neither a quote nor a backslash; ids are not empty."""
    is_plain = _are_quoted(octets, begin, end)
    is_plain &= end - begin >= [3 if field.kind == "id" else 2 for field in fields]
    columns = octets.string_columns(np.minimum(begin + 1, end), np.maximum(end - 1, begin))
    is_odd = [column.str.contains(r"['\\]") for column in columns]
    return {
        field.column: (column, is_plain[:, place] & ~odd.fill_null(True).to_numpy())
        for place, (field, column, odd) in enumerate(zip(fields, columns, is_odd, strict=True))
    }


def _are_quoted(octets: Octets, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    quote = ord("'")
    return (octets.array[begin] == quote) & (octets.array[end - 1] == quote) & (end - begin >= 2)


def _read_money(
    octets: Octets, begin: NDArray[np.int64], end: NDArray[np.int64], fields: list[Field]
) -> Read:
    read: Read = {}
    for field, said in zip(fields, octets.string_columns(begin, end), strict=True):
        is_plain = said.str.contains(_PLAIN_NUMBER).fill_null(False)
        if not is_plain.all():
            said = said.zip_with(is_plain, pl.Series([None], dtype=pl.String))
        read[field.column] = (said.cast(Money), is_plain.to_numpy())
    return read


def _read_flags(
    octets: Octets, begin: NDArray[np.int64], end: NDArray[np.int64], fields: list[Field]
) -> Read:
    read: Read = {}
    for place, field in enumerate(fields):
        at, size = begin[:, place], end[:, place] - begin[:, place]
        is_true = (size == len(b"true")) & octets.begins(at, b"true")
        is_false = (size == len(b"false")) & octets.begins(at, b"false")
        read[field.column] = (pl.Series(is_true), is_true | is_false)
    return read


def _read_metadata(
    octets: Octets, begin: NDArray[np.int64], end: NDArray[np.int64], fields: list[Field]
) -> Read:
    """Read a string in which pairs of backslashes may stand; ``undefined`` is how missing ones are printed."""
    at, until = begin[:, 0], end[:, 0]
    inner = octets.strings(np.minimum(at + 1, until), np.maximum(until - 1, at))
    is_plain = _are_quoted(octets, at, until)
    odd = np.flatnonzero(~(is_plain & are_common(octets, at + 1, until - 1)))
    if len(odd):
        missing = octets.begins(at[odd], _MISSING) & (until[odd] - at[odd] == len(_MISSING))
        unquoted, is_certain = _unescaped(inner.gather(odd), is_plain[odd] & ~missing)
        is_plain[odd] = is_certain | missing
        inner = inner.scatter(odd, pl.Series(map(allowed_metadata, unquoted), dtype=pl.String))
    return {fields[0].column: (inner, is_plain)}


def _unescaped(texts: pl.Series, wanted: NDArray[np.bool_]) -> tuple[pl.Series, NDArray[np.bool_]]:
    """Return what Node quoted, null unless `wanted` and certain, and where it is both."""
    backslash, pair = "\\", "\\\\"
    without = texts.str.replace_all(pair, "", literal=True)
    is_odd = without.str.contains(backslash, literal=True) | without.str.contains("'", literal=True)
    is_certain = ~is_odd.fill_null(True) & pl.Series(wanted)
    unescaped = texts.str.replace_all(pair, backslash, literal=True)
    return unescaped.zip_with(is_certain, pl.Series([None], dtype=pl.String)), is_certain.to_numpy()


_READERS = (
    (("id", "string"), _read_strings),
    (("money",), _read_money),
    (("flag",), _read_flags),
    (("metadata",), _read_metadata),
)
