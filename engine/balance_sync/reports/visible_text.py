"""Makes untrusted text harmless to look at: nothing in it can hide, reorder or pretend.

Control characters, bidirectional overrides, zero-width characters and lone surrogates come from logs
anyone can write into. They are replaced with something visible, never dropped. Guards against one format
only (formulas, markup) belong to that format's writer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# Left alone: the joiners U+200C and U+200D, which Arabic, Persian and emoji spell with.
_HIDDEN_CLASS = (
    "\\x{00}-\\x{1f}\\x{7f}-\\x{9f}\\x{ad}\\x{61c}\\x{180e}\\x{200b}\\x{200e}\\x{200f}"
    "\\x{2028}-\\x{202e}\\x{2060}-\\x{206f}\\x{feff}\\x{fff0}-\\x{fffb}\\x{fffe}\\x{ffff}\\x{e0000}-\\x{e007f}"
)
HIDDEN_PATTERN = f"[{_HIDDEN_CLASS}]"
"""What is made visible, as a pattern of Polars."""

_HIDDEN = re.compile(
    "["
    + re.sub(r"\\x\{([0-9a-f]+)\}", lambda match: f"\\U{int(match[1], 16):08x}", _HIDDEN_CLASS)
    + "\\ud800-\\udfff]"
)


def visible(text: str, *, keep_lines: bool = False) -> str:
    r"""Return `text` with every hidden character replaced by something to see.

    Parameters
    ----------
    keep_lines
        Leave line feeds alone, for places that show several lines.

    Examples
    --------
    >>> visible("a\u202eb\x00")
    'a⟨U+202E⟩b␀'
    """

    def replace(match: re.Match[str]) -> str:
        character = match[0]
        if keep_lines and character == "\n":
            return character
        return _picture(ord(character))

    return _HIDDEN.sub(replace, text)


def _picture(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def visible_series(texts: pl.Series) -> pl.Series:
    """Return `texts` (String) with hidden characters replaced; as it is where there are none."""
    import polars as pl

    hidden = texts.str.contains(HIDDEN_PATTERN).fill_null(value=False)
    if not hidden.any():
        return texts
    mended = pl.Series(texts.name, [visible(text) for text in texts.filter(hidden)], dtype=pl.String)
    return texts.scatter(hidden.arg_true(), mended)


def cut(text: str, limit: int) -> str:
    """Return `text`, cut to `limit` characters with a note of how many there were where it is longer.

    Characters are counted as Excel does, in UTF-16 units.
    """
    length = utf16_length(text)
    if length <= limit:
        return text
    note = f" … [cut: {length:,} characters in all]"
    units = text.encode("utf-16-le", "surrogatepass")[: max(limit - len(note), 0) * 2]
    return units.decode("utf-16-le", "ignore") + note


def utf16_length(text: str) -> int:
    """Return the length of `text` in UTF-16 units, which Excel's limits count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
