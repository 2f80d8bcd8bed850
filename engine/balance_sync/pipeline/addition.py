"""Adds to the database of an earlier run what sources bring that it did not have.

Where that cannot be done with the same result as filling a database with all sources, nothing is planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.pipeline.database import (
    Filled,
    insert_sources,
    record_event_kinds,
    what_to_load,
    what_was_filled,
)
from balance_sync.pipeline.doubts import settled_hash
from balance_sync.pipeline.event_counts import count_events
from balance_sync.pipeline.previous import what_was_said

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from balance_sync.config import RunOptions
    from balance_sync.logs.resolution import Resolution
    from balance_sync.pipeline.inventory import Inventory
    from balance_sync.pipeline.previous import Previous
    from balance_sync.store.differences import Differences
    from balance_sync.store.load import Loaded


_AGAIN = ("request_id", "source_id", "message_id", "outcome")


@dataclass(frozen=True, slots=True)
class Addition:
    """What is added.

    Attributes
    ----------
    inventory
        Of the new and the old sources together.
    new
        ``source_id`` of the new sources.
    counts
        ``row, events, repeated_events`` of the new sources.
    kinds
        ``kind, events`` of the new and the old sources together.
    loaded
        What of the store is loaded.
    differences
        What differs from it: of the requests that new and old sources share, too.
    told
        What is told about the database with the addition.
    """

    inventory: Inventory
    new: pl.DataFrame
    counts: pl.DataFrame
    kinds: pl.DataFrame
    loaded: Loaded
    differences: Differences
    told: Filled


def plan_addition(inventory: Inventory, previous: Previous, options: RunOptions) -> Addition | None:
    """Return what the sources of a run add to those of a previous one; `None` where they do not only add."""
    import polars as pl

    if not _stay_as_they_were(inventory, previous.sources) or not _settled_as_before(inventory, previous):
        return None
    new = inventory.sources.join(previous.sources, on="source_id", how="anti", maintain_order="left")
    originals = new.filter(pl.col("status") != "duplicate")
    if originals.is_empty():
        return _copies_alone(inventory, new, previous)
    resolution = _resolve_beside(inventory, originals)
    repeats_before = previous.sources.filter(~pl.col("is_copy"))
    repeats = resolution.repeats.without(repeats_before)
    if not _repeat_as_before(resolution, repeats_before):
        return None
    counts, kinds = count_events(inventory, new, repeats, options)
    loaded, differences = what_to_load(inventory, originals, resolution, options)
    all_kinds = pl.concat([previous.event_kinds, kinds]).group_by("kind").agg(pl.col("events").sum())
    return Addition(
        inventory,
        new.select("source_id"),
        counts,
        all_kinds,
        loaded,
        differences,
        what_was_filled(inventory, all_kinds),
    )


def _copies_alone(inventory: Inventory, copies: pl.DataFrame, previous: Previous) -> Addition:
    import polars as pl

    from balance_sync.store.differences import Differences
    from balance_sync.store.load import Loaded

    counts = copies.select("row", repeated_events="events", events=pl.lit(0, dtype=pl.Int64))
    none = pl.DataFrame(schema={**dict.fromkeys(_AGAIN, pl.String), "line": pl.Int64})
    nothing = Differences({"requests": none}, [{"transactions": none}])
    told = what_was_filled(inventory, previous.event_kinds)
    new = copies.select("source_id")
    return Addition(inventory, new, counts, previous.event_kinds, Loaded({}), nothing, told)


def _stay_as_they_were(inventory: Inventory, before: pl.DataFrame) -> bool:
    """Return whether all earlier sources are there, are what they were, and are compared as they were."""
    import polars as pl

    from balance_sync.logs.repeats import streams_are_known

    now = pl.concat(sources.select("source_id", what_was_said()) for sources in inventory.told)
    if not before.join(now, on=["source_id", "said"], how="anti").is_empty():
        return False
    earlier = inventory.counted.join(before, on="source_id", how="semi")
    return streams_are_known(earlier) == streams_are_known(inventory.counted)


def _settled_as_before(inventory: Inventory, previous: Previous) -> bool:
    """Return whether the new sources settle nothing of what was doubted in the earlier ones."""
    now = inventory.settled.join(previous.sources, on="source_id", how="semi")
    return settled_hash(now) == previous.settled


def _resolve_beside(inventory: Inventory, new: pl.DataFrame) -> Resolution:
    """Compare the `new` sources with those that may share a request or an event with them."""
    import polars as pl

    from balance_sync.logs.repeats import overlapping_sources
    from balance_sync.logs.resolution import resolve, sources_of_requests

    counted = inventory.counted
    touched = inventory.scan(new)["invocations"].select("request_id").drop_nulls().unique().collect()
    holders = sources_of_requests(counted, inventory, touched)
    seeds = pl.concat([new, holders]).select("source_id")
    clusters = overlapping_sources(counted)
    crowded = clusters.join(seeds, on="source_id", how="semi").select("cluster")
    beside = clusters.join(crowded, on="cluster", how="semi").select("source_id")
    near = counted.join(pl.concat([seeds, beside]), on="source_id", how="semi", maintain_order="left")
    near_clusters = clusters.join(near, on="source_id", how="semi")
    return resolve(near, inventory, overlapping=near_clusters, among=touched)


def _repeat_as_before(resolution: Resolution, before: pl.DataFrame) -> bool:
    """Return whether no event of an earlier source became the repeat of a new one's, or ceased to be one."""
    return (
        resolution.repeats.counts()
        .join(before, on="source_id", how="semi")
        .join(before, on=["source_id", "repeated_events"], how="anti")
        .is_empty()
    )


