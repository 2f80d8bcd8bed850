"""A member of an archive, whatever kind of archive it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from balance_sync.sources.reading import Reading
from balance_sync.sources.streams import Stream


@dataclass(frozen=True, slots=True)
class Member:
    """One member, to be read before the next one is asked for.

    Attributes
    ----------
    name
        As the archive has it, ``/`` between folders; a label, and never a path.
    size_bytes
        What it takes in the archive; 0 where only its end tells.
    stream
        Its bytes, unpacked.
    reading
        Gets the problem where its bytes are damaged.
    reason
        Why it is no source ("a symbolic link"), or "".
    """

    name: str
    size_bytes: int
    stream: Stream
    reading: Reading = field(default_factory=Reading)
    reason: str = ""
