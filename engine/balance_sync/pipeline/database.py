"""Fills the database of a run from the store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions
from balance_sync.pipeline.event_counts import count_events
from balance_sync.pipeline.inventory import Inventory

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from balance_sync.logs.resolution import Resolution
    from balance_sync.store.load import Loaded

_SOURCES_AT_ONCE = 100_000
"""Sources put into the database at a time: a million at once are held three times over, and sorted."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What went into the database.

    Attributes
    ----------
    event_kinds
        Name and number of each kind of event, each event counted once; in the order of the names.
    problems
        Path and reason of each source that could not be read to its end.
    content_hash
        SHA-256 over label and SHA-256 of every source, in order.
    """

    event_kinds: tuple[tuple[str, int], ...]
    problems: tuple[tuple[str, str], ...]
    content_hash: str


def fill_database(connection: DuckDBPyConnection, options: RunOptions, inventory: Inventory) -> Filled:
    """Fill `sources` and the tables of parsed records, each event once across the sources of the run."""
    from balance_sync.logs.resolution import resolve
    from balance_sync.store.load import load_tables

    counted = inventory.counted
    resolution = resolve(counted, inventory)
    sources, kinds = count_events(inventory, inventory.sources, resolution.repeats, options)
    insert_sources(connection, sources)
    record_event_kinds(connection, kinds)
    load_tables(connection, what_to_load(inventory, counted, resolution, options))
    return what_was_filled(sources, kinds)


def what_to_load(
    inventory: Inventory, sources: pl.DataFrame, resolution: Resolution, options: RunOptions
) -> Loaded:
    """Return what of the store is loaded for `sources`, none of them a copy."""
    from balance_sync.store.load import Loaded

    resolved = {name: getattr(resolution, name) for name in resolution.__dataclass_fields__}
    return Loaded(
        inventory.files(sources),
        {**resolved, "stale": inventory.stale},
        sources=None if inventory.holds_only(sources) else sources.select("source_id"),
        since=options.since,
        until=options.until,
    )


def what_was_filled(sources: pl.DataFrame, kinds: pl.DataFrame) -> Filled:
    """Return what is told about a database that holds `sources`."""
    import polars as pl

    problems = sources.filter(
        pl.col("reason").is_not_null() & ~pl.col("status").is_in(["duplicate", "archive"])
    )
    return Filled(
        tuple(kinds.sort("kind").iter_rows()),
        tuple(problems.select("path", "reason").iter_rows()),
        _content_hash(sources),
    )


def _content_hash(sources: pl.DataFrame) -> str:
    digest = hashlib.sha256()
    for path, content_hash in sources.select("path", "content_hash").iter_rows():
        digest.update(f"{content_hash} {path}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def insert_sources(connection: DuckDBPyConnection, sources: pl.DataFrame) -> None:
    """Add `sources` to the table of that name."""
    columns = [name for (name, *_) in connection.execute("DESCRIBE sources").fetchall()]
    in_order = sources.select("path", "source_id").with_row_index("row").sort("path", "source_id")["row"]
    for begin in range(0, len(in_order), _SOURCES_AT_ONCE):
        some = sources.select(columns)[in_order[begin : begin + _SOURCES_AT_ONCE]]
        connection.register("run_sources", some)
        connection.execute("INSERT INTO sources BY NAME SELECT * FROM run_sources ORDER BY path, source_id")
        connection.unregister("run_sources")


def record_event_kinds(connection: DuckDBPyConnection, kinds: pl.DataFrame) -> None:
    """Put ``kind, events`` in place of what the table `event_kinds` holds."""
    connection.execute("DELETE FROM event_kinds")
    connection.register("run_kinds", kinds)
    connection.execute("INSERT INTO event_kinds SELECT kind, events FROM run_kinds ORDER BY kind")
    connection.unregister("run_kinds")