def add_to_database(connection: DuckDBPyConnection, addition: Addition) -> Filled:
    """Add it, and leave in temporary tables what changed with it.

    ``changed_transactions`` (``transaction_id, user_id``), ``changed_messages`` (``message_id``) and
    ``changed_sync_errors`` (``user_id``). No row goes: the event that begins a message stays.
    """
    from balance_sync.store.differences import put_differences
    from balance_sync.store.load import load_tables

    insert_sources(connection, addition.inventory, addition.counts)
    record_event_kinds(connection, addition.kinds)
    connection.register("new_sources", addition.new)
    with put_differences(connection, addition.differences):
        for statement in _TAKE_OUT:
            connection.execute(statement)
        # Of copies alone nothing is loaded; what only repeats may still have followed requests again.
        if addition.loaded.files:
            load_tables(connection, addition.loaded)
        for statement in _CHANGED:
            connection.execute(statement)
    connection.unregister("new_sources")
    return addition.told


_TAKE_OUT = (
    """
    CREATE OR REPLACE TEMP TABLE changed_messages AS
    SELECT message_id FROM messages SEMI JOIN resolved.requests USING (request_id)
    """,
    "DELETE FROM messages WHERE request_id IN (SELECT request_id FROM resolved.requests)",
    "DELETE FROM invocations WHERE request_id IN (SELECT request_id FROM resolved.requests)",
    """
    UPDATE transactions SET message_id = again.message_id, outcome = again.outcome
    FROM resolved.transactions AS again
    WHERE transactions.source_id = again.source_id AND transactions.line = again.line
    """,
    "DELETE FROM runs",
)

_CHANGED = tuple(
    f"""
    {into}
    SELECT {columns} FROM {table}
    WHERE source_id IN (SELECT source_id FROM new_sources)
        OR request_id IN (SELECT request_id FROM resolved.requests)
    """  # noqa: S608 - this module's own words
    for into, columns, table in (
        ("CREATE OR REPLACE TEMP TABLE changed_transactions AS", "transaction_id, user_id", "transactions"),
        ("INSERT INTO changed_messages", "message_id", "messages"),
        ("CREATE OR REPLACE TEMP TABLE changed_sync_errors AS", "user_id", "sync_errors"),
    )
)
