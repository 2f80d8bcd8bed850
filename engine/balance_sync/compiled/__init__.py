"""Passes over files and the text of a batch, compiled: each does what the module of its name does in Python.

They are built with the package where there is a C compiler. Nothing needs them: without them everything comes
out the same, only later. ``BALANCE_SYNC_COMPILED=no`` leaves them aside.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balance_sync.compiled import files, passes

VARIABLE = "BALANCE_SYNC_COMPILED"

ARE_BUILT = all(find_spec(f"{__name__}.{name}") is not None for name in ("files", "passes"))
"""Whether this installation has them."""

__all__ = ["ARE_BUILT", "VARIABLE", "are_used", "files", "passes"]


def are_used() -> bool:
    """Return whether the compiled passes take the place of those in Python."""
    return ARE_BUILT and os.environ.get(VARIABLE) != "no"


def __getattr__(name: str) -> object:
    # Those over a text bring numpy, which finding files needs not wait for.
    if name in ("files", "passes") and ARE_BUILT:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(name)
