"""Finds the sources of a run while they are read, and tells which of them the store has already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, compress, islice
from typing import TYPE_CHECKING

from balance_sync.config import IngestOptions
from balance_sync.pipeline.watcher import Watcher
from balance_sync.sources.batching import OPENING_BYTES
from balance_sync.sources.discovery import hold_many, iter_sources
from balance_sync.sources.read_ahead import ReadAhead
from balance_sync.sources.source import PassedOver, Source

if TYPE_CHECKING:
    import polars as pl

    from balance_sync.store.file_keys import KnownFiles

FEW_BYTES = 6 << 20
"""Compressed bytes that one process reads as fast as several, which take as long to begin."""

_NEXT_TO_NOTHING = 8 << 10
"""Bytes that are read before another process has begun."""

_LOOKED_UP_AT_ONCE = 1_024

_KEYED_AT_ONCE = 16_384
"""Files of a new store: the first ones can be read elsewhere before Polars is at hand here."""


class Search:
    """Finds the sources of a run while they are read, and keeps count."""

    def __init__(
        self,
        options: IngestOptions,
        paths: tuple[str, ...],
        watcher: Watcher,
        sources: Iterable[Source] | None,
    ) -> None:
        self.passed_over: list[PassedOver] = []
        self.sources_missing = 0
        self.files_bytes = 0
        self.later_sources = 0
        self._last_day = options.until.date() if options.until else None
        self._folders = paths if sources is None else ()
        self._ahead = ReadAhead(fetches=True)
        self._found = iter_sources(paths, self.passed_over, self._ahead) if sources is None else iter(sources)
        self._watcher = watcher
        self._keys: list[pl.DataFrame] = []
        self._unkeyed: list[tuple[str, int, int]] = []

    def finds_much(self) -> bool:
        """Return whether there is more than one process reads as fast as several do."""
        return hold_many(self._folders, FEW_BYTES // OPENING_BYTES + 1) or self._looked_ahead() > FEW_BYTES

    def finds_next_to_nothing(self) -> bool:
        """Return whether all is read before another process has begun; where `finds_much` has said no."""
        return self._looked_ahead() <= _NEXT_TO_NOTHING

    def _looked_ahead(self) -> int:
        """Return the bytes of all sources together, and of opening them, or of the first if they are many."""
        head, size_bytes = [], 0
        for source in self._found:
            head.append(source)
            size_bytes += source.size_bytes + OPENING_BYTES
            if size_bytes > FEW_BYTES:
                break
        self._found = chain(head, self._found)
        return size_bytes

    def missing(self, known: KnownFiles | None) -> Iterator[Source]:
        """Yield the sources that are wanted and not `known`: not in the store, if that is not new."""
        missing_bytes = 0
        while some := list(islice(self._found, _LOOKED_UP_AT_ONCE)):
            wanted = some
            if self._last_day is not None:
                wanted = [source for source in some if not _begins_later(source, self._last_day)]
                self.later_sources += len(some) - len(wanted)
            unknown = self._unknown(wanted, known)
            wanted_bytes = _bytes_of(wanted)
            self.files_bytes += wanted_bytes
            self.sources_missing += len(unknown)
            missing_bytes += wanted_bytes if unknown is wanted else _bytes_of(unknown)
            yield from unknown
        self._watcher.expect(missing_bytes)

    def _unknown(self, wanted: list[Source], known: KnownFiles | None) -> list[Source]:
        self._unkeyed += [(one.label, one.size_bytes, one.modified_ns) for one in wanted]
        if known is None:
            if len(self._unkeyed) >= _KEYED_AT_ONCE:
                self._key()
            return wanted
        are_known = known.has(self._key())
        # What is known is not read, so that only its folders are worth looking at.
        self._ahead.fetches = 2 * int(are_known.sum()) < len(wanted)
        return list(compress(wanted, ~are_known))

    def _key(self) -> pl.DataFrame:
        from balance_sync.store.file_keys import key_files

        keys = key_files(self._unkeyed)
        self._keys.append(keys)
        self._unkeyed = []
        return keys

    def files(self) -> pl.DataFrame:
        """Return `FILE_KEY` of all that are wanted, once all are found."""
        import polars as pl

        self._key()
        return pl.concat(self._keys)


def wanted_sources(options: IngestOptions) -> Iterator[Source]:
    """Find the sources of a run, without reading them; errors as of `ingest`."""
    last_day = options.until.date() if options.until else None
    return (source for source in iter_sources(options.logs, []) if not _begins_later(source, last_day))


def _bytes_of(sources: list[Source]) -> int:
    return sum([source.size_bytes for source in sources])


def _begins_later(source: Source, last_day: date | None) -> bool:
    return last_day is not None and source.stream_date is not None and source.stream_date > last_day
