"""What a file alone cannot settle: lines of requests that only other files of its log stream tell of.

Such a batch is kept twice: as its files by themselves make it, and as it was before these were judged. Which
files a run has is known in the end, and then it counts as all of these make it, which is kept, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from balance_sync.store.dataset import TABLES
from balance_sync.store.waiting_batches import read_tables, read_unjudged

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from balance_sync.pipeline.inventory import Inventory
    from balance_sync.store.dataset import Store

Tables = Mapping[str, "pl.DataFrame"]

_SOURCES_AT_ONCE = 20_000
"""Sources whose streams are looked through at a time, or those of one stream, if it has more."""


def is_of_streams(sources: pl.DataFrame) -> bool:
    """Return whether some sources of a batch are known to hold one log stream alone."""
    return bool((sources["stream"] != sources["path"]).any())


def keep_if_doubted(store: Store, batch: str, judged: Tables, said: Callable[[], Tables]) -> None:
    """Keep a batch as it was before it was judged, if other sources could tell more of what is in it.

    Parameters
    ----------
    judged
        Its ``sources, suspects, events``, judged.
    said
        Gives all of its tables as they were, with what judging takes.
    """
    from balance_sync.logs.doubts import has_doubts

    if is_of_streams(judged["sources"]) and has_doubts(judged["suspects"], judged["events"]):
        store.doubted.commit(batch, said())


def settle_doubts(inventory: Inventory) -> Inventory:
    """Return the inventory with what the sources of each log stream tell of each other's doubted lines.

    Raises
    ------
    DeliveryError
        The store cannot be written.
    """
    import polars as pl

    kept = inventory.store.doubted.batches()
    if not kept:
        return inventory
    streams = _of_several_sources(inventory.counted)
    places = inventory.places(streams).join(streams, on="source_id").cast({"batch": pl.String})
    doubted = [
        _doubted(inventory.store, batch, own)
        for (batch,), own in places.filter(pl.col("batch").is_in(kept)).group_by("batch", maintain_order=True)
    ]
    settled = [one for one in _settled(inventory, streams, doubted) if not one.is_empty()]
    if not settled:
        return inventory
    rows = pl.concat(settled).sort("batch", "event")
    folders = {
        batch: _put_down(inventory.store, batch, own)
        for (batch,), own in rows.group_by("batch", maintain_order=True)
    }
    settled_rows = rows.select("source_id", "line", "request_id").sort("source_id", "line")
    # Where a batch holds what is counted from another one is told by its folder.
    moved = {str(inventory.store.batches_directory / batch): str(folder) for batch, folder in folders.items()}
    stale = inventory.stale.with_columns(pl.col("batch").replace(moved))
    return replace(inventory, folders=folders, settled=settled_rows, stale=stale)


def _of_several_sources(sources: pl.DataFrame) -> pl.DataFrame:
    """Return ``source_id, stream`` of the sources that share their log stream with others."""
    import polars as pl

    known = sources.filter("has_stream").select("source_id", "stream")
    return known.filter(pl.col("stream").is_duplicated()).sort("stream", "source_id")


def _doubted(store: Store, batch: str, sources: pl.DataFrame) -> pl.DataFrame:
    """Return what is doubted in those of a batch's `sources` (``source_id, stream``), with ``batch``."""
    import polars as pl

    from balance_sync.logs.doubts import doubted_events

    said = read_tables(store.doubted, batch, ("events", "invocations", "sources"))
    judged = read_tables(store, batch, ("events", "suspects"))
    named = sources.select("source_id", "stream").unique()
    return doubted_events(said, judged).join(named, on="source_id").with_columns(batch=pl.lit(batch))


def _settled(
    inventory: Inventory, streams: pl.DataFrame, doubted: list[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield what is settled of the `doubted` events, some streams at a time."""
    import polars as pl

    from balance_sync.logs.doubts import settled

    events = pl.concat(doubted) if doubted else pl.DataFrame(schema={"stream": streams.schema["stream"]})
    of_events = streams.join(events, on="stream", how="semi", maintain_order="left")
    slices = of_events.with_columns(number=pl.int_range(pl.len()) // _SOURCES_AT_ONCE)
    # All sources of a stream are looked through together.
    slices = slices.with_columns(pl.col("number").first().over("stream"))
    for _, sources in slices.group_by("number", maintain_order=True):
        own = events.join(sources, on="stream", how="semi").sort("batch", "event")
        yield settled(own, _told_by_platform(inventory, sources))


def _told_by_platform(inventory: Inventory, sources: pl.DataFrame) -> pl.DataFrame:
    """Return ``stream, at, kind, request_id`` of the lines of the platform in `sources`."""
    import polars as pl

    from balance_sync.logs.windows import PLATFORM_KINDS

    named = sources.lazy().select("source_id", "stream")
    lines = [
        tables["events"]
        .filter(pl.col("kind").is_in(PLATFORM_KINDS))
        .join(named, on="source_id")
        .select("stream", "at", "kind", "request_id")
        .drop_nulls("request_id")
        .collect()
        for tables in inventory.scan_some(sources)
    ]
    return pl.concat(lines).sort("stream", "at", "kind", "request_id")


def _put_down(store: Store, batch: str, settled: pl.DataFrame) -> Path:
    """Keep a batch as it is with what is `settled` in it; return its folder."""
    from balance_sync.logs.doubts import settled_tables

    name = f"{batch}-{settled_hash(settled)}"
    if not store.settled.has(name):
        said, judged = read_unjudged(store.doubted, batch), read_tables(store, batch, TABLES)
        store.settled.commit(name, settled_tables(said, judged, settled))
    return store.settled.batches_directory / name


def settled_hash(settled: pl.DataFrame) -> str:
    """Return a hash of which lines (``source_id, line, request_id``) are settled how; empty for none."""
    if settled.is_empty():
        return ""
    rows = settled.select("source_id", "line", "request_id").rows()
    return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()[:20]
