"""Values by row number, where -1 stands for no row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray


def at_rows(values: pl.Series, rows: NDArray[np.int64]) -> pl.Series:
    """Return the `values` at `rows`, null for -1."""
    # `Series.gather` would plan a query. A number that is no position becomes null.
    return values[pl.Series(rows).cast(pl.UInt32, strict=False)]


def rows_of(places: NDArray[np.int64], height: int) -> NDArray[np.int64]:
    """Return, for each of `height` places, which element of `places` it is; -1 for none."""
    rows = np.full(height, -1, dtype=np.int64)
    rows[places] = np.arange(len(places))
    return rows
