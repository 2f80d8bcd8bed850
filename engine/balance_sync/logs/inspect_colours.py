"""Colour codes of dumps made with ``colors: true``, taken out without losing offsets.

Node puts them around tokens and, in some keys and stacks, inside; it escapes the control character
in every string, so a code that stands in the text is never part of one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_CODE = re.compile(r"\x1b\[[0-9;]*+m")


@dataclass(frozen=True, slots=True)
class PlainText:
    """Text without colour codes.

    Parameters
    ----------
    text
        What is left.
    ends
        For each code, the offset in `text` where it stood.
    removed
        For each code, how many characters are gone up to and with it.
    """

    text: str
    ends: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()

    def original(self, offset: int) -> int:
        """Map an offset of `text` to the text that was given, past codes that stand right there."""
        index = bisect_right(self.ends, offset)
        return offset + (self.removed[index - 1] if index else 0)


def without_colours(text: str, start: int) -> PlainText:
    """Take out the colour codes from `start` on; what stands before is kept."""
    ends: list[int] = []
    removed: list[int] = []
    pieces: list[str] = []
    kept_to = gone = 0
    for match in _CODE.finditer(text, start):
        pieces.append(text[kept_to : match.start()])
        ends.append(match.start() - gone)
        gone += match.end() - match.start()
        removed.append(gone)
        kept_to = match.end()
    pieces.append(text[kept_to:])
    return PlainText("".join(pieces), tuple(ends), tuple(removed))
