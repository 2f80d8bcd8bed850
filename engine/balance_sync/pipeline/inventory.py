"""Which sources a run counts, in which batches of the store their tables are, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.pipeline.ingest import Ingested

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import polars as pl

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

_OF_SOURCES = ("source_id", "path", "stream", "log_group", "size_bytes", "content_hash")
_COLUMNS = (
    *(*_OF_SOURCES, "file", "file_bytes", "modified_ns", "piece", "is_last", "text_bytes", "events"),
    *("first_at", "last_at", "problem", "note", "members"),
)
PLACE = ("batch_number", "source")
"""What tells the piece of a source among those of some batches."""

_BATCHES_AT_ONCE = 18
"""Batches that are looked through at a time: a million events, about."""


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
        One row a source, in the order of the paths, with what its pieces add up to; its ``status`` and
        ``reason``, and ``has_stream``.
    """

    store: Store
    kept: pl.DataFrame
    manifest: pl.DataFrame
    stale: pl.DataFrame
    sources: pl.DataFrame

    @property
    def counted(self) -> pl.DataFrame:
        """The sources that are no copy of another one."""
        import polars as pl

        return self.sources.filter(pl.col("status") != "duplicate")

    @property
    def size_bytes(self) -> int:
        """What it takes in memory."""
        frames = (self.kept, self.manifest, self.stale, self.sources)
        return sum(int(frame.estimated_size()) for frame in frames)

    def files(self, source_ids: pl.DataFrame) -> dict[str, list[Path]]:
        """Return the Parquet files by table, one a batch that holds one of the sources."""
        places = self._places(source_ids)
        return {table: self._files(table, places) for table in STORE_TABLES}

    def manifest_of(self, source_ids: Collection[str]) -> pl.DataFrame:
        """Return all of the store's manifest about the run's pieces of these sources."""
        found = self.store.manifest(source_ids=source_ids)
        return found.join(self.manifest, on=["batch", "source"], how="semi")

    def holds_only(self, source_ids: pl.DataFrame) -> bool:
        """Return whether the batches that hold these sources hold no other."""
        inside = self.kept.join(self._places(source_ids), on="batch", how="semi")
        return inside.join(source_ids.select("source_id"), on="source_id", how="anti").is_empty()

    def scan(self, source_ids: pl.DataFrame) -> dict[str, pl.LazyFrame]:
        """Scan the tables that tell which requests and events are one, the rows of these sources alone.

        ``events`` have ``source_id`` and the ``request_id``.
        """
        return self._tables(_numbered(self._places(source_ids)))

    def scan_some(self, source_ids: pl.DataFrame) -> Iterator[dict[str, pl.LazyFrame]]:
        """Scan the same tables a few batches at a time: of a long archive all would be too many to hold."""
        return map(self._tables, self.some_places(source_ids))

    def some_places(self, source_ids: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Yield where the pieces of these sources are, a few batches at a time.

        Returns
        -------
        iterator of DataFrame
            ``batch, source, source_id``, and ``batch_number``, UInt32: of the batch among those that come
            together, in their order.
        """
        import polars as pl

        places = _numbered(self._places(source_ids))
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
            pl.scan_parquet(file).with_columns(batch_number=pl.lit(number, pl.UInt32))
            for number, file in enumerate(self._files(table, places))
        )

    def _places(self, source_ids: pl.DataFrame) -> pl.DataFrame:
        return self.manifest.join(source_ids.select("source_id"), on="source_id", how="semi")

    def _files(self, table: str, places: pl.DataFrame) -> list[Path]:
        batches = places["batch"].unique().sort().to_list()
        return [self.store.batches_directory / batch / f"{table}.parquet" for batch in batches]

    def _tables(self, places: pl.DataFrame) -> dict[str, pl.LazyFrame]:
        wanted = places.lazy().select("source_id")
        tables = {
            table: _scan(self._files(table, places), self.stale).join(wanted, on="source_id", how="semi")
            for table in _RESOLVED_TABLES
        }
        # The rows of invocations hold the request for all events of a part of it.
        requests = self._scan_numbered("invocations", places).select("batch_number", "part", "request_id")
        of_sources = places.lazy().select(*PLACE, "source_id")
        events = self.scan_events(places).join(of_sources, on=PLACE).drop("source")
        return {**tables, "events": events.join(requests, on=["batch_number", "part"], how="left")}


def take_inventory(ingested: Ingested) -> Inventory:
    """Find in the store what the sources of a run hold."""
    from balance_sync.store.file_keys import FILE_KEY, KnownFiles, key_of_label

    store = ingested.store
    # Of millions of sources all texts would be large.
    kept = store.manifest(_COLUMNS, each=lambda part: part.with_columns(key_of_label("file")).drop("file"))
    of_run = KnownFiles(ingested.files).has(kept.select(FILE_KEY))
    manifest = _each_once(kept if of_run.all() else kept.filter(of_run))
    kept = kept.select("source_id", "batch")
    stale = _stale(kept, manifest, store.batches_directory)
    return Inventory(store, kept, manifest.select("batch", "source", "source_id"), stale, _sources(manifest))


def _each_once(manifest: pl.DataFrame) -> pl.DataFrame:
    """Keep one place of each piece.

    A process that outlives a killed run for a moment may still commit a batch whose sources the next run
    has put into other batches already.
    """
    import polars as pl

    piece = ["source_id", "piece", "modified_ns"]
    # Hashes tell for certain that nothing is there twice, which takes less than finding what is.
    hashes = manifest.select(pl.col("source_id").hash() ^ pl.col("piece").hash()).to_series()
    if hashes.n_unique() == manifest.height:
        return manifest
    return manifest.unique(piece, keep="first", maintain_order=True)


def _stale(kept: pl.DataFrame, of_run: pl.DataFrame, batches_directory: Path) -> pl.DataFrame:
    """Return folder of the ``batch`` and ``source_id`` where a batch of the run holds a source anew.

    A file that was touched and not changed is read again, and one may have been read by two runs: the same
    source then stands in two batches, and the one that is not wanted may hold other sources of the run, too.
    """
    import polars as pl

    again = kept.join(of_run, on="batch", how="semi").join(of_run, on="source_id", how="semi")
    stale = again.join(of_run, on=["batch", "source_id"], how="anti").unique(["batch", "source_id"])
    folder = pl.lit(f"{batches_directory}/") + pl.col("batch")
    return stale.select(folder.alias("batch"), "source_id").sort("batch", "source_id")


def _scan(files: list[Path], stale: pl.DataFrame) -> pl.LazyFrame:
    import polars as pl

    if stale.is_empty():
        return pl.scan_parquet(files)
    left_out = stale.lazy().with_columns(file=pl.col("batch") + f"/{files[0].name}")
    rows = pl.scan_parquet(files, include_file_paths="file")
    return rows.join(left_out, on=["file", "source_id"], how="anti").drop("file")


def _numbered(places: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return places.sort("batch").with_columns(batch_number=pl.col("batch").rle_id())


def _sources(manifest: pl.DataFrame) -> pl.DataFrame:
    """Add the pieces of each source in `manifest` up, and tell what became of it."""
    import polars as pl

    in_pieces = pl.col("source_id").hash().is_duplicated()
    pieces = manifest.filter(in_pieces).unique(["source_id", "piece", "is_last"], maintain_order=True)
    added = pieces.group_by(*_OF_SOURCES, maintain_order=True).agg(
        pl.col("text_bytes", "events").sum(),
        pl.col("first_at").min(),
        pl.col("last_at").max(),
        pl.col("problem", "note", "members").drop_nulls().first(),
    )
    whole = pl.concat([manifest.filter(~in_pieces).select(added.columns), added]).sort("path", "source_id")
    copy = pl.col("original").is_not_null()
    is_archive = pl.col("members").is_not_null()
    status = (
        pl.when(is_archive & pl.col("problem").is_null())
        .then(pl.lit("archive"))
        .when(is_archive)
        .then(pl.lit("damaged"))
        .when(pl.col("text_bytes") == 0)
        .then(pl.when(pl.col("problem").is_null()).then(pl.lit("empty")).otherwise(pl.lit("unreadable")))
        .when(copy)
        .then(pl.lit("duplicate"))
        .when(pl.col("problem").is_not_null())
        .then(pl.lit("damaged"))
        .otherwise(pl.lit("read"))
    )
    return (
        _with_originals(whole)
        .with_columns(status=status, has_stream=pl.col("stream") != pl.col("path"))
        .with_columns(
            reason=pl.when(pl.col("status") == "duplicate")
            .then(pl.concat_str(pl.lit("same content as "), "original"))
            .otherwise(pl.coalesce("problem", "note"))
        )
        .drop("original")
    )


def _with_originals(sources: pl.DataFrame) -> pl.DataFrame:
    """Return `sources` with ``original``: the path of the first of the same content, of each other one."""
    import polars as pl

    # Hashes tell of nearly all that their content is there once.
    numbered = sources.with_row_index("row")
    equal = numbered.filter(pl.col("content_hash").hash().is_duplicated())
    copies = equal.with_columns(original=pl.col("path").first().over("content_hash")).filter(
        pl.col("content_hash").cum_count().over("content_hash") > 1
    )
    return numbered.join(copies.select("row", "original"), on="row", how="left", maintain_order="left").drop(
        "row"
    )
