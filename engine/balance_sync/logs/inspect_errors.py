"""Errors of Node's `util.inspect` text: a heading, which Node does not escape, and the frames of a stack.

Like all patterns of the reader, these are possessive or bounded.
"""

from __future__ import annotations

import re

from balance_sync.logs.inspect_lexer import COLUMNS, NEWLINE
from balance_sync.logs.inspect_values import DumpError, ErrorValue

_ERROR_NAME = r"(?:\[[^\[\]\r\n]*?: null prototype\]|[^\W\d][\w$.]*+)(?: [\[(][^\])\r\n]{0,200}+[\])])*+"
_HEADING = re.compile(rf"{_ERROR_NAME}(?::|(?={NEWLINE} *+at ))")
# A name of several words, which only the stack on the next line tells from other text.
_SPACED_HEADING = re.compile(
    rf"[A-Z][\w$.]{{0,100}}+(?: [\w$.]{{1,100}}+){{1,5}}(?::[^\r\n]{{0,1000}}+)?{NEWLINE} *+at \S"
)
_FIRST_FRAME = re.compile(rf"{NEWLINE}( *+)(?=at \S)")
# What Node says of frames that it leaves out.
_LEFT_OUT = r"\.\.\. (?:\d+ lines matching cause stack|collapsed \d+ duplicate lines matching above) "
_SIMPLE_PROPERTY = re.compile(
    r": (?:'[^'\r\n]{0,1000}+'|-?[0-9][^\s,]{0,30}+|true|false|null|undefined)(?=[,\r\n]| [\]}])"
)
_FRAME_BELOW = re.compile(rf"[^\r\n]{{0,1000}}+{NEWLINE} *+at \S")
_FRAME = re.compile(rf"{NEWLINE} *+(?=at \S|{_LEFT_OUT})")
_LINE = re.compile(r"[^\r\n]*+")
_FRAME_PART = re.compile(
    r"\(|\)(?=[, ]|$)|\)|:\d+:\d+(?=[, ]|$)|(?<= )<anonymous>(?=,|$| (?!\())|,(?= |$)| (?=[{}\]>]|=>)"
)
# A frame without parentheses, whose path may hold commas and blanks; the rest of its line is none of it.
_PLAIN_FRAME = re.compile(r"(?:[^()'\"`{}:\r\n]++|:(?!\d+:\d+(?:[ ,\r\n]|$)))*+:\d+:\d+")
_LINE_BREAK = re.compile(NEWLINE)
_AFTER_ERROR = re.compile(r"\s*+[,}\]>]| \{| =>")


def is_error_heading(text: str, pos: int) -> bool:
    """Tell whether `pos` may start an error that is printed with its stack."""
    return _HEADING.match(text, pos) is not None or _SPACED_HEADING.match(text, pos) is not None


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


def read_error(text: str, pos: int, *, level: int) -> tuple[ErrorValue, int]:
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
        if line is None and level and not _AFTER_ERROR.match(text, end):
            # A stack with a second one appended to it ("Caused by: …"), kept as lines between frames.
            line = _FRAME.search(text, end)
            if line is not None:
                frames.extend(
                    part.strip() for part in _LINE_BREAK.split(text[end : line.start()]) if part.strip()
                )
    return ErrorValue("\n".join(heading), tuple(frames)), end


def without_indentation(printed: str, level: int) -> str:
    """Take from a text of several lines, which stands in `level` brackets, what Node puts before each."""
    indent = COLUMNS * level
    first, *others = _LINE_BREAK.split(printed)
    if not all(line[:indent].isspace() and len(line) >= indent for line in others) or not level:
        return "\n".join([first, *others])
    return "\n".join([first, *(line[indent:] for line in others)])


def _without_indent(line: str, indent: int) -> str:
    return line[indent:] if line[:indent].isspace() else line


def _end_of_frame(text: str, pos: int) -> int:
    """Find where a line of a stack ends: at its place in the source, before what the dump adds."""
    plain = _PLAIN_FRAME.match(text, pos)
    if plain:
        return plain.end()
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
            return match.end() if part[0] in ":<" else match.start()
    return line_end
