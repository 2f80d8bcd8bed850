"""What each fuzzed part promises of any bytes at all; a promise that is broken raises."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from container_targets import CONTAINER_TARGETS, expect

from balance_sync.logs.exact_records import read_sync_error, read_transaction
from balance_sync.logs.inspect_reader import DumpError, read_dump
from balance_sync.logs.split import split_events
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source
from both_ways import differences

_STAMP = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z ")


def dump_reader(data: bytes) -> None:
    """Read a dump or refuse it at a place in the text; read a record or say why not."""
    text = data.decode("utf-8", "replace")
    try:
        dump = read_dump(text)
        end, again = dump.end, read_dump(text)
    except DumpError as error:
        end = error.offset
    else:
        expect(repr(again) == repr(dump), "a second reading differs")
        expect(all(len(loss.path) < 1000 for loss in dump.losses), "a path grows with the text")
    expect(0 <= end <= len(text), "a place outside the text")
    for read in (read_transaction, read_sync_error):
        record, reason = read(text)
        expect(bool(record) != bool(reason), "neither or both of record and reason")


def event_splitter(data: bytes) -> None:
    """Put each byte into one event, and begin events where a simple loop does."""
    whole = data if not data or data.endswith(b"\n") else data + b"\n"
    begins = _begins(whole)
    events = split_events([piece(data)])
    expect([int(at) for at in events.start] == begins, "events begin elsewhere")
    expect([int(at) for at in events.end] == [*begins[1:], len(whole)][: len(begins)], "bytes between events")
    lines = [1 + whole.count(b"\n", 0, begin) for begin in begins]
    expect([int(line) for line in events.line] == lines, "another line")
    stamped = [_STAMP.match(whole, begin) is not None for begin in begins]
    expect([bool(each) for each in events.is_stamped] == stamped, "another stamp")
    expect(events.frame().height == len(begins), "the table has other events")
    # The same text in two pieces, cut where an event begins, holds the same events.
    for cut in begins[1:2] + begins[-1:]:
        parts = split_events(
            [piece(whole[:cut]), piece(whole[cut:], first_line=1 + whole.count(b"\n", 0, cut))]
        )
        expect([int(at) for at in parts.start] == begins, "a cut moves events")
        expect([int(line) for line in parts.line] == lines, "a cut moves lines")
        expect(parts.at.tolist() == events.at.tolist(), "a cut changes times")


def _begins(text: bytes) -> list[int]:
    begins, at = [], 0
    for line in re.findall(rb"[^\n]*\n", text):
        if at == 0 or _STAMP.match(line):
            begins.append(at)
        at += len(line)
    return begins


def compiled_passes(data: bytes) -> None:
    """Make of the two halves of a text what numpy makes of them."""
    middle = len(data) // 2
    differ = differences([piece(data[:middle]), piece(data[middle:])])
    expect(not differ, f"{differ} come out otherwise than in numpy")


def piece(text: bytes, *, first_line: int = 1) -> TextPiece:
    """Give text as the splitter is given it."""
    return TextPiece(Source("", "", 0, 0, "", None), text, 0, first_line, True, Reading())


TARGETS: dict[str, Callable[[bytes], None]] = {
    "dump_reader": dump_reader,
    "event_splitter": event_splitter,
    "compiled_passes": compiled_passes,
    **CONTAINER_TARGETS,
}
CORPUS = Path(__file__).parent / "corpus"
