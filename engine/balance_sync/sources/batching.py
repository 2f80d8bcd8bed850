"""Bounded batches of text: many small sources together, a large one in pieces.

An export can be a hundred thousand tiny files, so per-file work must be shared, and a single file can
be tens of gigabytes, so none may be held whole. A large source is cut at event boundaries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from balance_sync.sources.discovery import Source
from balance_sync.sources.inflate import Reading, hash_source, iter_text, read_source

BATCH_BYTES = 12 << 20
"""Uncompressed text in one batch, about; what one worker holds at a time."""

EXPANSION = 6
"""Compressed bytes are taken to become this many bytes of text when batches are planned."""

LARGEST_EVENT = 256 << 20
"""Bytes at which an event is cut although it goes on: what follows is told as text before an event."""

_EVENT_START = re.compile(rb"\n(?=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )")


class TextPiece(NamedTuple):
    """Text of one source, whole or a piece of it.

    Attributes
    ----------
    number
        0-based position of the piece in its source.
    first_line
        1-based line at which the piece starts in the uncompressed text.
    is_last
        Whether the source ends with this piece; `reading` is complete then.
    """

    source: Source
    text: bytes
    number: int
    first_line: int
    is_last: bool
    reading: Reading


Batch = Callable[[], list[TextPiece]]
"""Gives the pieces when called, so that small files are read by the worker that parses them."""


def plan_batches(sources: Iterable[Source], *, batch_bytes: int = BATCH_BYTES) -> Iterator[Batch]:
    """Group `sources`, in their order, into batches of about `batch_bytes` of text each."""
    group: list[Source] = []
    planned = 0
    for source in sources:
        if source.size_bytes * EXPANSION > batch_bytes:
            if group:
                yield _SmallSources(tuple(group))
                group, planned = [], 0
            # Several pieces wait in the process that cuts them, so each is smaller than a batch.
            yield from _pieces(source, max(batch_bytes * 2 // 3, 1))
            continue
        group.append(source)
        planned += source.size_bytes * EXPANSION
        if planned >= batch_bytes:
            yield _SmallSources(tuple(group))
            group, planned = [], 0
    if group:
        yield _SmallSources(tuple(group))


@dataclass(frozen=True, slots=True)
class _SmallSources:
    sources: tuple[Source, ...]

    def __call__(self) -> list[TextPiece]:
        pieces = []
        for source in self.sources:
            text, reading = read_source(source)
            pieces.append(TextPiece(source, text, 0, 1, True, reading))
        return pieces


@dataclass(frozen=True, slots=True)
class _LargePiece:
    piece: TextPiece

    def __call__(self) -> list[TextPiece]:
        return [self.piece]


def _pieces(source: Source, batch_bytes: int) -> Iterator[Batch]:
    # The identity of a source is its content, which its first piece must know already.
    content_hash = hash_source(source)
    reading = Reading(content_hash=content_hash)
    held: list[bytes] = []
    size, enough = 0, batch_bytes
    number, line = 0, 1
    for chunk in iter_text(source, reading):
        held.append(chunk)
        size += len(chunk)
        if size < enough:
            continue
        text = b"".join(held)
        cut = _last_event_start(text) or (size if size >= LARGEST_EVENT else 0)
        # One event that goes on and on is looked through again only when it has doubled.
        enough = batch_bytes if cut else min(2 * size, LARGEST_EVENT)
        if cut:
            piece = TextPiece(source, text[:cut], number, line, False, Reading(content_hash=content_hash))
            yield _LargePiece(piece)
            number += 1
            line += text.count(b"\n", 0, cut)
        held = [text[cut:]]
        size = len(held[0])
    yield _LargePiece(TextPiece(source, b"".join(held), number, line, True, reading))


def _last_event_start(text: bytes) -> int:
    """Return the offset of the last event's first byte, or 0 where only one event is in sight."""
    end = len(text)
    window = 1 << 16
    while end > 0:
        begin = max(0, end - window)
        matches = list(_EVENT_START.finditer(text, begin, min(len(text), end + 32)))
        if matches:
            return matches[-1].end()
        end = begin
        window *= 4
    return 0
