"""What a part of the archive tells of the whole: counts with intervals, the time and the disk of a full run.

Nothing is published: a ledger from which files are missing is wrong in every line, and a report of it would
be taken for one of the archive.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions, read_zone
from balance_sync.errors import UsageError
from balance_sync.feedback.statements import DETECTOR
from balance_sync.pipeline.budget import divide_memory
from balance_sync.pipeline.database import fill_database
from balance_sync.pipeline.extrapolation import Count, extrapolate
from balance_sync.pipeline.ingest import ingest
from balance_sync.pipeline.inventory import Inventory
from balance_sync.pipeline.search import wanted_sources
from balance_sync.pipeline.taking_inventory import take_inventory
from balance_sync.pipeline.watcher import Unwatched, Watcher
from balance_sync.sources.labels import stream_of
from balance_sync.sources.sample import Sample, draw_sample
from balance_sync.sources.standard_input import STANDARD_INPUT

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

RULES_OF_SINGLE_RECORDS = (
    "arithmetic",
    "discrepancy",
    "failed_sync",
    "incomplete_sync",
    "negative_amount",
    "overdraft",
    "sub_minor_unit",
)
"""Rules that judge a record, or a message within its stream, without what other streams hold.

The others compare records of a subscriber or of an id, of which a sample holds one in a hundred.
"""

_TABLES = ("transactions", "sync_errors", "messages", "invocations", "rejects")


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate of a whole archive.

    Attributes
    ----------
    sample
        What was read for it.
    records, findings
        Events and rows of each table, and findings of each rule that a sample can tell of.
    rules_left_out
        Ids of the rules, and the detector, that need the whole archive.
    reading_s
        Likely time to read the archive on this machine; `None` where the store held all of the sample.
    store_bytes
        Likely size of the store.
    """

    sample: Sample
    records: tuple[Count, ...]
    findings: tuple[Count, ...]
    rules_left_out: tuple[str, ...]
    reading_s: float | None
    store_bytes: int


def estimate(options: RunOptions, share: float, watcher: Watcher | None = None) -> Estimate:
    """Read a `share` of the archive, judge what can be judged alone, and extrapolate.

    The store keeps what was read, and a full run will not read it again.

    Raises
    ------
    BalanceSyncError
        Each expected failure, as its kind says.
    """
    read_zone(options.timezone)
    _refuse_what_no_sample_tells(options)
    watcher = watcher or Unwatched()
    sample = draw_sample(wanted_sources(options.ingest), share, seed=options.seed)
    _import_what_reads()
    started = time.monotonic()
    ingested = ingest(options.ingest, watcher, sources=iter(sample.sources))
    elapsed = time.monotonic() - started
    watcher.stage("judging the sample", None)
    with ingested.store.sole_use():
        inventory = take_inventory(ingested)
        counts, left_out = _judged(options, inventory)
    scale = sample.archive_bytes / max(1, sample.size_bytes)
    return Estimate(
        sample,
        _extrapolated(("events", *_TABLES), counts, sample),
        _extrapolated(RULES_OF_SINGLE_RECORDS, counts, sample),
        left_out,
        elapsed * scale if ingested.sources_read == len(sample.sources) else None,
        round(_size_on_disk(inventory) * scale),
    )


def _import_what_reads() -> None:
    """Import the libraries of the reading, a second that does not grow with the archive."""
    from balance_sync.logs import tables  # noqa: F401
    from balance_sync.store import dataset  # noqa: F401


def _refuse_what_no_sample_tells(options: RunOptions) -> None:
    for given, name in (
        (options.rules, "--rule"),
        (options.rules_directory, "--rules-dir"),
        (options.profile_directory, "--profile"),
    ):
        if given:
            raise UsageError(
                name,
                "cannot be estimated from a sample",
                help="leave out --sample, or let it judge with the rules that a sample can tell of",
            )
    if STANDARD_INPUT in options.logs:
        raise UsageError(
            STANDARD_INPUT,
            "cannot be sampled",
            reason="standard input is read once, from beginning to end",
            help="name files or folders, or leave out --sample",
        )


def _extrapolated(
    names: tuple[str, ...], counts: dict[str, dict[str, int]], sample: Sample
) -> tuple[Count, ...]:
    return tuple(extrapolate(name, counts.get(name, {}), sample.strata) for name in names)


def _judged(options: RunOptions, inventory: Inventory) -> tuple[dict[str, dict[str, int]], tuple[str, ...]]:
    """Return how many the sample's streams hold of everything, and what was not judged."""
    from balance_sync.rules import load_rules, run_rules, select_rules
    from balance_sync.store.period import forget_before
    from balance_sync.store.session import database_errors, lock_down, open_session
    from balance_sync.store.tables import create_tables

    budget = divide_memory(options.memory_limit, threads=options.threads)
    every = [rule.header.id for rule in select_rules(load_rules(None), ())]
    with (
        database_errors("the sample"),
        closing(
            open_session(
                None,
                memory_limit=f"{budget.database}B",
                threads=budget.database_threads,
                spill_directory=options.spill_directory or options.store_directory / "working" / "spill",
                spill_limit=options.spill_limit,
            )
        ) as connection,
    ):
        create_tables(connection)
        fill_database(connection, options, inventory)
        lock_down(connection)
        chosen = [name for name in RULES_OF_SINGLE_RECORDS if name in every]
        run_rules(connection, selection=chosen, timezone=options.timezone)
        if options.since:
            forget_before(connection, options.since)
        connection.register("drawn", _units(inventory))
        return _counts(connection), (*sorted(set(every) - set(chosen)), DETECTOR)


def _units(inventory: Inventory) -> pa.Table:
    """Return ``source_id`` and the ``stream`` of the file that the source is, or is in: files are drawn."""
    import pyarrow as pa

    ids = inventory.sources["source_id"].to_list()
    files = dict(inventory.manifest_of(ids).select("source_id", "file").iter_rows())
    streams = [stream_of(file)[0] for file in files.values()]
    return pa.table({"source_id": pa.array(files, pa.string()), "stream": pa.array(streams, pa.string())})


def _counts(connection: DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Return the number of each kind of row, and of each rule's findings, by name and drawn stream.

    The view ``drawn`` tells of each source (``source_id``) with which ``stream`` it was drawn.
    """
    rows = " UNION ALL ".join(
        f"SELECT '{table}' AS name, source_id, count(*) AS number FROM {table} GROUP BY source_id"  # noqa: S608
        for table in _TABLES
    )
    query = f"""
        SELECT c.name, d.stream, sum(c.number)::BIGINT
        FROM (
            SELECT 'events' AS name, source_id, events AS number FROM sources
            UNION ALL {rows}
            UNION ALL SELECT rule, source_id, count(*) FROM findings GROUP BY rule, source_id
        ) AS c INNER JOIN drawn AS d ON c.source_id = d.source_id
        GROUP BY c.name, d.stream
        ORDER BY c.name, d.stream
    """  # noqa: S608
    counts: dict[str, dict[str, int]] = {}
    for name, stream, number in connection.execute(query).fetchall():
        counts.setdefault(name, {})[stream] = number
    return counts


def _size_on_disk(inventory: Inventory) -> int:
    """Return the bytes of the batches that hold the sample, and of a few sources beside it, maybe."""
    files = inventory.files(inventory.sources)
    return sum(path.stat().st_size for paths in files.values() for path in paths)
