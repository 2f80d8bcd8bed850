"""Finds in the store what the sources of a run hold."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from balance_sync.pipeline.doubts import settle_doubts
from balance_sync.pipeline.ingest import Ingested
from balance_sync.pipeline.inventory import Inventory

if TYPE_CHECKING:
    import polars as pl

_HELD_SOURCES = 100_000
"""So many sources are held with all their texts, some 40 MB: what is more is read again when it is told."""


def take_inventory(ingested: Ingested) -> Inventory:
    """Find in the store what the sources of a run hold.

    Raises
    ------
    DeliveryError
        The store cannot be written.
    """
    import polars as pl

    from balance_sync.pipeline.found_sources import find_sources
    from balance_sync.pipeline.told_sources import ToldSources, outline, tell_copies
    from balance_sync.store.file_keys import KnownFiles

    store, files = ingested.store, KnownFiles(ingested.files)
    digest, begin, is_all = hashlib.sha256(), 0, True
    parts: list[tuple[pl.DataFrame, ...]] = []
    held: list[pl.DataFrame] = []
    for found in find_sources(store, files):
        _digest(digest, found.sources)
        remarks = _remarks(found.sources, begin)
        manifest = found.manifest.with_columns(pl.col("row") + begin)
        parts.append((found.kept, manifest, found.stale, outline(found.sources), remarks))
        begin += found.sources.height
        is_all &= found.is_all_of_run
        held = [*held, found.sources] if begin <= _HELD_SOURCES else []
    kept, manifest, stale, outlines, remarks = (pl.concat(frames) for frames in zip(*parts, strict=True))
    sources = tell_copies(outlines)
    told = ToldSources(
        store,
        None if is_all else files,
        tuple(held) if begin <= _HELD_SOURCES else None,
        sources.select("row", "status", "original"),
    )
    inventory = Inventory(
        store,
        # What the run wants all of is there once.
        manifest if kept.height == manifest.height else kept,
        manifest,
        stale,
        sources,
        told,
        digest.hexdigest(),
        _problems(remarks, sources),
        folders={},
        settled=pl.DataFrame(schema={"source_id": pl.String, "line": pl.Int64, "request_id": pl.String}),
    )
    return settle_doubts(inventory)


def _digest(digest: hashlib._Hash, sources: pl.DataFrame) -> None:
    for path, content_hash in sources.select("path", "content_hash").iter_rows():
        digest.update(f"{content_hash} {path}\0".encode("utf-8", "surrogateescape"))


def _remarks(sources: pl.DataFrame, begin: int) -> pl.DataFrame:
    """Return ``row, path, reason`` of the sources about which there is something to say."""
    import polars as pl

    row = pl.int_range(begin, begin + pl.len(), dtype=pl.UInt32)
    reason = pl.coalesce("problem", "note")
    return sources.select("path", row=row, reason=reason).filter(pl.col("reason").is_not_null())


def _problems(remarks: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    worth_telling = sources.filter(~pl.col("status").is_in(["duplicate", "archive"]))
    return remarks.join(worth_telling, on="row", how="semi", maintain_order="left").select("path", "reason")
