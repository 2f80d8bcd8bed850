"""Which streams to read where a part of the archive is to tell of the whole.

A stream is read whole or not at all: its events belong together, and a message whose end lies in a file
that was not read would look unfinished.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from balance_sync.sources.source import Source

LEAST_STREAMS = 4
"""Fewest streams of a stratum that are read, where it has as many: fewer show no spread."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Streams of about the same size: none is twice as large as another.

    Attributes
    ----------
    streams, size_bytes
        How many there are, and their bytes on disk.
    drawn
        Name and bytes on disk of those that are read, in the order in which they were drawn.
    """

    streams: int
    size_bytes: int
    drawn: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A part of an archive.

    Attributes
    ----------
    sources
        The sources of the streams that were drawn, in the order of their labels.
    strata
        From small streams to large ones.
    archive_sources
        How many sources there are in all.
    """

    sources: tuple[Source, ...]
    strata: tuple[Stratum, ...]
    archive_sources: int

    @property
    def size_bytes(self) -> int:
        """Bytes on disk of the part."""
        return sum(source.size_bytes for source in self.sources)

    @property
    def archive_bytes(self) -> int:
        """Bytes on disk of the whole."""
        return sum(stratum.size_bytes for stratum in self.strata)


def draw_sample(sources: Iterable[Source], share: float, *, seed: int) -> Sample:
    """Draw streams that hold about `share` of the archive's bytes.

    Which ones depends on their names, their sizes and the `seed` alone. Large streams are drawn more often
    than small ones, by the square root of their size: what is read is then spent where counts vary most.

    Parameters
    ----------
    share
        Above 0 and at most 1.
    """
    found = tuple(sources)
    sizes: defaultdict[str, int] = defaultdict(int)
    for source in found:
        sizes[source.stream] += source.size_bytes
    by_class: defaultdict[int, list[str]] = defaultdict(list)
    for stream in sorted(sizes, key=lambda stream: _lot(stream, seed)):
        by_class[sizes[stream].bit_length()].append(stream)
    rate = share * sum(sizes.values()) / max(1.0, sum(size**1.5 for size in sizes.values()))
    strata = tuple(_stratum(by_class[size_class], sizes, rate, share) for size_class in sorted(by_class))
    drawn = {stream for stratum in strata for stream, _ in stratum.drawn}
    return Sample(tuple(source for source in found if source.stream in drawn), strata, len(found))


def _stratum(streams: list[str], sizes: dict[str, int], rate: float, share: float) -> Stratum:
    size_bytes = sum(sizes[stream] for stream in streams)
    wanted = rate * sum(sizes[stream] ** 0.5 for stream in streams)
    count = len(streams) if share >= 1 else min(len(streams), max(LEAST_STREAMS, round(wanted)))
    return Stratum(len(streams), size_bytes, tuple((stream, sizes[stream]) for stream in streams[:count]))


def _lot(stream: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{stream}".encode("utf-8", "surrogatepass")).digest()
