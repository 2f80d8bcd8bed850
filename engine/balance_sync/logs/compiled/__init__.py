"""Passes over the text of a batch, compiled: each file does what the module of its name does in numpy.

They are built with the package where there is a C compiler. Nothing needs them: without them everything comes
out the same, only later. ``BALANCE_SYNC_COMPILED=no`` leaves them aside.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

ARE_BUILT = find_spec(f"{__name__}.passes") is not None
"""Whether this installation has them."""

if ARE_BUILT:
    from balance_sync.logs.compiled import passes

__all__ = ["ARE_BUILT", "are_used", "passes"]


def are_used() -> bool:
    """Return whether the compiled passes take the place of those in numpy."""
    return ARE_BUILT and os.environ.get("BALANCE_SYNC_COMPILED") != "no"
