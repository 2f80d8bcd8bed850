"""Makes text printable: what is hidden, or what the fonts have no shape for, is shown by its number.

A character without a shape would leave an empty box, and two different ids could look the same.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

from balance_sync.reports.visible_text import visible


def printable(text: str) -> str:
    r"""Return `text` with a name for each character that cannot be printed.

    Examples
    --------
    >>> printable("a\u202eb \u4e2d"), printable("مرحبا")
    ('a⟨U+202E⟩b ⟨U+4E2D⟩', 'مرحبا')
    """
    return _shapeless().sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", visible(text))


def printable_content(value: Any) -> Any:
    """Return lists, mappings and texts of any depth with every text printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: printable_content(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [printable_content(one) for one in value]
    return value


@cache
def _shapeless() -> re.Pattern[str]:
    """Return a pattern of what is not in ``fonts/coverage.txt``, which is made with the fonts."""
    ranges = files("balance_sync.reports").joinpath("fonts", "coverage.txt").read_text(encoding="ascii")
    ends = (line.split("-") for line in ranges.split())
    covered = "".join(f"\\U{first:0>8}-\\U{last:0>8}" for first, last in ends)
    return re.compile(f"[^{covered}]")
