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

from balance_sync.logs.inspect_values import UNDEFINED, DumpError, ErrorValue, Kind, Opaque

_NEWLINE = r"(?:\r\n?|\n)"
QUOTES = frozenset("'\"`")
_STRING = {quote: re.compile(rf"{quote}((?:[^{quote}\\\r\n]++|\\.)*+){quote}") for quote in QUOTES}
_JOIN = re.compile(rf" \+{_NEWLINE} *+(?=['\"`])")
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
    True: re.compile(r"[,:\r\n\]>]|$| (?:[{}\[\]A-Z>]|=>)"),
    False: re.compile(r"[\s,:\]>]|$"),
}
_LOOK_AHEAD = 32  # brackets

_ERROR_NAME = r"(?:\[[^\[\]\r\n]*?: null prototype\]|[^\W\d][\w$.]*+)(?: [\[(][^\])\r\n]{0,200}+[\])])*+"
_HEADING = re.compile(rf"{_ERROR_NAME}(?::|(?={_NEWLINE} *+at ))")
_FIRST_FRAME = re.compile(rf"{_NEWLINE}( *+)(?=at \S)")
_SIMPLE_PROPERTY = re.compile(
    r": (?:'[^'\r\n]{0,1000}+'|-?[0-9][^\s,]{0,30}+|true|false|null|undefined)(?=[,\r\n]| [\]}])"
)
_FRAME_BELOW = re.compile(rf"[^\r\n]{{0,1000}}+{_NEWLINE} *+at \S")
_FRAME = re.compile(rf"{_NEWLINE} *+(?=at \S|\.\.\. \d+ lines matching cause stack trace \.\.\.)")
_LINE = re.compile(r"[^\r\n]*+")
_FRAME_PART = re.compile(r"\(|\)(?=[, ]|$)|\)|:\d+:\d+(?=[, ]|$)|,(?= |$)| (?=[{}\]>]|=>)")
_LINE_BREAK = re.compile(_NEWLINE)
_AFTER_ERROR = re.compile(r"\s*+[,}\]>]| \{| =>")


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


def end_of_enclosed(text: str, pos: int, *, nested: bool) -> int:
    """Find the end of ``[…]`` or ``(…)`` whose content Node does not escape.

    The end is the bracket that balances and is followed by what may follow a value. Content with a
    bracket too many (``Unexpected token [ in JSON``) never balances: then it is the first bracket
    followed so, within its line.

    Parameters
    ----------
    text, pos
        The opening bracket's place.
    nested
        Whether the value stands inside another, where fewer things may follow it.
    """
    opening = text[pos]
    after = _AFTER_ENCLOSED[nested]
    depth = 0
    candidate = looked_at = 0
    for match in _ENCLOSED[opening].finditer(text, pos):
        found = match[0]
        if candidate:
            looked_at += 1
            if found in "\r\n" or looked_at > _LOOK_AHEAD:
                break
        if found == opening:
            depth += 1
        elif found not in "\r\n":
            depth = max(depth - 1, 0)
            if after.match(text, match.end()):
                if depth == 0:
                    return match.end()
                candidate = candidate or match.end()
    if not candidate:
        raise DumpError(f"{opening} is not closed", pos)
    return candidate


def is_error_heading(text: str, pos: int) -> bool:
    """Tell whether `pos` may start an error that is printed with its stack."""
    return _HEADING.match(text, pos) is not None


def starts_item_error(text: str, pos: int) -> bool:
    """Tell an error among items (``[ Error: m⏎ at … ]``) from an extra key (``[ index: 1 ]``).

    Both read ``Name: …``. An error's name is capitalised; either its stack begins on the next line, or
    its name ends as those of errors do and a message follows that is no plain value.
    """
    match = _HEADING.match(text, pos)
    if match is None or not (text[pos] == "[" or text[pos].isupper()):
        return False
    if _FRAME_BELOW.match(text, match.end()):
        return True
    name = text[pos : match.end()].removesuffix(":")
    return name.endswith(("Error", "Exception", "]")) and not _SIMPLE_PROPERTY.match(text, pos + len(name))


def read_error(text: str, pos: int, *, nested: bool) -> tuple[ErrorValue, int]:
    """Read an error with its stack: heading (the message may span lines), then frames."""
    first = _FIRST_FRAME.search(text, pos)
    if first is None:
        raise DumpError("an error without a stack", pos)
    # Node indents a nested error's lines by what its frames are indented more than four.
    indent = max(len(first[1]) - 4, 0)
    heading = [_without_indent(line, indent) for line in _LINE_BREAK.split(text[pos : first.start()])]
    frames: list[str] = []
    line: re.Match[str] | None = first
    end = first.start()
    while line is not None:
        end = _end_of_frame(text, line.end())
        frames.append(text[line.end() : end])
        line = _FRAME.match(text, end)
        if line is None and nested and not _AFTER_ERROR.match(text, end):
            # A stack with a second one appended to it ("Caused by: …"), kept as lines between frames.
            line = _FRAME.search(text, end)
            if line is not None:
                frames.extend(
                    part.strip() for part in _LINE_BREAK.split(text[end : line.start()]) if part.strip()
                )
    return ErrorValue("\n".join(heading), tuple(frames)), end


def _without_indent(line: str, indent: int) -> str:
    return line[indent:] if line[:indent].isspace() else line


def _end_of_frame(text: str, pos: int) -> int:
    """Find where a line of a stack ends: at its place in the source, before what the dump adds."""
    line_end = _LINE.match(text, pos).end()  # type: ignore[union-attr]  # matches everywhere
    depth = 0
    for match in _FRAME_PART.finditer(text, pos, line_end):
        part = match[0]
        if part == "(":
            depth += 1
        elif part == ")":
            depth -= 1
            if depth == 0 and (match.end() == line_end or text[match.end()] in ", "):
                return match.end()
        elif depth <= 0:
            return match.end() if part[0] == ":" else match.start()
    return line_end
