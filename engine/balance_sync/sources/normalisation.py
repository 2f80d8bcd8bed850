"""Text in whatever encoding to the text that events are read from: UTF-8, with lines that end with LF."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from balance_sync.sources.recognition import HEAD_BYTES, Form
from balance_sync.sources.streams import Stream


def normalised(form: Form, stream: Stream) -> Iterator[bytes]:
    """Give out the text of `stream`, without its byte order mark, in UTF-8.

    CRLF becomes LF where the first lines all end with it; a carriage return elsewhere is part of an event.
    """
    if form is Form.UTF16:
        stream = Stream(_utf8(stream.rest()))
    head = stream.peek(HEAD_BYTES)
    if head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    if b"\n" in head and head.count(b"\n") == head.count(b"\r\n"):
        return _without_returns(stream.rest())
    return stream.rest()


def _utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Decode UTF-16 whose byte order mark comes first; what is no character becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for piece in pieces:
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()


def _without_returns(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        text = held + piece
        # Whether the last sign is part of a line's end, the next piece tells.
        held = text[-1:] if text.endswith(b"\r") else b""
        yield text[: len(text) - len(held)].replace(b"\r\n", b"\n")
    yield held
