"""Files that are log text, or one intact gzip member of it and nothing else: many in a row.

Nearly all are, and an export has a hundred thousand of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from balance_sync import compiled
from balance_sync.sources.buckets import SCHEME, is_remote
from balance_sync.sources.files import OPENING
from balance_sync.sources.inflate import JSON_EVENT, member_text, plain_text
from balance_sync.sources.reading import Reading, TextPiece
from balance_sync.sources.recognition import HEAD_BYTES
from balance_sync.sources.source import Source


def read_plainly(sources: Sequence[Source], *, enough: int) -> list[TextPiece | None]:
    """Read the first of `sources`, until there are `enough` bytes of text, or all of them.

    Returns
    -------
    list of TextPiece or None
        For each of the first sources, one at least; `None` for what is anything else than such a file.
    """
    if compiled.are_used():
        return compiled.passes.read_plain(
            sources,
            enough,
            SCHEME,
            member_text,
            hashlib.sha256,
            Reading,
            TextPiece,
            JSON_EVENT,
            HEAD_BYTES,
        )
    found: list[TextPiece | None] = []
    size = 0
    for source in sources:
        piece = _read(source)
        found.append(piece)
        size += len(piece.text) if piece else 0
        if size >= enough:
            break
    return found


def _read(source: Source) -> TextPiece | None:
    if is_remote(source.path):
        return None
    try:
        file = os.open(source.path, OPENING)
        try:
            packed = os.read(file, source.size_bytes + 1)
        finally:
            os.close(file)
    except OSError:
        return None
    text = plain_text(packed) if len(packed) == source.size_bytes else None
    if text is None:
        return None
    return TextPiece(source, text, 0, 1, True, Reading(hashlib.sha256(packed).hexdigest(), len(text)))
