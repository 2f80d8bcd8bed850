"""Deflated data, in a gzip member or bare, given out up to the very byte at which it is damaged."""

from __future__ import annotations

import zlib

RAW_DEFLATE = -zlib.MAX_WBITS
GZIP_WINDOW = 16 + zlib.MAX_WBITS
"""What zlib and isal call the two."""


def damage_words(name: str, position: int, error: Exception) -> str:
    """Return in words that data of the form `name` turned out to be damaged at a byte, or before it.

    A wrong checksum is found at the end, and says nothing of where.
    """
    # Without zlib's "Error -3 while decompressing data".
    reason = str(error).rpartition(": ")[2]
    if "check" in reason:
        return f"{name} data damaged somewhere before byte {position}: {reason}; any of its text may be wrong"
    return f"{name} data damaged at byte {position}: {reason}"


class DamagedError(Exception):
    """A frame cannot be unpacked any further.

    Attributes
    ----------
    text
        What was unpacked before.
    unread
        How many bytes of the input so far lie behind the damage.
    """

    def __init__(self, reason: str, text: bytes = b"", unread: int = 0) -> None:
        super().__init__(reason)
        self.text = text
        self.unread = unread


class DeflateFrame:
    """Deflated data, in a gzip member or bare; damage costs nothing that comes before it."""

    def __init__(self, window: int) -> None:
        self._member = zlib.decompressobj(wbits=window)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        """Input behind the end of the frame."""
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take `data` and give out `max_length` bytes at most."""
        packed = self._member.unconsumed_tail + data
        before = self._member.copy()
        try:
            text = self._member.decompress(packed, max(max_length, 0))
        except zlib.error as error:
            text, intact = bytewise(before, packed)
            raise DamagedError(str(error), text, len(packed) - intact) from error
        self.needs_input = not (self._member.unconsumed_tail or len(text) == max_length)
        return text


def bytewise(member: zlib._Decompress, packed: bytes) -> tuple[bytes, int]:
    """Return the text of `packed` up to the damage, and how many bytes are intact."""
    text = bytearray()
    for position in range(len(packed)):
        try:
            text += member.decompress(packed[position : position + 1])
        except zlib.error:
            return bytes(text), position
    return bytes(text), len(packed)
