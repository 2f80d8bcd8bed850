"""Files by what tells them apart (label, size, time of change), 16 bytes each: years of logs are millions.

A label with a size is kept as a hash of 64 bits. Two files are taken for one where it and the time, to the
nanosecond, are the same for both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

FILE_KEY = ("file_key", "modified_ns")
"""UInt64, Int64."""

_SEED = 1


def file_key() -> pl.Expr:
    """Return the first part of `FILE_KEY`, of a label ``file`` and its ``file_bytes``.

    It is the same within one process.
    """
    return pl.struct("file", "file_bytes").hash(_SEED).alias(FILE_KEY[0])


def key_files(files: Sequence[tuple[str, int, int]]) -> pl.DataFrame:
    """Return `FILE_KEY` of `files` (label, bytes, nanoseconds), in their order."""
    schema = {"file": pl.String, "file_bytes": pl.Int64, "modified_ns": pl.Int64}
    frame = pl.DataFrame(files, schema=schema, orient="row")
    return frame.select(file_key(), "modified_ns")


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
    file, time = (keys[name].to_numpy().astype(np.uint64) for name in FILE_KEY)
    mixed: npt.NDArray[np.uint64] = file ^ (time * np.uint64(0xC2B2AE3D27D4EB4F))
    return mixed
