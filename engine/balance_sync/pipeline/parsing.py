"""Parses batches and keeps them in the store, in this process and in others beside it.

Processes and not threads: much of the work is Python's own (files are many and small) and holds its lock,
so that two threads gain a fifth and two processes two fifths. What other processes write is whole batches:
nothing is shared but the store.
"""

from __future__ import annotations

import gc
import secrets
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING

from balance_sync.errors import ResourceError
from balance_sync.pipeline.doubts import keep_if_doubted
from balance_sync.pipeline.memory import give_back_memory
from balance_sync.pipeline.processes import Processes
from balance_sync.sources.source import location_of
from balance_sync.store.dataset import Store, batch_id, manifest_frame, source_id

if TYPE_CHECKING:
    import polars as pl

    from balance_sync.logs.tables import BatchTables
    from balance_sync.sources.batching import Batch
    from balance_sync.sources.reading import TextPiece


_AHEAD = 3
"""Batches that a helper has or that wait for it: while this process parses one it finds no others."""

_GIVE_BACK_EVERY = 32
"""Batches after which what they left is given back: it takes a six hundredth of their time."""

_batches_parsed = count(1)
"""In each process."""


@contextmanager
def begun_helpers(count: int) -> Iterator[Processes]:
    """Begin `count` processes that parse; they import what they do it with while this one goes on."""
    pool = Processes(count)
    for _ in range(count):
        pool.submit(import_module, "balance_sync.logs.tables")
    try:
        yield pool
    except BaseException:
        # A large file takes seconds, and what was begun is made whole or not at all.
        pool.end_now()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def parse_batches(batches: Iterator[Batch], store: Store, *, helpers: Processes | None) -> Iterator[int]:
    """Parse `batches` and commit them to `store`.

    Parameters
    ----------
    helpers
        Processes that work beside this one.

    Yields
    ------
    int
        The compressed bytes of the files that each batch ends, in the order in which they are done.
    """
    with _no_garbage_collection():
        if helpers is None:
            yield from (parse_into(batch, store) for batch in batches)
        else:
            yield from _parse_beside(batches, store, helpers)


