"""Paths as DuckDB must be told them, which takes some for patterns: streams have folders like ``[$LATEST]``.

Polars is told that a path is none (``glob=False``).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from balance_sync.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_SIGNS = str.maketrans({sign: f"[{sign}]" for sign in "*?["})


def pattern_of(path: Path) -> str:
    """Return the pattern that means this one file."""
    return str(path).translate(_SIGNS)


def require_utf8(path: Path) -> None:
    """Raise UsageError for a path with octets that are no UTF-8: neither Polars nor DuckDB can be told it."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            str(path), "nothing can be written there", help="name a path whose letters are UTF-8"
        ) from error


def database_name(path: Path) -> str:
    r"""Return what DuckDB opens the database at `path` by.

    Raises
    ------
    UsageError
        It would open another file: what stands behind a ``?`` are settings to it, and ``\`` divides folders.
    """
    name = str(path)
    if "?" in name or (os.sep == "/" and "\\" in name):
        raise UsageError(
            name, "no database can be there", help="name a path without a question mark and a backslash"
        )
    require_utf8(path)
    return name
