"""Metadata as records quote it: JSON in single quotes, in which pairs of backslashes may stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync import compiled
from balance_sync.logs.metadata import allowed_metadata
from balance_sync.logs.octets import short_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MISSING = short_view(b"undefined")


def read_quoted(
    said: pl.Series,
    views: NDArray[np.uint64],
    *,
    are_quoted: NDArray[np.bool_],
    are_common: NDArray[np.bool_],
    are_certain: NDArray[np.bool_],
) -> pl.Series:
    """Return what may be kept of metadata; a missing one is printed as ``undefined``.

    Parameters
    ----------
    said, views
        The texts, String, and how view arrays name them; without their quotes `are_quoted` tells of.
    are_common
        What is kept as it is, if it is quoted.
    are_certain
        Of each record whether it is so far; records whose metadata is not are told here.
    """
    odd = np.flatnonzero(~(are_quoted & are_common))
    if not len(odd):
        return said
    missing = (views[odd] == _MISSING).all(axis=1) & ~are_quoted[odd]
    # Where the line does not begin as it must, its value may begin within a character.
    is_likely = are_quoted[odd] & are_certain[odd]
    likely = odd[is_likely]
    unquoted = unescaped(said[likely].to_list()) if len(likely) else []
    is_likely[is_likely] = [text is not None for text in unquoted]
    are_certain[odd] &= is_likely | missing
    kept = pl.Series(map(allowed_metadata, unquoted), dtype=pl.String)
    nothing = pl.Series([None], dtype=pl.String)
    return said.scatter(odd, nothing).scatter(likely, kept) if len(likely) else said.scatter(odd, nothing)


def unescaped(texts: list[str | None]) -> list[str | None]:
    """Return what Node quoted as each text; `None` where that is not certain, or not UTF-8."""
    undone = compiled.passes.unescaped if compiled.are_used() else _unescaped
    return [None if text is None else undone(text) for text in texts]


def _unescaped(text: str) -> str | None:
    backslash, pair = "\\", "\\\\"
    if "'" in text:
        return None
    if backslash not in text:
        return text
    # Pairs of backslashes are all that JSON within JSON adds.
    return None if backslash in text.replace(pair, "") else text.replace(pair, backslash)
