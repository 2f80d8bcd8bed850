"""A piece of a source's text, and what is seen of the source while it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from balance_sync.sources.source import Source


@dataclass(slots=True)
class Reading:
    """What was seen while a source was read: filled as its text is given out.

    Attributes
    ----------
    content_hash
        SHA-256, in hex. Of a file: of its bytes as they lie on disk, as ``sha256sum`` gives it. Of a member
        of an archive: of the member's bytes, or, where it is large, of the archive's hash and its name.
    text_bytes
        Uncompressed bytes given out.
    problem
        Why the source could not be read to its end, or "".
    members
        How many sources are in it; `None` for what is no archive.
    note
        What else should be known of it, or "".
    """

    content_hash: str = ""
    text_bytes: int = 0
    problem: str = ""
    members: int | None = None
    note: str = ""

    def tell(self, problem: str) -> None:
        """Keep `problem`, unless there is one already: the first is the cause of the others."""
        self.problem = self.problem or problem


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

    @property
    def is_whole(self) -> bool:
        """Whether it is all of its source."""
        return self.number == 0 and self.is_last
