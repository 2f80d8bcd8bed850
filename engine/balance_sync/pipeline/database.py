"""Fills the database of a run from the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions
from balance_sync.pipeline.doubts import settled_hash
from balance_sync.pipeline.event_counts import count_events
from balance_sync.pipeline.inventory import Inventory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl
    from duckdb import DuckDBPyConnection

    from balance_sync.logs.resolution import Resolution
    from balance_sync.store.differences import Differences
    from balance_sync.store.load import Loaded

_ROWS_AT_ONCE = 120_000
"""Of sources put into the database at a time, a group of DuckDB's rows about.

Of fewer each commit packs the rows anew that the one before left; and of all in one transaction DuckDB holds
300 bytes a source beyond its limit.
"""


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
    settled
        Hash of what sources of one log stream have settled together (`balance_sync.pipeline.doubts`).
    """

    event_kinds: tuple[tuple[str, int], ...]
    problems: tuple[tuple[str, str], ...]
    content_hash: str
    settled: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The sources of a run, held against each other.

    Attributes
    ----------
    originals
        Those that are no copy of another one.
    counts
        ``row, events, repeated_events`` of all of them.
    kinds
        ``kind, events`` of all together.
    """

    originals: pl.DataFrame
    resolution: Resolution
    counts: pl.DataFrame
    kinds: pl.DataFrame


def compare_sources(inventory: Inventory, options: RunOptions) -> Compared:
    """Find out what the sources repeat of each other, and count the events of each."""
    from balance_sync.logs.resolution import resolve

    originals = inventory.counted
    resolution = resolve(originals, inventory)
    counts, kinds = count_events(inventory, inventory.sources, resolution.repeats, options)
    return Compared(originals, resolution, counts, kinds)


def fill_database(connection: DuckDBPyConnection, options: RunOptions, inventory: Inventory) -> Filled:
    """Fill `sources` and the tables of parsed records, each event once across the sources of the run."""
    return fill_compared(connection, options, inventory, compare_sources(inventory, options))


def fill_compared(
    connection: DuckDBPyConnection, options: RunOptions, inventory: Inventory, compared: Compared
) -> Filled:
    """Do the same with sources that are `compared` already."""
    from balance_sync.store.differences import put_differences
    from balance_sync.store.load import load_tables

    insert_sources(connection, inventory, compared.counts)
    record_event_kinds(connection, compared.kinds)
    loaded, differences = what_to_load(inventory, compared.originals, compared.resolution, options)
    with put_differences(connection, differences):
        load_tables(connection, loaded)
    return what_was_filled(inventory, compared.kinds)


def what_to_load(
    inventory: Inventory, sources: pl.DataFrame, resolution: Resolution, options: RunOptions
) -> tuple[Loaded, Differences]:
    """Return what of the store is loaded for `sources`, none of them a copy, and what differs from it."""
    from balance_sync.store.differences import Differences
    from balance_sync.store.load import Loaded

    sources = resolution.repeats.with_something_new(sources)
    at_once = {
        "repeats": resolution.repeats.ranges,
        "requests": resolution.requests,
        "stale": inventory.stale,
        "left_out": inventory.beside(sources),
    }
    again = (followed._asdict() for followed in resolution.follow_again())
    return Loaded(inventory.files(sources), options.until), Differences(at_once, again)


def what_was_filled(inventory: Inventory, kinds: pl.DataFrame) -> Filled:
    """Return what is told about a database that holds all sources of the inventory."""
    return Filled(
        tuple(kinds.sort("kind").iter_rows()),
        tuple(inventory.problems.iter_rows()),
        inventory.content_hash,
        settled_hash(inventory.settled),
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
