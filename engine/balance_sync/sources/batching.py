"""Bounded batches of text: many small sources together, a large one in pieces.

An export can be a hundred thousand tiny files, so per-file work must be shared, and a single file can
be tens of gigabytes, so none may be held whole. A large source is cut at event boundaries. Of several that
are neither small nor large each process reads some.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from balance_sync.limits import Limits
from balance_sync.sources.fetching import fetch_ahead
from balance_sync.sources.plain_files import read_plainly
from balance_sync.sources.reading import Reading, TextPiece
from balance_sync.sources.source import Source

if TYPE_CHECKING:
    from concurrent.futures import Future

    from balance_sync.sources.objects import RemoteObject
    from balance_sync.sources.opening import Text

BATCH_BYTES = 12 << 20
"""Uncompressed text in one batch, about; what one worker holds at a time."""

_EXPANSION, _EXPANSION_OF_SMALL, _SMALL = 6, 2, 900
"""How many bytes of text a compressed byte becomes, and of the first ones of a file: nothing repeats yet."""

OPENING_BYTES = 1_000
"""What opening a file counts for, so that no batch of tiny ones takes much longer than others."""

_LARGE_BYTES = 16 << 20
"""Bytes of a file that one process reads alone where there are others: cutting it for all takes longer."""

_MORE_THAN_PLANNED = 9 / 8
"""How many times the text that was planned for may be parsed at a time: a MB of it takes six of memory."""

LARGEST_EVENT = 8 << 20
"""Bytes at which an event is cut although it goes on: what follows is told as text before an event.

CloudWatch takes no event of more than 1 MiB.
"""

_READ_AT_ONCE = 64
"""Small files."""

_MOST_PIECES = 5_000
"""Sources in one batch: an archive may hold any number of empty ones."""

_EVENT_START = re.compile(rb"\n(?=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )")


Batch = Callable[[], Iterator[list[TextPiece]]]
"""Gives the pieces when called, so that small files are read by the worker that parses them.

