"""Which sources a run counts, in which batches of the store their tables are, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    import polars as pl

    from balance_sync.pipeline.told_sources import ToldSources
    from balance_sync.store.dataset import Store

STORE_TABLES = (
    "events",
    "transactions",
    "sync_errors",
    "messages",
    "invocations",
    "suspects",
    "dropped_logs",
    "rejects",
)
_RESOLVED_TABLES = ("messages", "transactions", "invocations")

PLACE = ("batch_number", "source")
"""What tells the piece of a source among those of some batches."""

_BATCHES_AT_ONCE = 18
"""Batches that are looked through at a time: a million events, about."""

_HELD_SOURCES = 100_000
"""So many sources are held with all their texts, some 40 MB: what is more is read again when it is told."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """The sources of a run, and where the store keeps what they hold.

    Attributes
    ----------
    kept
        ``source_id`` and ``batch`` of all that the store keeps.
    manifest
        The figures of those pieces that are of the run, each piece of a source once.
    stale
        ``batch`` (its folder) and ``source_id`` where a batch of the run holds what is counted from another.
    sources
        One row a source, in the order of the paths: its ``row``, UInt32, ``source_id``, ``stream`` (a hash of
        it) and ``has_stream``, ``events``, ``first_at``, ``last_at``, ``status``; of a copy also
        ``original``, the row of the first source with its content.
    told
        The same sources with all that is told of them.
    content_hash
        SHA-256 over path and SHA-256 of every source, in order.
    problems
        ``path, reason`` of those that could not be read to their end.
    folders
        Where batches are that count as other sources of the run make them (`balance_sync.pipeline.doubts`).
    settled
        ``source_id, line, request_id`` of what makes the difference in these.
    """

    store: Store
    kept: pl.DataFrame
    manifest: pl.DataFrame
    stale: pl.DataFrame
    sources: pl.DataFrame
    told: ToldSources
    content_hash: str
    problems: pl.DataFrame
    folders: Mapping[str, Path]
    settled: pl.DataFrame

    @property
    def counted(self) -> pl.DataFrame:
        """The sources that are no copy of another one."""
        is_copy = self.sources["status"] == "duplicate"
        # Of a million sources a selection that leaves none out would be a hundred megabytes more.
        return self.sources.filter(~is_copy) if is_copy.any() else self.sources

    @property
    def size_bytes(self) -> int:
        """What it takes in memory."""
        frames = (self.kept, self.manifest, self.stale, self.sources, self.settled, *(self.told.held or ()))
        return sum(int(frame.estimated_size()) for frame in frames)

    def files(self, source_ids: pl.DataFrame) -> dict[str, list[Path]]:
        """Return the Parquet files by table, one a batch that holds one of the sources."""
        batches = _batches(self.places(source_ids))
        return {table: self._files(table, batches) for table in STORE_TABLES}

    def manifest_of(self, source_ids: Collection[str]) -> pl.DataFrame:
        """Return all of the store's manifest about the run's pieces of these sources."""
        found = self.store.manifest(source_ids=source_ids)
        return found.join(
            self.manifest.cast({"batch": found.schema["batch"]}), on=["batch", "source"], how="semi"
        )

    def beside(self, source_ids: pl.DataFrame) -> pl.DataFrame:
        """Return ``source_id`` of the other sources in the batches that hold these."""
        import polars as pl

        batches = _batches(self.places(source_ids))
        inside = self.kept.filter(pl.col("batch").is_in(batches))
        key = _key(source_ids, inside)
        return inside.join(source_ids.select(key), on=key, how="anti").select("source_id")

    def scan(self, source_ids: pl.DataFrame) -> dict[str, pl.LazyFrame]:
        """Scan the tables that tell which requests and events are one, the rows of these sources alone.

        ``events`` have ``source_id`` and the ``request_id``.
        """
        return self._tables(_numbered(self.places(source_ids)))

    def scan_some(self, source_ids: pl.DataFrame) -> Iterator[dict[str, pl.LazyFrame]]:
        """Scan the same tables a few batches at a time: of a long archive all would be too many to hold."""
        return map(self._tables, self.some_places(source_ids))

    def some_places(self, source_ids: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Yield where the pieces of these sources are, a few batches at a time.

        Returns
        -------
        iterator of DataFrame
            ``batch, source, source_id, row``, and ``batch_number``, UInt32: of the batch among those that
            come together, in their order.
        """
        import polars as pl

        places = _numbered(self.places(source_ids))
        number = pl.col("batch_number")
        some = places.with_columns(number % _BATCHES_AT_ONCE, some=number // _BATCHES_AT_ONCE)
        for _, batches in some.group_by("some", maintain_order=True):
            yield batches.drop("some")

    def scan_events(self, places: pl.DataFrame) -> pl.LazyFrame:
        """Scan all events of the batches at these places, of other sources, too, with ``batch_number``."""
        return self._scan_numbered("events", places)

    def _scan_numbered(self, table: str, places: pl.DataFrame) -> pl.LazyFrame:
        import polars as pl

        return pl.concat(
            pl.scan_parquet(file, glob=False).with_columns(batch_number=pl.lit(number, pl.UInt32))
            for number, file in enumerate(self._files(table, _batches(places)))
        )

    def places(self, source_ids: pl.DataFrame) -> pl.DataFrame:
        """Return where the pieces of these sources are: their rows of the manifest."""
        if source_ids.height == self.sources.height:
            # All of them: nothing to look for.
            return self.manifest
        key = _key(source_ids, self.manifest)
        return self.manifest.join(source_ids.select(key), on=key, how="semi")

    def _files(self, table: str, batches: list[str]) -> list[Path]:
        at = self.store.batches_directory
        return [self.folders.get(batch, at / batch) / f"{table}.parquet" for batch in batches]

    def _tables(self, places: pl.DataFrame) -> dict[str, pl.LazyFrame]:
        wanted, batches = places.lazy().select("source_id"), _batches(places)
        tables = {
            table: _scan(self._files(table, batches), self.stale).join(wanted, on="source_id", how="semi")
            for table in _RESOLVED_TABLES
        }
        # The rows of invocations hold the request for all events of a part of it.
        requests = self._scan_numbered("invocations", places).select("batch_number", "part", "request_id")
        of_sources = places.lazy().select(*PLACE, "source_id")
        events = self.scan_events(places).join(of_sources, on=PLACE).drop("source")
        return {**tables, "events": events.join(requests, on=["batch_number", "part"], how="left")}


def _key(*frames: pl.DataFrame) -> str:
    """Return what these have in common to tell sources by: numbers take a tenth of what ids take."""
    return "row" if all("row" in frame.columns for frame in frames) else "source_id"


def _batches(places: pl.DataFrame) -> list[str]:
    batch = places["batch"]
    # Pieces of a batch follow each other, so that few are left to compare.
    return batch.filter((batch != batch.shift(1)).fill_null(value=True)).unique().sort().to_list()


def _scan(files: list[Path], stale: pl.DataFrame) -> pl.LazyFrame:
    import polars as pl

    if stale.is_empty():
        return pl.scan_parquet(files, glob=False)
    left_out = stale.lazy().with_columns(file=pl.col("batch") + f"/{files[0].name}")
    rows = pl.scan_parquet(files, include_file_paths="file", glob=False)
    return rows.join(left_out, on=["file", "source_id"], how="anti").drop("file")


def _numbered(places: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return places.sort("batch").with_columns(batch_number=pl.col("batch").rle_id())
