"""What a file unfolds to: texts of logs, out of any number of compressions and archives in each other.

Everything is a stream: nothing is unpacked to disk, and no more than a few pieces are held.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import RawIOBase
from typing import NamedTuple

from balance_sync.limits import Limits
from balance_sync.sources.buckets import is_remote
from balance_sync.sources.decompression import gathered, unpack
from balance_sync.sources.deliveries import ValueDecoder
from balance_sync.sources.files import open_file
from balance_sync.sources.inflate import GZIP_MAGIC, inflate_file, plain_text
from balance_sync.sources.insights_csv import HEADING, iter_rows
from balance_sync.sources.json_values import JsonValues
from balance_sync.sources.labels import Labels, lies_beside_logs, readable, stream_of
from balance_sync.sources.members import Member
from balance_sync.sources.normalisation import normalised
from balance_sync.sources.reading import Reading
from balance_sync.sources.recognition import (
    ARCHIVES,
    COMPRESSIONS,
    HEAD_BYTES,
    Form,
    holds_records,
    named_binary,
    recognise,
)
from balance_sync.sources.record_order import oldest_first
from balance_sync.sources.record_runs import Record, Run
from balance_sync.sources.records import RecordReader
from balance_sync.sources.source import Source, told_time
from balance_sync.sources.streams import LimitReachedError, Meter, Stream, TooDeepError
from balance_sync.sources.tail import lines_of
from balance_sync.sources.tar import iter_tar
from balance_sync.sources.zip import iter_zip

UNOPENED = "cannot be read"
"""What is told first of a file that the system would not open, or not read to its end."""

_CHUNK_BYTES = 1 << 20
_HASHED_BYTES = 8 << 20
"""Members of up to this many bytes are known by their bytes, larger ones by their archive and name."""

_HELD_BYTES = 1 << 18
"""Bytes of all log streams of a file together that are held before they are given out."""

_UNNAMED = "events"
"""Where records do not tell their stream."""


class Text(NamedTuple):
    """Some text of a source, in its order.

    Attributes
    ----------
    ends
        Whether it is the last of the source; `reading` is complete then.
    """

    source: Source
    text: bytes
    reading: Reading
    ends: bool


def iter_texts(file: Source, limits: Limits, *, fetched: RawIOBase | None = None) -> Iterator[Text]:
    """Give out the text of `file`, or of each source in it.

    Each source ends exactly once. Of an archive, the file itself ends last and has no text.

    Parameters
    ----------
    fetched
        The object that `file` is, where it was fetched already.
    """
    reading = Reading()
    try:
        with fetched or _open(file.path) as opened:
            reading.content_hash = hashlib.file_digest(opened, "sha256").hexdigest()
            opened.seek(0)
            yield from _FileWalk(file, opened, limits).texts(reading)
            return
    except OSError as error:
        reading.tell(f"{UNOPENED}: {error.strerror or error}")
    yield Text(file, b"", reading, ends=True)


def _open(path: str) -> RawIOBase:
    if is_remote(path):
        from balance_sync.sources.objects import RemoteObject

        return RemoteObject(path)
    return open_file(path)


@dataclass(frozen=True, slots=True)
class _Layer:
    """Bytes within a file: where they belong, and what is said of them."""

    source: Source
    stream: Stream
    reading: Reading
    depth: int


@dataclass(slots=True)
class _RecordStream:
    """A log stream whose events stand among those of others: what of it was not given out yet."""

    source: Source
    reading: Reading
    parts: list[bytes] = field(default_factory=list)

    def add(self, record: Record | Run) -> int:
        text = record.text()
        self.parts.append(text)
        return len(text)

    def take(self, *, ends: bool) -> Text:
        text = b"".join(self.parts)
        self.parts = []
        self.reading.text_bytes += len(text)
        return Text(self.source, text, self.reading, ends)


class _FileWalk:
    """Goes through all that is in one file."""

    def __init__(self, file: Source, opened: RawIOBase, limits: Limits) -> None:
        self._file = file
        self._opened = opened
        self._meter = Meter(limits, file.size_bytes)
        self._labels = Labels()

    def texts(self, reading: Reading) -> Iterator[Text]:
        layer = _Layer(self._file, Stream(_chunks(self._opened)), reading, 0)
        yield from self._walk(layer)

    def _walk(self, layer: _Layer) -> Iterator[Text]:
        """Give out what is in a layer, and end its source, whatever happens."""
        source, reading = layer.source, layer.reading
        try:
            yield from self._unfold(layer)
        except LimitReachedError as limit:
            reading.tell(str(limit))
            if source.file is not None and not isinstance(limit, TooDeepError):
                yield Text(source, b"", reading, ends=True)
                raise
        if source.file is None:
            self._tell_change(reading)
        yield Text(source, b"", reading, ends=True)

    def _unfold(self, layer: _Layer) -> Iterator[Text]:
        whole = self._plain_member(layer)
        if whole is not None:
            layer.reading.text_bytes += len(whole)
            yield Text(layer.source, whole, layer.reading, ends=False)
            return
        form = recognise(layer.stream.peek(HEAD_BYTES))
        while form in COMPRESSIONS:
            layer = self._unpacked(form, layer)
            form = recognise(layer.stream.peek(HEAD_BYTES))
        if form in ARCHIVES:
            yield from self._members(form, layer)
        elif form is Form.BINARY:
            named = named_binary(layer.stream.peek(HEAD_BYTES))
            layer.reading.tell(f"no log text: {named or 'its bytes are those of no form that is known'}")
        else:
            text = Stream(normalised(form, layer.stream))
            yield from self._text(_Layer(layer.source, text, layer.reading, layer.depth))

    def _plain_member(self, layer: _Layer) -> bytes | None:
        """Return the text of an archive's member at once, where it is what most files of an export are."""
        if layer.source.file is None:
            return None
        packed = layer.stream.peek(_HASHED_BYTES)
        is_packed = packed.startswith(GZIP_MAGIC)
        if len(packed) == _HASHED_BYTES or (is_packed and layer.depth >= self._meter.limits.depth):
            return None
        text = plain_text(packed)
        if text is None or (is_packed and not self._meter.has_room(len(text))):
            return None
        if is_packed:
            self._meter.unpack(len(text))
        return text

    def _text(self, layer: _Layer) -> Iterator[Text]:
        """Give out text that is UTF-8, or the log streams of the records that it spells."""
        head = layer.stream.peek(HEAD_BYTES)
        reader = RecordReader(self._meter)
        if holds_records(head):
            values = JsonValues(layer.stream, layer.reading, ValueDecoder())
            yield from self._record_streams(oldest_first(reader.records_of(values)), reader, layer)
        elif HEADING.match(head):
            rows = reader.counted(iter_rows(layer.stream, layer.reading))
            yield from self._record_streams(oldest_first(rows), reader, layer)
        else:
            lines = lines_of(head, layer.stream)
            for text in gathered(lines) if lines else layer.stream.rest():
                layer.reading.text_bytes += len(text)
                yield Text(layer.source, text, layer.reading, ends=False)

    def _record_streams(
        self, records: Iterator[Record | Run], reader: RecordReader, layer: _Layer
    ) -> Iterator[Text]:
        """Give out each log stream of `records` as a source of its own, like a member of an archive."""
        growing: dict[tuple[str, str], _RecordStream] = {}
        held = 0
        layer.reading.members = 0
        limit = None
        try:
            for record in records:
                named = (record.group, record.stream)
                stream = growing.get(named)
                if stream is None:
                    self._meter.count_member()
                    stream = growing[named] = self._record_stream(*named, layer)
                    layer.reading.members += 1
                held += stream.add(record)
                if held >= _HELD_BYTES:
                    yield from (stream.take(ends=False) for stream in growing.values() if stream.parts)
                    held = 0
        except LimitReachedError as reached:
            limit = reached
        yield from (stream.take(ends=True) for stream in growing.values())
        layer.reading.note = _contents(reader.records, "record", reader.passed_over)
        if reader.unread:
            counted = f"{reader.unread:,} record{'' if reader.unread == 1 else 's'}"
            layer.reading.tell(f"{counted} whose time, message or envelope cannot be read")
        if limit:
            raise limit

    def _record_stream(self, group: str, name: str, layer: _Layer) -> _RecordStream:
        # As an export names the folder of a stream.
        folder = readable(name).replace("/", "-") or _UNNAMED
        label = self._labels.unique(f"{layer.source.label}/{folder}")
        _, day = stream_of(f"{folder}/")
        if not name:
            folder, day = (layer.source.stream, layer.source.stream_date)
            folder = folder if folder != layer.source.label else label
        file = self._file
        source = Source(label, file.path, 0, file.modified_ns, folder, day, file, readable(group))
        identity = f"{layer.reading.content_hash}\n{group}\n{name}".encode("utf-8", "replace")
        return _RecordStream(source, Reading(content_hash=hashlib.sha256(identity).hexdigest()))

    def _unpacked(self, form: Form, layer: _Layer) -> _Layer:
        source, stream, reading, depth = layer.source, layer.stream, layer.reading, layer.depth + 1
        self._meter.enter(depth)
        if form is Form.GZIP and depth == 1 and source.file is None and not is_remote(source.path):
            unpacked = inflate_file(source.path, stream.rest(), reading, self._meter)
        else:
            unpacked = unpack(form, stream, reading, self._meter)
        return _Layer(source, Stream(unpacked), reading, depth)

    def _members(self, form: Form, layer: _Layer) -> Iterator[Text]:
        depth = layer.depth + 1
        self._meter.enter(depth)
        archive = layer.reading
        archive.members = 0
        passed_over: Counter[str] = Counter()
        members = (
            iter_zip(layer.stream, archive, self._meter)
            if form is Form.ZIP
            else iter_tar(layer.stream, archive)
        )
        for member in members:
            reason = member.reason or ("not logs" if lies_beside_logs(member.name) else "")
            if reason:
                passed_over[reason] += 1
                continue
            self._meter.count_member()
            entered, limit = self._entered(member, layer, depth)
            for text in self._walk(entered):
                if text.ends:
                    archive.members += 1
                yield text
            if limit:
                raise limit
        archive.note = _contents(archive.members, "source", passed_over)

    def _entered(self, member: Member, layer: _Layer, depth: int) -> tuple[_Layer, LimitReachedError | None]:
        """Return the layer of a member, and the limit that was reached while its first bytes were read."""
        label = self._labels.unique(f"{layer.source.label}/{readable(member.name)}")
        limit = None
        try:
            head = member.stream.peek(_HASHED_BYTES)
        except LimitReachedError as reached:
            limit = reached
            member.reading.tell(str(limit))
            head = member.stream.held()
        identity = head
        if len(head) == _HASHED_BYTES:
            identity = f"{layer.reading.content_hash}\n{label}".encode()
        member.reading.content_hash = hashlib.sha256(identity).hexdigest()
        size = member.size_bytes or (len(head) if len(head) < _HASHED_BYTES else 0)
        stream, day = stream_of(label)
        source = Source(label, self._file.path, size, self._file.modified_ns, stream, day, self._file)
        return _Layer(source, member.stream, member.reading, depth), limit

    def _tell_change(self, reading: Reading) -> None:
        state = getattr(self._opened, "state", None)
        if not is_remote(self._file.path):
            status = os.fstat(self._opened.fileno())
            state = (status.st_size, told_time(status.st_mtime_ns))
        if state != (self._file.size_bytes, self._file.modified_ns):
            reading.tell("changed while it was read")


def _contents(count: int, what: str, passed_over: Counter[str]) -> str:
    counted = f"{count} {what}{'' if count == 1 else 's'} in it"
    others = ", ".join(f"{number} {reason}" for reason, number in sorted(passed_over.items()))
    return f"{counted}; passed over: {others}" if others else counted


def _chunks(file: RawIOBase) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
