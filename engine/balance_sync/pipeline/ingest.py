"""The first half of the job: logs to Parquet tables in the store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.config import IngestOptions
from balance_sync.errors import InputError
from balance_sync.pipeline.watcher import Unwatched, Watcher
from balance_sync.sources.batching import Batch, TextPiece, plan_batches
from balance_sync.sources.discovery import Discovery, Source, discover
from balance_sync.store.dataset import Store, manifest_frame, source_id

if TYPE_CHECKING:
    import polars as pl


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
    for sources in _parse_all(plan_batches(missing), store, options.threads):
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


def _parse_all(batches: Iterator[Batch], store: Store, threads: int) -> Iterator[pl.DataFrame]:
    """Parse batches on `threads` threads, with no more in memory than are being worked on."""
    with ThreadPoolExecutor(threads, thread_name_prefix="parse") as pool:
        running: set[Future[pl.DataFrame]] = set()
        try:
            for batch in batches:
                running.add(pool.submit(_parse_batch, batch, store))
                if len(running) > threads:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _parse_batch(batch: Batch, store: Store) -> pl.DataFrame:
    import polars as pl

    from balance_sync.logs.tables import parse_batch

    pieces = batch()
    manifest = manifest_frame([_manifest_row(piece) for piece in pieces])
    if store.has(manifest):
        return manifest
    tables = parse_batch(pieces)
    ids = manifest["source_id"]
    spans = tables.events.group_by("source").agg(
        pl.len().cast(pl.Int64).alias("events"), first_at=pl.col("at").min(), last_at=pl.col("at").max()
    )
    numbered = manifest.drop("events", "first_at", "last_at").with_row_index("source")
    sources = numbered.join(spans, on="source", how="left", maintain_order="left").drop("source")
    named = {
        name: getattr(tables, name)
        .with_columns(source_id=ids.gather(getattr(tables, name)["source"]))
        .drop("source")
        for name in tables.__dataclass_fields__
    }
    store.commit(
        {**named, "sources": sources.with_columns(pl.col("events").fill_null(0)).select(manifest.columns)}
    )
    return manifest


def _manifest_row(piece: TextPiece) -> dict[str, object]:
    source, reading = piece.source, piece.reading
    return {
        "source_id": source_id(source.label, reading.content_hash),
        "path": source.label,
        "location": str(Path(source.path).resolve()),
        "stream": source.stream,
        "size_bytes": source.size_bytes,
        "modified_ns": source.modified_ns,
        "content_hash": reading.content_hash,
        "piece": piece.number,
        "is_last": piece.is_last,
        "text_bytes": len(piece.text),
        "problem": reading.problem or None,
    }


def _refuse_problems(sources: pl.DataFrame) -> None:
    for path, problem in (
        sources.filter(sources["problem"].is_not_null()).select("path", "problem").iter_rows()
    ):
        raise InputError(
            path, problem, help="mend or remove the file, or run without --strict to keep what it holds"
        )
