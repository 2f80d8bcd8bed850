"""How Node prints the records of each version of the service.

A layout is certain of a record only if each line is, to the letter, what Node prints for plain values: a
string without a quote or a backslash in it, a number without an exponent, ``true``, ``undefined``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync import compiled
from balance_sync.logs.compiled_values import read_compiled
from balance_sync.logs.kinds import SYNC_ERROR_NOTICE, TRANSACTION_NOTICE, ClassifiedEvents
from balance_sync.logs.record_values import read_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

Columns = dict[str, pl.DataType | type[pl.DataType]]


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
    def heads(self) -> tuple[bytes, ...]:
        """What stands before the value of each field."""
        return tuple(f"{self.indent}{field.name}: ".encode() for field in self.fields)

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
    # Text with something in it that is no UTF-8 is rare, and needs care with each value.
    is_plain = compiled.are_used() and classified.events.octets.is_utf8
    read = (read_compiled if is_plain else read_values)(classified, chosen, layout)
    fitting, are_certain = read.fitting, read.are_certain
    records = pl.DataFrame({"event": pl.Series(chosen[fitting], dtype=pl.UInt32), **read.columns})
    if are_certain.all():
        return records, chosen[~fitting]
    rest = ~fitting
    rest[np.flatnonzero(fitting)[~are_certain]] = True
    return records.filter(pl.Series(are_certain)), chosen[rest]
