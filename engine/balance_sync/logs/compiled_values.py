"""The values on the lines of records, found by the compiled pass."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync import compiled
from balance_sync.logs.kinds import ClassifiedEvents
from balance_sync.logs.metadata import COMMON_SHAPES
from balance_sync.logs.quoted_metadata import read_quoted
from balance_sync.logs.record_values import FieldValues, Money
from balance_sync.logs.series import series_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.octets import Octets
    from balance_sync.logs.record_layouts import Layout


def read_compiled(classified: ClassifiedEvents, chosen: NDArray[np.int64], layout: Layout) -> FieldValues:
    """Read the values as `balance_sync.logs.record_values.read_values` does, of text that is UTF-8."""
    events = classified.events
    found = compiled.passes.read_values(
        _prepared(layout),
        events.octets.array,
        events.line_ends,
        events.first_line,
        events.end,
        classified.message_at,
        chosen,
    )
    return FieldValues(found.fitting, found.are_certain, _columns(found, events.octets, layout))


@cache
def _prepared(layout: Layout) -> compiled.passes.RecordLayout:
    return compiled.passes.RecordLayout(
        notice=layout.notice,
        opening=layout.opening,
        heads=layout.heads,
        kinds=[field.kind for field in layout.fields],
        closings=layout.closing,
        shapes=COMMON_SHAPES,
    )


def _columns(found: compiled.passes.RecordValues, octets: Octets, layout: Layout) -> dict[str, pl.Series]:
    own: dict[str, list[str]] = {}
    for field in layout.fields:
        own.setdefault("string" if field.kind == "id" else field.kind, []).append(field.column)
    strings = len(own.get("string", ()))
    columns: dict[str, pl.Series] = {field.column: pl.Series() for field in layout.fields}
    for kind, names in own.items():
        if kind == "money":
            column = numbers(found.money, Money)
        elif kind == "flag":
            column = pl.Series(found.flags.ravel())
        elif kind == "string":
            column = octets.viewed_strings(found.views[:strings].reshape(-1, 2))
        else:
            column = read_quoted(
                octets.viewed_strings(found.views[strings]),
                found.views[strings],
                are_quoted=found.are_quoted,
                are_common=found.have_common_metadata,
                are_certain=found.are_certain,
            )
        records = len(found.are_certain)
        for number, name in enumerate(names):
            columns[name] = column.slice(number * records, records)
    return columns


def numbers(
    words: NDArray[np.uint64],
    kind: pl.DataType | type[pl.DataType],
    are_there: NDArray[np.bool_] | None = None,
) -> pl.Series:
    """Return numbers that are given in two words each, the lower one first, as decimals or Int64.

    Parameters
    ----------
    words
        Multiples of the smallest step of the `kind`, as two's complement.
    are_there
        Which are not null; all where it is `None`.
    """
    values = words.reshape(-1, 2)[:, 0] if kind == pl.Int64 else words
    return series_of(kind, values, are_there=are_there)
