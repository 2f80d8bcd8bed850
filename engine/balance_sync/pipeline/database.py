"""Fills the database of a run from the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions
from balance_sync.pipeline.ingest import Ingested

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    from duckdb import DuckDBPyConnection

_RESOLVED_TABLES = ("messages", "transactions", "invocations")


@dataclass(frozen=True, slots=True)
class Filled:
    """What went into the database.

    Attributes
    ----------
    event_kinds
        Name and number of each kind of event, each event counted once; in the order of the names.
    problems
        Path and reason of each source that could not be read to its end.
    content_hashes
        Label and SHA-256 of every source, in order.
    """

    event_kinds: tuple[tuple[str, int], ...]
    problems: tuple[tuple[str, str], ...]
    content_hashes: tuple[tuple[str, str], ...]


def fill_database(connection: DuckDBPyConnection, options: RunOptions, ingested: Ingested) -> Filled:
    """Fill `sources` and the tables of parsed records, each event once across the sources of the run."""
    import polars as pl

    from balance_sync.logs.resolution import resolve
    from balance_sync.store.load import Loaded, load_tables

    kept = ingested.store.manifest()
    manifest = _each_once(kept.join(_of_run(ingested), on=["path", "size_bytes", "modified_ns"], how="semi"))
    sources = _sources(manifest)
    batches = manifest["batch"].unique().sort().to_list()
    stale = _stale(kept, manifest, ingested.store.batches_directory)
    files = {
        table: [ingested.store.batches_directory / batch / f"{table}.parquet" for batch in batches]
        for table in ("events", "transactions", "sync_errors", "messages", "invocations", "rejects")
    }
    counted = sources.filter(pl.col("status") != "duplicate")
    wanted = counted.lazy().select("source_id")
    events = _scan_events(files["events"], manifest).join(wanted, on="source_id", how="semi")
    tables = {
        table: _scan(files[table], stale).join(wanted, on="source_id", how="semi")
        for table in _RESOLVED_TABLES
    }
    resolution = resolve(counted, {**tables, "events": _with_requests(events, files["invocations"])})
    sources, kinds = _count_events(sources, events, resolution.repeats, options)
    _insert_sources(connection, sources)
    resolved = {name: getattr(resolution, name) for name in resolution.__dataclass_fields__}
    in_files = kept.join(manifest.select("batch").unique(), on="batch", how="semi")["source_id"].n_unique()
    loaded = Loaded(
        files,
        {**resolved, "stale": stale},
        every_source=in_files == counted.height,
        since=options.since,
        until=options.until,
    )
    load_tables(connection, loaded)
    problems = sources.filter(pl.col("reason").is_not_null() & (pl.col("status") != "duplicate"))
    return Filled(
        kinds,
        tuple(problems.select("path", "reason").iter_rows()),
        tuple(sources.select("path", "content_hash").iter_rows()),
    )


def _each_once(manifest: pl.DataFrame) -> pl.DataFrame:
    """Keep one place of each piece.

    A process that outlives a killed run for a moment may still commit a batch whose sources the next run
    has put into other batches already.
    """
    return manifest.sort("batch", "source").unique(
        ["source_id", "piece", "modified_ns"], keep="first", maintain_order=True
    )


def _stale(kept: pl.DataFrame, of_run: pl.DataFrame, batches_directory: Path) -> pl.DataFrame:
    """Return folder of the ``batch`` and ``source_id`` where a batch of the run holds a source anew.

    A file that was touched and not changed is read again, and one may have been read by two runs: the same
    source then stands in two batches, and the one that is not wanted may hold other sources of the run, too.
    """
    import polars as pl

    again = kept.join(of_run, on="batch", how="semi").join(of_run, on="source_id", how="semi")
    stale = again.join(of_run, on=["batch", "source_id"], how="anti").unique(["batch", "source_id"])
    folder = pl.lit(f"{batches_directory}/") + pl.col("batch")
    return stale.select(folder.alias("batch"), "source_id").sort("batch", "source_id")


def _scan(files: list[Path], stale: pl.DataFrame) -> pl.LazyFrame:
    import polars as pl

    if stale.is_empty():
        return pl.scan_parquet(files)
    left_out = stale.lazy().with_columns(file=pl.col("batch") + f"/{files[0].name}")
    rows = pl.scan_parquet(files, include_file_paths="file")
    return rows.join(left_out, on=["file", "source_id"], how="anti").drop("file")


def _scan_events(files: list[Path], manifest: pl.DataFrame) -> pl.LazyFrame:
    """Scan the events of the sources in `manifest`, with ``source_id`` and the folder of their ``batch``."""
    places = manifest.lazy().select("batch", "source", "source_id")
    return _with_batch(files).join(places, on=["batch", "source"]).drop("source")


def _with_requests(events: pl.LazyFrame, files: list[Path]) -> pl.LazyFrame:
    """Add ``request_id``, which the rows of invocations hold for all events of a part of a request."""
    requests = _with_batch(files).select("batch", "part", "request_id")
    return events.join(requests, on=["batch", "part"], how="left")


def _with_batch(files: list[Path]) -> pl.LazyFrame:
    import polars as pl

    rows = pl.scan_parquet(files, include_file_paths="file")
    return rows.with_columns(batch=pl.col("file").str.extract(r"([0-9a-f]+)[/\\][^/\\]*$")).drop("file")


def _of_run(ingested: Ingested) -> pl.DataFrame:
    import polars as pl

    rows = [
        (s.label, s.size_bytes, s.modified_ns, s.stream_date is not None) for s in ingested.discovery.sources
    ]
    schema = {"path": pl.String, "size_bytes": pl.Int64, "modified_ns": pl.Int64, "has_stream": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _sources(manifest: pl.DataFrame) -> pl.DataFrame:
    """Return one row a source, in the order of the paths, with what its pieces add up to."""
    import polars as pl

    whole = (
        manifest.unique(["source_id", "piece", "is_last"], maintain_order=True)
        .group_by("source_id", "path", "stream", "size_bytes", "content_hash")
        .agg(
            pl.col("text_bytes", "events").sum(),
            pl.col("first_at").min(),
            pl.col("last_at").max(),
            pl.col("problem").drop_nulls().first(),
        )
        .sort("path", "source_id")
    )
    copy = pl.col("content_hash").cum_count().over("content_hash") > 1
    original = pl.col("path").first().over("content_hash")
    status = (
        pl.when(pl.col("text_bytes") == 0)
        .then(pl.when(pl.col("problem").is_null()).then(pl.lit("empty")).otherwise(pl.lit("unreadable")))
        .when(copy)
        .then(pl.lit("duplicate"))
        .when(pl.col("problem").is_not_null())
        .then(pl.lit("damaged"))
        .otherwise(pl.lit("read"))
    )
    return whole.with_columns(status=status, has_stream=pl.col("stream") != pl.col("path")).with_columns(
        reason=pl.when(pl.col("status") == "duplicate")
        .then(pl.concat_str(pl.lit("same content as "), original))
        .otherwise(pl.col("problem"))
    )


def _count_events(
    sources: pl.DataFrame, events: pl.LazyFrame, repeats: pl.DataFrame, options: RunOptions
) -> tuple[pl.DataFrame, tuple[tuple[str, int], ...]]:
    """Count each event once, within the period; what is not counted stands in ``repeated_events``."""
    import polars as pl

    within = pl.lit(True)
    if options.since:
        within &= pl.col("at").is_null() | (pl.col("at") >= options.since)
    if options.until:
        within &= pl.col("at").is_null() | (pl.col("at") < options.until)
    once = events.filter(within)
    if not repeats.is_empty():
        once = once.join(repeats.lazy(), on=["source_id", "line"], how="anti")
    counts = once.group_by("source_id", "kind").agg(pl.len().cast(pl.Int64).alias("events")).collect()
    kinds = counts.group_by(pl.col("kind").cast(pl.String)).agg(pl.col("events").sum()).sort("kind")
    per_source = counts.group_by("source_id").agg(pl.col("events").sum().alias("counted"))
    repeated = repeats.group_by("source_id").agg(pl.len().cast(pl.Int64).alias("repeated_events"))
    joined = sources.join(per_source, on="source_id", how="left", maintain_order="left").join(
        repeated, on="source_id", how="left", maintain_order="left"
    )
    is_copy = pl.col("status") == "duplicate"
    counted = joined.with_columns(
        repeated_events=pl.when(is_copy)
        .then(pl.col("events"))
        .otherwise(pl.col("repeated_events").fill_null(0)),
        events=pl.col("counted").fill_null(0),
    )
    return counted, tuple(kinds.iter_rows())


def _insert_sources(connection: DuckDBPyConnection, sources: pl.DataFrame) -> None:
    columns = [name for (name, *_) in connection.execute("DESCRIBE sources").fetchall()]
    connection.register("run_sources", sources.select(columns))
    connection.execute("INSERT INTO sources BY NAME SELECT * FROM run_sources ORDER BY path, source_id")
    connection.unregister("run_sources")
