"""Reads all that is in a file, source by source."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from balance_sync.limits import Limits
from balance_sync.sources.discovery import discover
from balance_sync.sources.opening import iter_texts


class Unfolded(NamedTuple):
    text: bytes
    problem: str
    note: str = ""


def unfold(file: Path, content: bytes | None = None, limits: Limits | None = None) -> dict[str, Unfolded]:
    """Return text and problem of each source in `file`, by label; each ends once, and the file last."""
    if content is not None:
        file.write_bytes(content)
    (source,) = discover([file]).sources
    texts: dict[str, list[bytes]] = {}
    ended: dict[str, Unfolded] = {}
    for one in iter_texts(source, limits or Limits()):
        assert one.source.label not in ended
        texts.setdefault(one.source.label, []).append(one.text)
        if one.ends:
            reading = one.reading
            text = b"".join(texts[one.source.label])
            assert reading.text_bytes == len(text)
            assert len(reading.content_hash) == 64
            ended[one.source.label] = Unfolded(text, reading.problem, reading.note)
    assert texts.keys() == ended.keys()
    assert list(ended)[-1] == source.label
    return ended