They come in several lists where the files hold more text than was planned for one.
"""


def expected_text(compressed: int) -> int:
    """Return about how many bytes of text a file of so many `compressed` bytes holds."""
    return compressed * _EXPANSION - min(compressed, _SMALL) * (_EXPANSION - _EXPANSION_OF_SMALL)


def plan_batches(
    sources: Iterable[Source], *, batch_bytes: int = BATCH_BYTES, limits: Limits | None = None
) -> Iterator[Batch]:
    """Group `sources` (files) into batches of about `batch_bytes` of text each; larger ones are cut.

    Of those that one process could read alone the last one is cut, too, so that none reads while others wait.
    """
    limits = limits or Limits()
    group: list[Source] = []
    planned = 0
    last_alone: Source | None = None
    for source in sources:
        if source.size_bytes > _LARGE_BYTES:
            yield from _pieces_of(source, batch_bytes, limits)
            continue
        expected = expected_text(source.size_bytes)
        if expected > batch_bytes:
            if last_alone:
                yield _Files((last_alone,), batch_bytes, limits)
            last_alone = source
            continue
        group.append(source)
        planned += expected + OPENING_BYTES
        if planned >= batch_bytes:
            yield _Files(tuple(group), batch_bytes, limits)
            group, planned = [], 0
    if group:
        yield _Files(tuple(group), batch_bytes, limits)
    if last_alone:
        yield from _pieces_of(last_alone, batch_bytes, limits)


def _pieces_of(source: Source, batch_bytes: int, limits: Limits) -> Iterator[Batch]:
    # Several pieces wait in the process that cuts them, so each is smaller than a batch.
    for pieces in _cut(source, max(batch_bytes * 2 // 3, 1), limits):
        yield _CutPieces(pieces)


@dataclass(frozen=True, slots=True)
class _Files:
    files: tuple[Source, ...]
    batch_bytes: int
    limits: Limits

    def __call__(self) -> Iterator[list[TextPiece]]:
        ready: list[TextPiece] = []
        size = 0
        most = int(self.batch_bytes * _MORE_THAN_PLANNED)
        with fetch_ahead(self.files) as objects:
            for pieces in self._read(objects, most):
                more = sum([len(piece.text) for piece in pieces])
                if ready and size + more > most:
                    yield ready
                    ready, size = [], 0
                ready += pieces
                size += more
        if ready:
            yield ready

    def _read(self, objects: Mapping[str, Future[RemoteObject]], most: int) -> Iterator[Sequence[TextPiece]]:
        # One that would not fit into a batch is alone.
        are_small = len(self.files) > 1 or expected_text(self.files[0].size_bytes) <= self.batch_bytes
        begin = 0
        while begin < len(self.files):
            some = self.files[begin : begin + _READ_AT_ONCE]
            whole = read_plainly(some, enough=most // _READ_AT_ONCE) if are_small else [None] * len(some)
            begin += len(whole)
            plain: list[TextPiece] = []
            for file, piece in zip(some, whole, strict=False):
                if piece:
                    plain.append(piece)
                    continue
                if plain:
                    yield plain
                    plain = []
                coming = objects.get(file.path)
                fetched = coming.result() if coming else None
                yield from _cut(file, self.batch_bytes, self.limits, fetched=fetched)
            if plain:
                yield plain

    def __reduce__(self) -> tuple[object, ...]:
        # By columns, which takes other processes a third of the time that as many sources do.
        return _files, (tuple(zip(*self.files, strict=True)), self.batch_bytes, self.limits)


def _files(columns: tuple[tuple[Any, ...], ...], batch_bytes: int, limits: Limits) -> _Files:
    return _Files(tuple(map(Source._make, zip(*columns, strict=True))), batch_bytes, limits)


@dataclass(frozen=True, slots=True)
class _CutPieces:
    pieces: list[TextPiece]

    def __call__(self) -> Iterator[list[TextPiece]]:
        yield self.pieces


def _cut(
    file: Source, batch_bytes: int, limits: Limits, *, fetched: RemoteObject | None = None
) -> Iterator[list[TextPiece]]:
    """Cut what is in `file` into lists of pieces, each of about `batch_bytes` in all."""
    # Archives and rarer compressions take some time to import, and most exports have none.
    from balance_sync.sources.opening import iter_texts

    growing: dict[str, _GrowingSource] = {}
    ready: list[TextPiece] = []
    size = held = 0
    enough = batch_bytes
    for text in iter_texts(file, limits, fetched=fetched):
        source = growing.setdefault(text.source.label, _GrowingSource(text.source))
        held += source.add(text)
        found: list[TextPiece] = []
        if text.ends:
            found = [source.last_piece(text.reading)]
            del growing[text.source.label]
        elif held >= enough:
            # All of them, for a file of records may hold any number of streams.
            found = [piece for one in growing.values() if (piece := one.cut_off())]
        cut = sum(len(piece.text) for piece in found)
        held -= cut
        if cut:
            enough = held + batch_bytes
        ready += found
        size += cut
        if size >= batch_bytes or len(ready) >= _MOST_PIECES:
            yield ready
            ready, size = [], 0
    if ready:
        yield ready


class _GrowingSource:
    """Text of a source that has come so far and is in no piece yet."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._content_hash = ""
        self._held: list[bytes] = []
        self._size, self._enough = 0, 0
        self._number, self._line = 0, 1

    def add(self, more: Text) -> int:
        """Add text; return how much."""
        self._content_hash = more.reading.content_hash
        if more.text:
            self._held.append(more.text)
            self._size += len(more.text)
        return len(more.text)

    def last_piece(self, reading: Reading) -> TextPiece:
        """Return all that is left."""
        return TextPiece(self._source, b"".join(self._held), self._number, self._line, True, reading)

    def cut_off(self) -> TextPiece | None:
        """Return what comes before the last event that has begun, if there is any."""
        if self._size <= self._enough:
            return None
        text = b"".join(self._held)
        cut = _last_event_start(text) or (len(text) if len(text) >= LARGEST_EVENT else 0)
        # One event that goes on and on is looked through again only when it has doubled.
        self._enough = 0 if cut else min(2 * len(text), LARGEST_EVENT - 1)
        self._held = [text[cut:]]
        self._size = len(text) - cut
        if not cut:
            return None
        reading = Reading(content_hash=self._content_hash)
        piece = TextPiece(self._source, text[:cut], self._number, self._line, False, reading)
        self._number += 1
        self._line += text.count(b"\n", 0, cut)
        return piece


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
