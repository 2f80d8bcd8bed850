"""Fills the database of a run from the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions
from balance_sync.pipeline.event_counts import count_events
from balance_sync.pipeline.inventory import Inventory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl
    from duckdb import DuckDBPyConnection

    from balance_sync.logs.resolution import Resolution
    from balance_sync.store.load import Loaded

_ROWS_AT_ONCE = 50_000
"""Of sources put into the database at a time: each time costs as much as a few thousand rows."""


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
    from balance_sync.store.load import load_tables, resolved_tables

    counted = inventory.counted
    resolution = resolve(counted, inventory)
    counts, kinds = count_events(inventory, inventory.sources, resolution.repeats, options)
    insert_sources(connection, inventory, counts)
    record_event_kinds(connection, kinds)
    loaded = what_to_load(inventory, counted, resolution, options)
    with resolved_tables(connection, loaded):
        load_tables(connection, loaded)
    return what_was_filled(inventory, kinds)


def what_to_load(
    inventory: Inventory, sources: pl.DataFrame, resolution: Resolution, options: RunOptions
) -> Loaded:
    """Return what of the store is loaded for `sources`, none of them a copy."""
    from balance_sync.store.load import Loaded

    sources = resolution.repeats.with_something_new(sources)
    return Loaded(
        inventory.files(sources),
        {"repeats": resolution.repeats.ranges, "requests": resolution.requests, "stale": inventory.stale},
        lambda: (followed._asdict() for followed in resolution.follow_again()),
        left_out=inventory.beside(sources),
        since=options.since,
        until=options.until,
    )


def what_was_filled(inventory: Inventory, kinds: pl.DataFrame) -> Filled:
    """Return what is told about a database that holds all sources of the inventory."""
    return Filled(
        tuple(kinds.sort("kind").iter_rows()), tuple(inventory.problems.iter_rows()), inventory.content_hash
    )


def insert_sources(connection: DuckDBPyConnection, inventory: Inventory, counts: pl.DataFrame) -> None:
    """Add the sources of `counts` to the table of that name.

    Parameters
    ----------
    counts
        ``row``, ascending, ``events`` and ``repeated_events``.
    """
    import polars as pl

    columns = [name for (name, *_) in connection.execute("DESCRIBE sources").fetchall()]
    # One transaction: each commit packs the rows anew that the one before left.
    connection.begin()
    for sources in _many(inventory.told):
        counted = counts.filter(pl.col("row").is_between(sources["row"].min(), sources["row"].max()))
        if counted.is_empty():
            # An addition counts those alone that it adds.
            continue
        if counted.height == sources.height:
            some = sources.with_columns(counted["events"], counted["repeated_events"])
        else:
            some = sources.drop("events").join(counted, on="row", maintain_order="left")
        connection.register("run_sources", some.select(columns))
        connection.execute("INSERT INTO sources BY NAME SELECT * FROM run_sources ORDER BY path, source_id")
        connection.unregister("run_sources")
    connection.commit()


def _many(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the frames' rows, `_ROWS_AT_ONCE` and a few more at a time."""
    import polars as pl

    together: list[pl.DataFrame] = []
    for frame in frames:
        together.append(frame)
        if sum(one.height for one in together) >= _ROWS_AT_ONCE:
            yield pl.concat(together)
            together = []
    if together:
        yield pl.concat(together)


def record_event_kinds(connection: DuckDBPyConnection, kinds: pl.DataFrame) -> None:
    """Put ``kind, events`` in place of what the table `event_kinds` holds."""
    connection.execute("DELETE FROM event_kinds")
    connection.register("run_kinds", kinds)
    connection.execute("INSERT INTO event_kinds SELECT kind, events FROM run_kinds ORDER BY kind")
    connection.unregister("run_kinds")
