"""Files by what tells them apart (label, size, time of change), 24 bytes each: years of logs are millions.

A label is kept as a hash of 64 bits. Two files are taken for one where it, the size and the time, to the
nanosecond, are the same for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    from balance_sync.sources.discovery import Source

FILE_KEY = ("file_key", "file_bytes", "modified_ns")
"""UInt64, Int64, Int64."""

_SEED = 1


def key_of_label(column: str) -> pl.Expr:
    """Return the first part of `FILE_KEY` of the labels in a column; the same within one process."""
    return pl.col(column).hash(_SEED).alias(FILE_KEY[0])


def key_files(files: Sequence[Source]) -> pl.DataFrame:
    """Return `FILE_KEY` of `files`, in their order."""
    rows = [(file.label, file.size_bytes, file.modified_ns) for file in files]
    schema = {"file": pl.String, "file_bytes": pl.Int64, "modified_ns": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.select(key_of_label("file"), "file_bytes", "modified_ns")


class KnownFiles:
    """Tells which files are among some.

    Parameters
    ----------
    keys
        `FILE_KEY` of these.
    """

    def __init__(self, keys: pl.DataFrame) -> None:
        mixed = _mixed(keys)
        order = np.argsort(mixed, kind="stable")
        self._mixed = mixed[order]
        self._keys = keys[order]

    def has(self, keys: pl.DataFrame) -> npt.NDArray[np.bool_]:
        """Return for each row of `keys` (`FILE_KEY`) whether it is known; bool, shape (n,)."""
        if self._keys.is_empty():
            return np.zeros(keys.height, dtype=np.bool_)
        places = np.searchsorted(self._mixed, _mixed(keys))
        found = self._keys[np.minimum(places, self._mixed.size - 1)]
        equal = pl.all_horizontal(pl.lit(found[name]) == pl.lit(keys[name]) for name in FILE_KEY)
        return pl.select(equal).to_series().to_numpy()


def _mixed(keys: pl.DataFrame) -> npt.NDArray[np.uint64]:
    """Return one number for each row: equal rows have the same, and others hardly ever."""
    label, size, time = (keys[name].to_numpy().astype(np.uint64) for name in FILE_KEY)
    mixed: npt.NDArray[np.uint64] = (
        label ^ (size * np.uint64(0x9E3779B97F4A7C15)) ^ (time * np.uint64(0xC2B2AE3D27D4EB4F))
    )
    return mixed
