"""Reads the log lines that a report shows: few events, each by its place, out of the archive."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balance_sync.sources.batching import expected_text, plan_batches
from balance_sync.sources.buckets import is_remote
from balance_sync.sources.source import Source, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    import polars as pl
    from duckdb import DuckDBPyConnection

    from balance_sync.reports.log_lines import LogPlace, LogReader, LogText
    from balance_sync.sources.batching import Batch

READ_BYTES = 96 << 20
"""Text that is read again for a report, about: a fraction of a second. What is beyond it is left out."""


def log_reader(manifest_of: Callable[[Collection[str]], pl.DataFrame], logs: Sequence[str] = ()) -> LogReader:
    """Return a reader of sources by their ids.

    Parameters
    ----------
    manifest_of
        Gives the store's account of where sources of these ids were read.
    logs
        As for `sources_read`.

    Notes
    -----
    Personal data in the texts is hidden as in rejects, for reports are sent about; `explain` shows the rest.
    """

    def read(places: Sequence[LogPlace]) -> Mapping[LogPlace, LogText]:
        from balance_sync.reports.labels import LOG_CHANGED, LOG_FILE_GONE
        from balance_sync.reports.log_lines import LogText

        wanted = list(dict.fromkeys(place.source_id for place in places))
        sources = sources_read(manifest_of(wanted), logs)
        chosen = {source.label: one for one, source in sources.items() if one in _affordable(sources, wanted)}
        files = dict.fromkeys(sources[one].file or sources[one] for one in chosen.values())
        texts = dict(_events(plan_batches(files), chosen, set(places)))
        for place in places:
            if place.source_id not in sources:
                texts[place] = LogText("", missing=LOG_FILE_GONE)
            elif place.source_id in chosen.values() and place not in texts:
                texts[place] = LogText("", sources[place.source_id].label, LOG_CHANGED)
        return texts

    return read


def log_reader_of_run(connection: DuckDBPyConnection) -> LogReader | None:
    """Return a reader of what the finished run in a database read; `None` if its store is gone."""
    from balance_sync.pipeline.ingest import find_store

    ((options,),) = connection.execute("SELECT options FROM runs").fetchall()
    told = json.loads(options)
    store = Path(told["store"])
    if not store.is_dir():
        return None

    def manifest_of(source_ids: Collection[str]) -> pl.DataFrame:
        # Of equal files the run counted one, and the store may know others from other runs.
        found = find_store(store).manifest(source_ids=source_ids)
        paths = connection.sql(
            "SELECT path, source_id FROM sources WHERE source_id IN (SELECT unnest($ids))",
            params={"ids": list(source_ids)},
        ).pl()
        return found.join(paths, on=["path", "source_id"], how="semi")

    return log_reader(manifest_of, told["logs"])


def sources_read(manifest: pl.DataFrame, logs: Sequence[str] = ()) -> dict[str, Source]:
    """Return, by id, the sources in `manifest` that are still where they were read.

    Parameters
    ----------
    logs
        Where the run found them: an archive that was read before may have been moved since.
    """
    found = {}
    for row in manifest.iter_rows(named=True):
        location = _location(row, logs)
        if location:
            file = Source(row["file"], location, row["file_bytes"], row["modified_ns"], row["file"], None)
            found[row["source_id"]] = file if row["path"] == row["file"] else _member(row, file)
    return found


def _location(row: Mapping[str, Any], logs: Sequence[str]) -> str | None:
    # An object that is gone is told when it is asked for.
    path = path_of(row["location"])
    if is_remote(path) or Path(path).is_file():
        return path
    label = Path(row["file"])
    if label.is_absolute() or ".." in label.parts:
        return None
    # Of several folders labels begin with their names, and of a single file it is the name.
    places = (place for path in logs for place in (Path(path) / label, Path(path).parent / label))
    return next((str(place) for place in places if _has_size(place, row["file_bytes"])), None)


def _has_size(place: Path, size_bytes: int) -> bool:
    try:
        return place.is_file() and place.stat().st_size == size_bytes
    except OSError:
        return False


def _member(row: Mapping[str, Any], file: Source) -> Source:
    return Source(row["path"], file.path, row["size_bytes"], row["modified_ns"], row["stream"], None, file)


def _affordable(sources: Mapping[str, Source], wanted: Iterable[str]) -> set[str]:
    """Return which sources, the most wanted first, are not too much to read."""
    left, chosen = READ_BYTES, set()
    opened: set[Source] = set()
    for source_id in wanted:
        source = sources.get(source_id)
        if source is None:
            continue
        # What is in an archive is read with all of it, and an archive once.
        file = source.file or source
        size = 0 if file in opened else expected_text(file.size_bytes)
        if size <= left:
            left -= size
            opened.add(file)
            chosen.add(source_id)
    return chosen


def _events(
    batches: Iterable[Batch], source_ids: Mapping[str, str], places: Collection[LogPlace]
) -> Iterator[tuple[LogPlace, LogText]]:
    """Give the events that begin at `places`; `source_ids` are by label."""
    import polars as pl

    from balance_sync.logs.redaction import redact
    from balance_sync.logs.split import split_events
    from balance_sync.reports.log_lines import LogPlace, LogText

    lines = pl.Series(sorted({place.line for place in places}), dtype=pl.Int64)
    for found in chain.from_iterable(batch() for batch in batches):
        pieces = [piece for piece in found if piece.source.label in source_ids]
        if not pieces:
            continue
        events = split_events(pieces).frame().filter(pl.col("line").is_in(lines.implode()))
        for piece, line, text in events.select("piece", "line", "text").iter_rows():
            label = pieces[piece].source.label
            place = LogPlace(source_ids[label], line)
            if place in places:
                words = bytes(text).decode("utf-8", "replace").rstrip("\n")
                yield place, LogText(redact(words), label)
