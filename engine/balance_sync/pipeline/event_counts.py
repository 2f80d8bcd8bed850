"""Counts the events of a run: of each source and of each kind, each event once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions
from balance_sync.pipeline.inventory import PLACE, Inventory

if TYPE_CHECKING:
    import polars as pl

    from balance_sync.logs.repeats import Repeats


def count_events(
    inventory: Inventory, sources: pl.DataFrame, repeats: Repeats, options: RunOptions
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Count each event of `sources` once, within the period.

    Parameters
    ----------
    repeats
        What earlier sources have already.

    Returns
    -------
    DataFrame, DataFrame
        ``row, events, repeated_events`` of each source, of which the latter are not counted; and how many
        ``events`` of each ``kind`` there are.
    """
    import polars as pl

    within = _within(options)
    originals = sources.filter(pl.col("status") != "duplicate").select("source_id", "row")
    originals = repeats.with_something_new(originals)
    some = repeats.ranges
    whole = originals if some.is_empty() else originals.join(some, on="source_id", how="anti")
    repeating = originals.join(some, on="source_id", how="semi")
    counts = [
        *(_count_all(inventory, places, within) for places in inventory.some_places(whole)),
        *(_count_once(inventory, places, within, some) for places in inventory.some_places(repeating)),
    ]
    nothing = (
        pl.DataFrame(schema={"row": sources.schema["row"], "events": pl.Int64}),
        pl.DataFrame(schema={"kind": pl.String, "events": pl.Int64}),
    )
    named = ((rows, kinds.cast({"kind": pl.String})) for rows, kinds in counts)
    per_source, kinds = (
        _sum(pl.concat(parts), key)
        for key, parts in zip(("row", "kind"), zip(nothing, *named, strict=True), strict=True)
    )
    return _with_counts(sources, per_source, repeats.counts()), kinds.sort("kind")


def _within(options: RunOptions) -> list[pl.Expr]:
    import polars as pl

    # What has no time cannot be said to lie outside the period.
    at = pl.col("at")
    since = [at.is_null() | (at >= options.since)] if options.since else []
    return since + ([at.is_null() | (at < options.until)] if options.until else [])


def _count_all(
    inventory: Inventory, places: pl.DataFrame, within: Sequence[pl.Expr]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return how many ``events`` each source (``row``) has, at some places, and each ``kind``."""
    events = inventory.scan_events(places).filter(*within)
    counts = events.group_by(*PLACE, "kind").agg(_number()).collect().join(places, on=PLACE, how="semi")
    # Rows are put to the sums: put to the events they would take several times as much time and memory.
    return _sum(counts, *PLACE).join(places, on=PLACE).select("row", "events"), _sum(counts, "kind")


def _count_once(
    inventory: Inventory, places: pl.DataFrame, within: Sequence[pl.Expr], ranges: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the same without what is repeated."""
    from balance_sync.logs.repeats import without_repeats

    events = inventory.scan_events(places).filter(*within).join(places.lazy(), on=PLACE)
    once = without_repeats(events, ranges.join(places, on="source_id", how="semi"))
    counts = once.group_by("row", "kind").agg(_number()).collect()
    return _sum(counts, "row"), _sum(counts, "kind")


def _number() -> pl.Expr:
    import polars as pl

    return pl.len().cast(pl.Int64).alias("events")


def _sum(counts: pl.DataFrame, *key: str) -> pl.DataFrame:
    import polars as pl

    return counts.group_by(*key).agg(pl.col("events").sum())


def _with_counts(sources: pl.DataFrame, per_source: pl.DataFrame, repeated: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    joined = (
        sources.select("row", "source_id", "status", "events")
        .join(per_source.rename({"events": "counted"}), on="row", how="left", maintain_order="left")
        .join(repeated, on="source_id", how="left", maintain_order="left")
    )
    is_copy = pl.col("status") == "duplicate"
    return joined.select(
        "row",
        repeated_events=pl.when(is_copy)
        .then(pl.col("events"))
        .otherwise(pl.col("repeated_events").fill_null(0)),
        events=pl.col("counted").fill_null(0),
    )
