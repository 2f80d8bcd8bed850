"""Text that is nearly an export, turned into one line by line, so that lines keep their numbers.

It is what ``aws logs tail`` prints, with or without colours; messages alone, as Firehose extracts them; and
exports of Lambda's JSON log format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from balance_sync.sources.lambda_json import START, as_text
from balance_sync.sources.streams import Stream, iter_lines

_COLOUR = rb"(?:\x1b\[[0-9;]*m)*"
_SECOND = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_DETAILED = re.compile(
    rb"%b(%b)(?:\.(\d{3})\d{0,3})?\+00:00%b %b[^\s\x1b]{1,512}%b "
    % (_COLOUR, _SECOND, _COLOUR, _COLOUR, _COLOUR)
)
_SHORT = re.compile(rb"%b(%b)%b " % (_COLOUR, _SECOND, _COLOUR))
_EXPORTED = re.compile(rb"^(%b)\.(\d{3})Z (?=\{)" % _SECOND, re.MULTILINE)
_TIMED_OUT = rb"[^\s]{1,64} Task timed out "
# A timeout's message begins like an event of an export, with a time and a space.
_ANY_EXPORTED = re.compile(rb"^%b\.\d{3}Z (?!%b)" % (_SECOND, _TIMED_OUT), re.MULTILINE)
_INNER = re.compile(rb"^(%b)\.(\d{3})Z(?:\t| (?=%b))" % (_SECOND, _TIMED_OUT), re.MULTILINE)
_PLATFORM = re.compile(
    rb"(?:START|END|REPORT) RequestId: |INIT_START |INIT_REPORT |RESTORE_(?:START|REPORT) |\{\"_aws\":"
    rb"|(?:EXTENSION|TELEMETRY|LOGS)\t|Unknown application error occurred$"
    rb"|RequestId: [^\s]{1,64} (?:Error|Process exited)",
    re.MULTILINE,
)
_COLOURS = re.compile(rb"\x1b\[[0-9;]*m")
_MOST_WAITING = 1000
_OPENINGS = (b"{\n", b"[\n")
_CLOSINGS = (b"}", b"]")
_INDENT = b"    "
_LARGEST_JSON = 8 << 20


def lines_of(head: bytes, stream: Stream) -> Iterator[bytes] | None:
    """Return text that begins with `head` as lines of an export; `None` if it is one, or something else."""
    if _DETAILED.match(head) or _SHORT.match(head):
        return _tailed_lines(stream)
    if any(START.match(head, match.end()) for match in _EXPORTED.finditer(head)):
        return _exported_lines(stream)
    if _INNER.search(head) and not _ANY_EXPORTED.search(head):
        return _stamped_lines(stream)
    return None


def _exported_lines(stream: Stream) -> Iterator[bytes]:
    """Give out the lines of an export, events of the JSON log format as those of the text format."""
    for line in iter_lines(stream):
        match = _EXPORTED.match(line)
        if match and START.match(line, match.end()):
            yield line[: match.end()] + _on_one_line(line[match.end() :])
        else:
            yield line


def _tailed_lines(stream: Stream) -> Iterator[bytes]:
    """Give out the lines as an export has them: with the time of each event, and without its stream."""
    second, milliseconds = b"", b"000"
    for line in _joined_lines(stream):
        match = _DETAILED.match(line) or _SHORT.match(line)
        if match is None:
            yield _COLOURS.sub(b"", line)
            continue
        message = _COLOURS.sub(b"", line[match.end() :])
        # A whole second is printed without its fraction.
        told = match[2] or b"000" if match.re is _DETAILED else None
        if told is None:
            # The short format has no milliseconds: the event's own time does, else the event before.
            inner = _INNER.match(message)
            told = inner[2] if inner and inner[1] == match[1] else None
        if told is None:
            told = milliseconds if match[1] == second else b"000"
        second, milliseconds = match[1], told
        yield b"%b.%bZ %b" % (second, told, _on_one_line(message) if START.match(message) else message)


def _joined_lines(stream: Stream) -> Iterator[bytes]:
    """Give out the lines, and where a message is JSON over several of them one line and as many empty ones.

    So ``--format json`` prints what is JSON as a whole: behind the line break from the line after the event's
    own to a bracket that stands at the begin of a line.
    """
    lines = iter_lines(stream)
    held: list[bytes] = []
    for line in lines:
        header = _DETAILED.match(line)
        if not header or line[header.end() :] != b"\n":
            yield line
            continue
        held, size = [line], 0
        for part in lines:
            held.append(part)
            size += len(part)
            begins = len(held) == 2 and part in _OPENINGS
            if part.rstrip() in _CLOSINGS or not (begins or part.startswith(_INDENT)) or size > _LARGEST_JSON:
                break
        yield from _joined(held)


def _joined(lines: list[bytes]) -> list[bytes]:
    """Return the lines of an event as one with its JSON, and empty ones; the same lines where it is none."""
    first, *rest = lines
    try:
        value = msgspec.json.decode(b"".join(rest))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return lines
    message = msgspec.json.encode(value)
    return [first[:-1] + message + b"\n", *[b"\n"] * len(rest)]


def _stamped_lines(stream: Stream) -> Iterator[bytes]:
    """Give out the lines of bare messages, each event with its own time or that of the event before it."""
    stamp = b""
    waiting: list[bytes] = []
    for line in iter_lines(stream):
        inner = _INNER.match(line)
        if inner:
            stamp = inner[0][:-1]
        begins = inner or _PLATFORM.match(line)
        if not stamp and len(waiting) < _MOST_WAITING:
            # What comes before any time was logged has the first that is.
            waiting.append(line)
            continue
        for early in waiting:
            yield stamp + b" " + early if stamp and _PLATFORM.match(early) else early
        waiting = []
        yield stamp + b" " + line if begins and stamp else line
    yield from waiting


def _on_one_line(message: bytes) -> bytes:
    """Return an event of the JSON log format in the text format; its line breaks become carriage returns.

    So Node writes them to a console, and the lines that follow keep their numbers.
    """
    text = as_text(message.decode("utf-8", "replace").rstrip("\n"))
    return text.replace("\n", "\r").encode() + b"\n"