def _parse_beside(batches: Iterator[Batch], store: Store, helpers: Processes) -> Iterator[int]:
    """Keep the `helpers` busy, and parse here whenever they have enough to do."""
    running: dict[Future[int], _Claimed] = {}
    # Not what a process of a killed run may still claim.
    claims = secrets.token_hex(8)
    try:
        for number, (batch, more_follow) in enumerate(_with_followers(batches)):
            # The first ones may be all: then none waits while this process has nothing to do.
            few = helpers.count * (2 if more_follow else 1)
            enough = few if number <= 2 * helpers.count else _AHEAD * helpers.count
            if len(running) < enough:
                shared = _Claimed(f"{claims}-{number}", batch, store)
                running[helpers.submit(shared)] = shared
            else:
                yield parse_into(batch, store)
            done = [future for future in running if future.done()]
            yield from (future.result() for future in done)
            running = {future: shared for future, shared in running.items() if future not in done}
        # What still waits is done here, from the end, for a helper goes on with the one that waits longest.
        yield from (shared() for shared in reversed(running.values()))
        yield from (future.result() for future in running)
    except BrokenProcessPool as error:
        raise ResourceError(
            str(store.directory),
            "a process that read logs was ended from outside",
            reason="most often the system ran out of memory",
            help="run the same command again to go on; --threads 1 needs half of the memory",
        ) from error


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A batch that several processes may parse: the first one that asks does.

    A pool's batches cannot be taken back from it once they lie in its queue, and some always do.
    """

    name: str
    batch: Batch
    store: Store

    def __call__(self) -> int:
        return parse_into(self.batch, self.store) if self.store.claim(self.name) else 0


def _with_followers(batches: Iterator[Batch]) -> Iterator[tuple[Batch, bool]]:
    """Yield each batch, and whether another one follows."""
    batch = next(batches, None)
    while batch is not None:
        follower = next(batches, None)
        yield batch, follower is not None
        batch = follower


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    # Parsing leaves no cycles behind, so that looking for some is time lost.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def parse_into(batch: Batch, store: Store) -> int:
    """Parse one batch, commit it to `store` unless it is there; return the bytes of the files it ends."""
    if next(_batches_parsed) % _GIVE_BACK_EVERY == 0:
        give_back_memory()
    return sum(_parse_pieces(pieces, store) for pieces in batch())


def _parse_pieces(pieces: list[TextPiece], store: Store) -> int:
    from balance_sync.logs.tables import parse_batch

    manifest = _manifest(pieces)
    # What is in several pieces is judged when all of them are there.
    waits = not all(piece.is_whole for piece in pieces)
    batch = batch_id(manifest)
    if not store.has(batch) and not (waits and store.waiting.has(batch)):
        tables = _tables(parse_batch(pieces), manifest)
        if not waits:
            keep_if_doubted(
                store, batch, tables, lambda: _tables(parse_batch(pieces, judged=False), manifest)
            )
        (store.waiting if waits else store).commit(batch, tables)
    return sum(piece.source.size_bytes for piece in pieces if piece.is_last and piece.source.file is None)


def _tables(parsed: BatchTables, manifest: pl.DataFrame) -> dict[str, pl.DataFrame]:
    ids = manifest["source_id"]
    as_they_are = {"events": parsed.events, **parsed.evidence}
    named = {
        name: _with_ids(getattr(parsed, name), ids)
        for name in parsed.__dataclass_fields__
        if name not in ("events", "evidence", "event_bytes")
    }
    return {**as_they_are, **named, "sources": _with_spans(manifest, parsed)}


def _with_ids(rows: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Return `rows` with ``source_id`` in place of ``source``."""
    named = rows.hstack([ids[rows["source"]]])
    # Unlike `drop`, this plans no query.
    named.drop_in_place("source")
    return named


def _with_spans(manifest: pl.DataFrame, parsed: BatchTables) -> pl.DataFrame:
    """Return `manifest` with the number and bytes of each piece's events, and the first and the last time."""
    import polars as pl

    from balance_sync.logs.rows import at_rows, rows_of

    spans = parsed.events.group_by("source").agg(
        pl.len().cast(pl.Int64).alias("events"), first_at=pl.col("at").min(), last_at=pl.col("at").max()
    )
    rows = rows_of(spans["source"].to_numpy(), manifest.height)
    told = {name: at_rows(spans[name], rows) for name in ("first_at", "last_at")}
    told |= {"events": at_rows(spans["events"], rows).fill_null(0), "event_bytes": parsed.event_bytes}
    return pl.DataFrame([told.get(column.name, column) for column in manifest])


def _manifest(pieces: list[TextPiece]) -> pl.DataFrame:
    # By columns: an attribute of each of a hundred thousand tuples takes several times as long.
    sources, texts, numbers, _, are_last, readings = zip(*pieces, strict=True)
    labels, paths, sizes, times, streams, _, files, log_groups = zip(*sources, strict=True)
    hashes = [reading.content_hash for reading in readings]
    if any(files):
        held_by = [source.file or source for source in sources]
        file_labels, _, file_sizes, *_ = zip(*held_by, strict=True)
    else:
        file_labels, file_sizes = labels, sizes
    return manifest_frame(
        {
            "source_id": [source_id(*named) for named in zip(labels, hashes, strict=True)],
            "path": labels,
            "location": paths if "".join(paths).isascii() else list(map(location_of, paths)),
            "stream": streams,
            "size_bytes": sizes,
            "modified_ns": times,
            "content_hash": hashes,
            "piece": numbers,
            "is_last": are_last,
            "text_bytes": list(map(len, texts)),
            "problem": [reading.problem or None for reading in readings],
            "note": [reading.note or None for reading in readings],
            "members": [reading.members for reading in readings],
            "log_group": [name or None for name in log_groups],
            "file": file_labels,
            "file_bytes": file_sizes,
        }
    )
