"""The inner doors to an archive's text, which the first three stages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balance_sync.sources.reading import TextPiece


def iter_pieces(logs: Path) -> Iterator[list[TextPiece]]:
    """Yield the text of the archive in the batches in which it is parsed."""
    from balance_sync.sources.batching import plan_batches
    from balance_sync.sources.discovery import discover

    for batch in plan_batches(discover([logs]).sources):
        yield from batch()
