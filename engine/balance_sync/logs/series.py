"""Columns that refer to numbers and texts where these lie in memory: nothing is copied.

They are handed over as Arrow arrays. Where there are compiled passes it takes no pyarrow, which takes as long
to import as numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync import compiled

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


def series_of(
    kind: pl.DataType | type[pl.DataType],
    values: NDArray[np.uint64],
    *,
    text: bytes = b"",
    are_there: NDArray[np.bool_] | None = None,
) -> pl.Series:
    """Return values as a series.

    Parameters
    ----------
    kind
        Binary, String, Int64 or a Decimal.
    values
        As Arrow has them: of texts by place and of decimals two numbers each, of Int64 one.
    text
        What texts are in.
    are_there
        Which values are not null; all where it is `None`.
    """
    held = np.ascontiguousarray(values)
    rows = held.size if kind == pl.Int64 else held.size // 2
    present = None if are_there is None else np.packbits(are_there, bitorder="little")
    if compiled.are_used():
        return pl.Series(compiled.passes.ArrowValues(_format(kind), rows, present, held, text))
    return pl.Series(_Exported(_array(kind, rows, present, held, text)))


def _format(kind: pl.DataType | type[pl.DataType]) -> bytes:
    if isinstance(kind, pl.Decimal):
        return f"d:{kind.precision},{kind.scale}".encode()
    return {pl.Binary: b"vz", pl.String: b"vu", pl.Int64: b"l"}[kind]  # type: ignore[index]


def _array(
    kind: pl.DataType | type[pl.DataType],
    rows: int,
    present: NDArray[np.uint8] | None,
    values: NDArray[np.uint64],
    text: bytes,
) -> pa.Array:
    import pyarrow as pa

    validity = None if present is None else pa.py_buffer(present)
    if isinstance(kind, pl.Decimal):
        arrow_kind = pa.decimal128(kind.precision, kind.scale)
    else:
        kinds = {pl.Binary: pa.binary_view(), pl.String: pa.string_view(), pl.Int64: pa.int64()}
        arrow_kind = kinds[kind]  # type: ignore[index]
    of_text = [pa.py_buffer(text)] if kind in (pl.Binary, pl.String) else []
    return pa.Array.from_buffers(arrow_kind, rows, [validity, pa.py_buffer(values), *of_text])


class _Exported:
    """An array that Polars takes by its interface: by its class it would import all functions of Arrow."""

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __arrow_c_array__(self, schema: object = None) -> tuple[object, object]:
        exported: tuple[object, object] = self._array.__arrow_c_array__(schema)
        return exported
