"""How Node prints the records of each version of the service, and the values on their lines.

A layout is certain of a record only if each line is, to the letter, what Node prints for plain values: a
string without a quote or a backslash in it, a number without an exponent, ``true``, ``undefined``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.kinds import SYNC_ERROR_NOTICE, TRANSACTION_NOTICE, ClassifiedEvents

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.octets import Octets

Money = pl.Decimal(38, 18)
Columns = dict[str, pl.DataType | type[pl.DataType]]

_PLAIN_NUMBER = r"^-?[0-9]{1,15}(?:\.[0-9]{1,18})?$"
# Pairs of backslashes are all that JSON within JSON adds.
_PAIRED_BACKSLASHES = r"^(?:[^\\]|\\\\)*$"
_MISSING = b"undefined"


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


@dataclass(frozen=True, slots=True)
class _Values:
    """Where in the text the values of a field stand."""

    octets: Octets
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    def said(self) -> pl.Series:
        return self.octets.strings(self.begin, self.end)

    def unquoted(self) -> pl.Series:
        return self.octets.strings(np.minimum(self.begin + 1, self.end), np.maximum(self.end - 1, self.begin))

    def are_quoted(self, *, at_least: int) -> NDArray[np.bool_]:
        text = self.octets.array
        quote = ord("'")
        long_enough = self.end - self.begin >= at_least + 2
        return long_enough & (text[self.begin] == quote) & (text[self.end - 1] == quote)

    def are(self, word: bytes) -> NDArray[np.bool_]:
        return (self.end - self.begin == len(word)) & self.octets.begins(self.begin, word)


def read_layout(
    classified: ClassifiedEvents, chosen: NDArray[np.int64], layout: Layout
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Read those of the `chosen` events that have exactly the lines of `layout`.

    Returns
    -------
    records
        ``event`` UInt32 (position of the event) and a column for each field; ``metadata`` as it was before
        Node quoted it.
    rest
        The chosen events that the layout is not certain of.
    """
    certain = _has_lines(classified, chosen, layout)
    rows = chosen[certain]
    read, is_plain = _read_fields(classified, rows, layout)
    accepted = pl.DataFrame({"event": pl.Series(rows, dtype=pl.UInt32), **read})
    if not is_plain.all():
        accepted = accepted.filter(is_plain)
        certain[np.flatnonzero(certain)[~is_plain.to_numpy()]] = False
    return accepted, chosen[~certain]


def _has_lines(
    classified: ClassifiedEvents, chosen: NDArray[np.int64], layout: Layout
) -> NDArray[np.bool_]:
    """Return which events have the opening, the names and the closing of `layout`, and nothing behind it."""
    events = classified.events
    octets, starts, ends = events.octets, events.line_starts, events.line_ends
    opening_lines = layout.opening.count(b"\n")
    needed = opening_lines + len(layout.fields) + len(layout.closing)
    first = events.first_line[chosen]
    lines = np.append(events.first_line[1:], len(starts))[chosen] - first
    dump_at = classified.message_at[chosen] + len(layout.notice)
    certain = (lines >= needed) & octets.begins(dump_at, layout.opening)
    # What follows the closing is empty lines alone, and the notice stands on the event's first line.
    last = np.minimum(first + needed - 1, len(ends) - 1)
    certain &= events.end[chosen] - ends[last] - 1 == lines - needed
    certain &= ends[first] == dump_at + layout.opening.index(b"\n")
    for offset, field in enumerate(layout.fields, start=opening_lines):
        line = np.minimum(first + offset, len(ends) - 1)
        certain &= octets.begins(starts[line], f"{layout.indent}{field.name}: ".encode())
        if field is not layout.fields[-1]:
            certain &= octets.array[ends[line] - 1] == ord(",")
    for offset, closing in enumerate(layout.closing, start=opening_lines + len(layout.fields)):
        line = np.minimum(first + offset, len(ends) - 1)
        certain &= octets.begins(starts[line], closing) & (ends[line] - starts[line] == len(closing))
    return certain


def _read_fields(
    classified: ClassifiedEvents, rows: NDArray[np.int64], layout: Layout
) -> tuple[dict[str, pl.Series], pl.Series]:
    events = classified.events
    first = events.first_line[rows] + layout.opening.count(b"\n")
    columns, checks = {}, [pl.Series(np.ones(len(rows), dtype=np.bool_))]
    for offset, field in enumerate(layout.fields):
        line = first + offset
        begin = events.line_starts[line] + len(layout.indent) + len(field.name) + len(": ")
        comma = field is not layout.fields[-1]
        column, is_plain = _READERS[field.kind](_Values(events.octets, begin, events.line_ends[line] - comma))
        columns[field.column] = column
        checks.append(is_plain.fill_null(False))
    return columns, reduce(and_, checks)


def _read_string(values: _Values) -> tuple[pl.Series, pl.Series]:
    return _quoted(values, at_least=0)


def _read_id(values: _Values) -> tuple[pl.Series, pl.Series]:
    return _quoted(values, at_least=1)


def _quoted(values: _Values, *, at_least: int) -> tuple[pl.Series, pl.Series]:
    inner = values.unquoted()
    return inner, pl.Series(values.are_quoted(at_least=at_least)) & ~inner.str.contains(r"['\\]")


def _read_money(values: _Values) -> tuple[pl.Series, pl.Series]:
    said = values.said()
    is_plain = said.str.contains(_PLAIN_NUMBER)
    if not is_plain.all():
        said = said.zip_with(is_plain.fill_null(False), pl.Series([None], dtype=pl.String))
    return said.cast(Money), is_plain


def _read_flag(values: _Values) -> tuple[pl.Series, pl.Series]:
    is_true = values.are(b"true")
    return pl.Series(is_true), pl.Series(is_true | values.are(b"false"))


def _read_metadata(values: _Values) -> tuple[pl.Series, pl.Series]:
    """Read a string in which pairs of backslashes may stand; ``undefined`` is how missing ones are printed."""
    missing = values.are(_MISSING)
    inner = values.unquoted()
    is_plain = pl.Series(values.are_quoted(at_least=0)) & ~inner.str.contains("'", literal=True)
    escaped = inner.str.contains("\\", literal=True)
    if escaped.any():
        is_plain &= ~escaped | inner.str.contains(_PAIRED_BACKSLASHES)
        inner = inner.str.replace_all("\\\\", "\\", literal=True)
    if missing.any():
        is_plain |= pl.Series(missing)
        inner = inner.zip_with(pl.Series(~missing), pl.Series([None], dtype=pl.String))
    return inner, is_plain


_READERS = {
    "string": _read_string,
    "id": _read_id,
    "money": _read_money,
    "flag": _read_flag,
    "metadata": _read_metadata,
}
