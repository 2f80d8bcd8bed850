"""The first half of the job: logs to Parquet tables in the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.config import IngestOptions
from balance_sync.errors import InputError
from balance_sync.pipeline.parsing import parse_batches
from balance_sync.pipeline.watcher import Unwatched, Watcher
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.discovery import Discovery, Source, discover
from balance_sync.store.dataset import Store

if TYPE_CHECKING:
    import polars as pl


_WORTH_PROCESSES = 8 << 20
"""Compressed bytes from which starting further processes pays."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What ingestion found and did.

    Attributes
    ----------
    discovery
        All sources of the run, and what was passed over.
    sources_read, sources_kept
        How many were read now, and how many were in the store already.
    later_sources
        How many were not opened because they begin after the period.
    """

    discovery: Discovery
    store: Store
    sources_read: int
    sources_kept: int
    later_sources: int


def ingest(options: IngestOptions, watcher: Watcher | None = None) -> Ingested:
    """Bring the logs of `options` into the store; what is in it already is not read again.

    Raises
    ------
    InputError
        No logs, or (strict) a source that cannot be read to its end.
    DeliveryError
        The store cannot be written.
    """
    watcher = watcher or Unwatched()
    store = open_store(options.store)
    discovery = discover(options.logs)
    last_day = options.until.date() if options.until else None
    wanted = [s for s in discovery.sources if not (last_day and s.stream_date and s.stream_date > last_day)]
    manifest = store.manifest()
    kept = _complete_sources(manifest)
    if options.strict:
        _refuse_problems(_of_sources(manifest, wanted))
    missing = [s for s in wanted if (s.label, s.size_bytes, s.modified_ns) not in kept]
    watcher.stage("reading logs", sum(source.size_bytes for source in missing))
    processes = options.threads if sum(source.size_bytes for source in missing) > _WORTH_PROCESSES else 1
    for sources in parse_batches(plan_batches(missing), store, processes=processes):
        watcher.advance(sum(sources.filter("is_last")["size_bytes"]))
        if options.strict:
            _refuse_problems(sources)
    return Ingested(
        Discovery(tuple(wanted), discovery.passed_over),
        store,
        sources_read=len(missing),
        sources_kept=len(wanted) - len(missing),
        later_sources=len(discovery.sources) - len(wanted),
    )


def open_store(directory: Path) -> Store:
    """Open the store at `directory`; batches of another parser or of another hash are not seen."""
    import polars as pl

    from balance_sync.logs.tables import PARSER_VERSION

    store = Store(directory, f"{PARSER_VERSION}-{pl.__version__}")
    store.open()
    return store


def _of_sources(manifest: pl.DataFrame, sources: list[Source]) -> pl.DataFrame:
    import polars as pl

    known = [(source.label, source.size_bytes, source.modified_ns) for source in sources]
    schema = {"path": pl.String, "size_bytes": pl.Int64, "modified_ns": pl.Int64}
    return manifest.join(pl.DataFrame(known, schema=schema, orient="row"), on=list(schema), how="semi")


def _complete_sources(manifest: pl.DataFrame) -> set[tuple[str, int, int]]:
    import polars as pl

    complete = (
        manifest.group_by("path", "size_bytes", "modified_ns", "source_id")
        .agg(pl.col("piece").n_unique(), last=pl.col("piece").filter(pl.col("is_last")).max())
        .filter(pl.col("piece") == pl.col("last") + 1)
    )
    return set(complete.select("path", "size_bytes", "modified_ns").iter_rows())


def _refuse_problems(sources: pl.DataFrame) -> None:
    for path, problem in (
        sources.filter(sources["problem"].is_not_null()).select("path", "problem").iter_rows()
    ):
        raise InputError(
            path, problem, help="mend or remove the file, or run without --strict to keep what it holds"
        )
