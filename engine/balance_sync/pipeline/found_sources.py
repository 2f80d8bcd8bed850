"""What the store knows of a run's sources, in the order of their paths, some sources at a time.

All texts of a million sources take hundreds of megabytes, and sorting them takes as much again. The paths
of a batch lie next to each other, for files are found in order: so batches are taken in the order of
their paths, those together whose paths interleave, and only what is taken together is sorted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from balance_sync.store.file_keys import FILE_KEY, KnownFiles, file_key

if TYPE_CHECKING:
    from pathlib import Path

    from balance_sync.store.dataset import Store

_PIECES_AT_ONCE = 50_000
"""Sources, or pieces of them, that are taken together, or more where the paths of batches interleave."""

_OF_SOURCES = ("source_id", "path", "stream", "log_group", "size_bytes", "content_hash")
_OF_PIECES = (
    *("file", "file_bytes", "modified_ns", "piece", "is_last", "text_bytes", "event_bytes", "events"),
    *("first_at", "last_at", "problem", "note", "members"),
)


@dataclass(frozen=True, slots=True)
class FoundSources:
    """What some batches hold.

    Attributes
    ----------
    kept
        ``source_id`` and ``batch`` of all that they keep.
    manifest
        ``batch, source, source_id`` of those pieces that are of the run, each piece of a source once, and
        ``row``, the place of the source in `sources`; a batch is one of a `polars.Enum` of all there are.
    stale
        ``batch`` (its folder) and ``source_id`` where a batch of the run holds what is counted from another.
    sources
        One row a source of the run, in the order of the paths, with what its pieces add up to.
    is_all_of_run
        Whether the run wants everything that they keep.
    """

    kept: pl.DataFrame
    manifest: pl.DataFrame
    stale: pl.DataFrame
    sources: pl.DataFrame
    is_all_of_run: bool


def find_sources(store: Store, files: KnownFiles | None) -> Iterator[FoundSources]:
    """Yield the sources of `files`, of all where it is `None`; those that come later have later paths."""
    names = pl.Enum(store.batches())
    for batches in _batches_in_order(store):
        yield _found(store, batches, files, names)


def _batches_in_order(store: Store) -> Iterator[list[str]]:
    path = pl.col("path")
    limits = store.manifest(
        ("path",),
        each=lambda part: part.group_by("batch").agg(first=path.min(), last=path.max(), pieces=pl.len()),
    )
    together: list[str] = []
    until, count = "", 0
    for batch, first, last, pieces in limits.sort("first", "batch").iter_rows():
        if count >= _PIECES_AT_ONCE and first > until:
            yield together
            together, count = [], 0
        together.append(batch)
        until, count = max(until, last), count + pieces
    # Nothing is found where there is nothing, and that has columns, too.
    yield together


def _found(store: Store, batches: list[str], files: KnownFiles | None, names: pl.Enum) -> FoundSources:
    pieces = store.manifest(
        (*_OF_SOURCES, *_OF_PIECES),
        batches=batches,
        # A million names of batches are numbers in a list of some hundred.
        each=lambda part: part.with_columns(file_key(), pl.col("batch").cast(names)).drop(
            "file", "file_bytes"
        ),
    )
    of_run = pieces if files is None else pieces.filter(files.has(pieces.select(FILE_KEY)))
    manifest = _each_once(of_run)
    kept = pieces.select("source_id", "batch")
    sources = _added_up(manifest)
    rows = sources.select("source_id").with_row_index("row")
    return FoundSources(
        kept,
        manifest.select("batch", "source", "source_id").join(rows, on="source_id", maintain_order="left"),
        _stale(kept, manifest, store.batches_directory),
        sources,
        of_run.height == pieces.height,
    )


def _each_once(manifest: pl.DataFrame) -> pl.DataFrame:
    """Keep one place of each piece.

    A process that outlives a killed run for a moment may still commit a batch whose sources the next run
    has put into other batches already.
    """
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
    again = kept.join(of_run, on="batch", how="semi").join(of_run, on="source_id", how="semi")
    stale = again.join(of_run, on=["batch", "source_id"], how="anti").unique(["batch", "source_id"])
    folder = pl.lit(f"{batches_directory}/") + pl.col("batch").cast(pl.String)
    return stale.select(folder.alias("batch"), "source_id").sort("batch", "source_id")


def _added_up(manifest: pl.DataFrame) -> pl.DataFrame:
    in_pieces = pl.col("source_id").hash().is_duplicated()
    pieces = manifest.filter(in_pieces).unique(["source_id", "piece", "is_last"], maintain_order=True)
    added = pieces.group_by(*_OF_SOURCES, maintain_order=True).agg(
        pl.col("text_bytes", "event_bytes", "events").sum(),
        pl.col("first_at").min(),
        pl.col("last_at").max(),
        pl.col("problem", "note", "members").drop_nulls().first(),
    )
    return pl.concat([manifest.filter(~in_pieces).select(added.columns), added]).sort("path", "source_id")
