"""Tokens of Node's `util.inspect` text: strings, numbers, words, and what is printed without escapes.

Every pattern here is possessive or bounded, and every function either ends the whole reading or moves
past what it looked at, so that reading takes time in proportion to the text whatever the text is.

Newlines may be LF, CRLF or CR (Lambda replaces LF by CR when it writes to standard output).
Error messages, symbol descriptions and names of functions are the parts of a dump that Node does not
escape: a hostile message can imitate the text around it, and no reader can tell.
"""

from __future__ import annotations

import re
from decimal import Decimal

from balance_sync.logs.inspect_values import UNDEFINED, DumpError, Kind, Opaque

NEWLINE = r"(?:\r\n?|\n)"
QUOTES = frozenset("'\"`")
_STRING = {quote: re.compile(rf"{quote}((?:[^{quote}\\\r\n]++|\\.)*+){quote}") for quote in QUOTES}
_JOIN = re.compile(rf" \+{NEWLINE} *+(?=['\"`])")
_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(rf"\\(?:u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}|u{_HEX}{{4}}|x{_HEX}{{2}}|.)")
CUT = re.compile(r"\.\.\. (\d{1,18}) more characters?+(?!\w)")

# With numericSeparator Node cuts through exponents too (2.051_3e-_19, 5.684_e-1_4); where it garbles
# the number itself (0..082_7 for 0.0827, 5e_-32.5e-_324 for 5e-324) the dump is refused.
_NUMBER = re.compile(
    r"(?P<date>[+-]?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)"
    r"|(?P<number>-?(?:[0-9][0-9_]*+(?:(?P<bigint>n)|(?:\.[0-9][0-9_]*+)?(?:e_?[+-]?_?[0-9][0-9_]{0,4}+)?)"
    r"|Infinity))(?![\w$.])"
)
_CONSTANT = re.compile(r"(?:true|false|null|undefined|NaN|Infinity)(?![\w$:])")
CONSTANTS: dict[str, object] = {
    "true": True,
    "false": False,
    "null": None,
    "undefined": UNDEFINED,
    "NaN": Decimal("NaN"),
    "Infinity": Decimal("Infinity"),
}
_BIGINT_DIGITS = 4000  # Python refuses to convert more than 4,300 digits, as that takes quadratic time

BARE_KEY = re.compile(r"[A-Za-z_$][A-Za-z_0-9$]*+(?=:\s)")

_ENCLOSED = {"[": re.compile(r"[\[\]\r\n]"), "(": re.compile(r"[()\r\n]")}
_AFTER_ENCLOSED = {
    ("(", True): re.compile(r"[,:\r\n\]>]|$| (?:[{}\[\]A-Z>]|=>)"),
    ("(", False): re.compile(r"[\s,:\]>]|$"),
    ("[", True): re.compile(r"[,\r\n>]|$| (?:[{}\[\]A-Z>]|=>)"),
    ("[", False): re.compile(r"[\s,)]|$"),
}
_LOOK_AHEAD = 64  # brackets and lines
# Node indents what is nested by two columns a level, and ends the line of a bracket with it or a comma.
_INDENTED = re.compile(rf"(,?){NEWLINE}( *+)")
COLUMNS = 2


class _Escapes(dict[str, str]):
    """Decoded escapes by their text; what Node never writes becomes nothing."""

    def __missing__(self, escape: str) -> str:
        if len(escape) == 2:
            return ""
        if len(escape) == 12:
            high, low = int(escape[2:6], 16), int(escape[8:], 16)
            return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
        self[escape] = decoded = chr(int(escape[2:], 16))
        return decoded


_ESCAPES = _Escapes(
    {"\\n": "\n", "\\t": "\t", "\\b": "\b", "\\f": "\f", "\\r": "\r", "\\\\": "\\", "\\'": "'"}
)


def read_string(text: str, pos: int) -> tuple[str, int]:
    """Read the string whose quote is at `pos`, with the pieces joined to it; the cut marker is left."""
    pieces: list[str] = []
    while True:
        match = _STRING[text[pos]].match(text, pos)
        if match is None:
            raise DumpError("the string is not closed", pos)
        raw = match[1]
        pieces.append(unescape(raw, pos + 1) if "\\" in raw else raw)
        joined = _JOIN.match(text, match.end())
        if joined is None:
            return "".join(pieces), match.end()
        pos = joined.end()


def unescape(raw: str, offset: int) -> str:
    """Decode the escapes of `raw`, which stands at `offset`."""

    def decode(match: re.Match[str]) -> str:
        decoded = _ESCAPES[match[0]]
        if not decoded:
            raise DumpError(f"unknown escape {match[0]}", offset + match.start())
        return decoded

    return _ESCAPE.sub(decode, raw)


def read_number(text: str, pos: int) -> tuple[object, int]:
    """Read the number, bigint or date at `pos`."""
    match = _NUMBER.match(text, pos)
    if match is None:
        raise DumpError("not a number", pos)
    end = match.end()
    if match["date"]:
        return Opaque(Kind.DATE, match["date"]), end
    digits = match["number"].replace("_", "")
    if match["bigint"] is None:
        return Decimal(digits), end
    if len(digits) > _BIGINT_DIGITS:
        return Opaque(Kind.BIGINT, digits), end
    return int(digits[:-1]), end


def read_constant(text: str, pos: int) -> tuple[object, int] | None:
    """Read ``true``, ``null``, ``undefined``, ``NaN`` and their like; None where there is none."""
    match = _CONSTANT.match(text, pos)
    return match and (CONSTANTS[match[0]], match.end())


def end_of_enclosed(text: str, pos: int, *, level: int) -> int:
    """Find the end of ``[…]`` or ``(…)`` whose content Node does not escape.

    The end is the bracket that balances and is followed by what may follow a value. Content with a
    bracket too many (``Unexpected token [ in JSON``) never balances: then it is the first bracket
    followed so, on the line where the value begins if there is one.

    Parameters
    ----------
    text, pos
        The opening bracket's place.
    level
        How many brackets the value stands in; inside any, fewer things may follow it.
    """
    opening = text[pos]
    after = _AFTER_ENCLOSED[opening, level > 0]
    depth = candidate = looked_at = 0
    first_line = True
    for match in _ENCLOSED[opening].finditer(text, pos):
        found, end = match[0], match.end()
        looked_at += candidate > 0
        if looked_at > _LOOK_AHEAD:
            break
        if found in "\r\n":
            if candidate and first_line:
                break
            first_line = False
        elif found == opening:
            depth += 1
        else:
            depth = max(depth - 1, 0)
            if after.match(text, end):
                if depth == 0:
                    return end
                candidate = candidate or _end_if_unbalanced(text, end, level)
    if not candidate:
        raise DumpError(f"{opening} is not closed", pos)
    return candidate


def _end_if_unbalanced(text: str, end: int, level: int) -> int:
    """Give `end` if a value may end there although its brackets do not balance, else 0.

    A further bracket may belong to it (``[Tagged [tag] [Error]: …``), or the next line's indentation tells
    that it goes on.
    """
    if text.startswith(" [", end):
        return 0
    match = _INDENTED.match(text, end)
    if match is None:
        return end
    columns, due = len(match[2]), COLUMNS * level
    goes_on = columns > due if match[1] else columns >= due
    return 0 if goes_on else end
