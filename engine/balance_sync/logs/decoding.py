"""Octets to text, with null where they are no UTF-8.

Polars' own cast of Binary to String fails as a whole at the first octet that is none, also where it is
asked not to be strict (2.1).
"""

from __future__ import annotations

import polars as pl


def decoded_series(octets: pl.Series) -> pl.Series:
    """Return a Binary series as String, null where it is not UTF-8."""
    try:
        return octets.cast(pl.String)
    except pl.exceptions.ComputeError:
        return pl.Series(octets.name, [_text(value) for value in octets], dtype=pl.String)


def _text(octets: bytes | None) -> str | None:
    try:
        return None if octets is None else octets.decode()
    except UnicodeDecodeError:
        return None
