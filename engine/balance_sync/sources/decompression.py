"""Compressed streams, unpacked as they come: one frame after the other, damage told with its place.

All that is whole before the damage is given out. Of deflated data that is to the byte; of the other
compressions at most `_STEP_BYTES` before it are lost, for their libraries give nothing of a call that fails.
"""

from __future__ import annotations

import bz2
import lzma
import sys
from collections.abc import Callable, Iterator
from typing import Protocol

from balance_sync.sources.deflate import GZIP_WINDOW, DamagedError, DeflateFrame, damage_words
from balance_sync.sources.reading import Reading
from balance_sync.sources.recognition import MAGIC, Form
from balance_sync.sources.streams import Meter, Stream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_FEED_BYTES = 1 << 15
_STEP_BYTES = 1 << 11
_DEFLATE_STEP_BYTES = 1 << 16
_GIVEN_BYTES = 1 << 18
"""Unpacked steps are put together to pieces of about this many bytes."""
_XZ_MEMORY = 100 << 20
"""What unpacking xz may take: its strongest preset needs 65 MiB."""


class Frame(Protocol):
    """What unpacks one frame; the decompressors of the standard library are such."""

    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether all is given out that the input so far makes."""

    @property
    def unused_data(self) -> bytes:
        """Input behind the end of the frame."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take `data` and give out `max_length` bytes at most."""


_ERRORS = (OSError, EOFError, ValueError, lzma.LZMAError, zstd.ZstdError)

FRAMES: dict[Form, Callable[[], Frame]] = {
    Form.GZIP: lambda: DeflateFrame(GZIP_WINDOW),
    Form.ZSTD: zstd.ZstdDecompressor,
    Form.BZIP2: bz2.BZ2Decompressor,
    Form.XZ: lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY),
}


def unpack(form: Form, packed: Stream, reading: Reading, meter: Meter) -> Iterator[bytes]:
    """Unpack `packed`: any number of frames, with zero bytes between and behind them.

    Parameters
    ----------
    reading
        Gets the problem where there is one.
    """
    frame = FRAMES[form]()
    while head := packed.peek(_FEED_BYTES):
        if frame.eof:
            data = head.lstrip(b"\0")
            packed.read(len(head) - len(data))
            if not data:
                continue
            # What the head's end cuts off is given the benefit of the doubt.
            if not MAGIC[form].match(packed.peek(_FEED_BYTES)):
                reading.tell(f"no {form} data from byte {packed.position} on")
                break
            frame = FRAMES[form]()
        yield from gathered(unpack_frame(form, frame, packed, reading, meter))
        if not frame.eof:
            break
    for _ in packed.rest():
        pass


def unpack_frame(
    name: str, frame: Frame, packed: Stream, reading: Reading, meter: Meter, *, most: int | None = None
) -> Iterator[bytes]:
    """Unpack one frame, of `most` packed bytes, and leave `packed` behind its end."""
    end = None if most is None else packed.position + most
    step = _DEFLATE_STEP_BYTES if isinstance(frame, DeflateFrame) else _STEP_BYTES
    while not frame.eof:
        left = _FEED_BYTES if end is None else min(_FEED_BYTES, end - packed.position)
        data = packed.peek(left) if frame.needs_input else b""
        if frame.needs_input and not data:
            reading.tell(f"{name} data cut short at byte {packed.position}")
            return
        packed.read(len(data))
        damaged = True
        try:
            text = frame.decompress(data, step)
            damaged = False
        except DamagedError as damage:
            text = damage.text
            reading.tell(damage_words(name, packed.position - damage.unread, damage))
        except _ERRORS as error:
            text = b""
            reading.tell(f"{name} data damaged near byte {packed.position}: {error}")
        meter.unpack(len(text))
        if text:
            yield text
        if damaged:
            return
    packed.give_back(frame.unused_data)


def gathered(steps: Iterator[bytes]) -> Iterator[bytes]:
    """Give out the same bytes in fewer pieces; before an error, what there was of them."""
    held: list[bytes] = []
    size = 0
    try:
        for step in steps:
            held.append(step)
            size += len(step)
            if size >= _GIVEN_BYTES:
                yield b"".join(held)
                held, size = [], 0
    except Exception:
        if held:
            yield b"".join(held)
        raise
    if held:
        yield b"".join(held)
