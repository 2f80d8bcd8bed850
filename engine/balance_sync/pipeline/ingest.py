"""The first half of the job: logs to Parquet tables in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.config import IngestOptions
from balance_sync.errors import InputError
from balance_sync.logs.parser_version import PARSER_VERSION
from balance_sync.pipeline.budget import reading_processes
from balance_sync.pipeline.memory import give_back_memory
from balance_sync.pipeline.parsing import begun_helpers, parse_batches
from balance_sync.pipeline.read_again import forget_what_may_give_more
from balance_sync.pipeline.search import FEW_BYTES, Search
from balance_sync.pipeline.strictness import refuse_what_was_not_read
from balance_sync.pipeline.watcher import Unwatched, Watcher
from balance_sync.sources.batching import OPENING_BYTES, plan_batches
from balance_sync.sources.source import PassedOver, Source
from balance_sync.sources.standard_input import STANDARD_INPUT, copy_standard_input
from balance_sync.store.dataset import Store
from balance_sync.store.paths import require_utf8

if TYPE_CHECKING:
    import polars as pl

    from balance_sync.pipeline.processes import Processes
    from balance_sync.store.file_keys import KnownFiles


@dataclass(frozen=True, slots=True)
class Ingested:
    """What ingestion found and did.

    Attributes
    ----------
    files
        `FILE_KEY` of all files of the run.
    files_bytes
        The bytes of all of them together.
    passed_over
        What was seen and is no source.
    sources_read, sources_kept
        How many were read now, and how many were in the store already.
    later_sources
        How many were not opened because they begin after the period.
    """

    files: pl.DataFrame
    files_bytes: int
    passed_over: tuple[PassedOver, ...]
    store: Store
    sources_read: int
    sources_kept: int
    later_sources: int

    @property
    def is_little(self) -> bool:
        """Whether there is no more of the logs than one process reads as fast as several."""
        return self.files_bytes + OPENING_BYTES * self.files.height <= FEW_BYTES


def ingest(
    options: IngestOptions,
    watcher: Watcher | None = None,
    *,
    when_few: Callable[[], None] = lambda: None,
    sources: Iterable[Source] | None = None,
) -> Ingested:
    """Bring the logs of `options` into the store; what is in it already is not read again.

    Parameters
    ----------
    when_few
        Called first of all where the logs are so few that one process reads them, unless they are next to
        nothing.
    sources
        Read these alone, which are some of what `balance_sync.pipeline.search.wanted_sources` gives.

    Raises
    ------
    InputError
        No logs, none of the period, or (strict) a source that cannot be read to its end or an event that
        cannot be read at all.
    DeliveryError
        The store cannot be written.
    ResourceError
        Another run is writing to the store.
    UsageError
        The memory limit is none, or too small.
    """
    processes = reading_processes(options.memory_limit, threads=options.threads)
    watcher = watcher or Unwatched()
    paths = options.logs
    with ExitStack() as stack:
        if STANDARD_INPUT in paths:
            store = find_store(options.store)
            stack.enter_context(_opened(store))
            paths = _with_copied_input(paths, store)
        search = Search(options, paths, watcher, sources)
        reading = stack.enter_context(ExitStack())
        # Other processes begin while this one lists files, and imports what it parses with.
        helpers = _begin_others(search, processes - 1, when_few, reading)
        if paths == options.logs:
            store = find_store(options.store)
            stack.enter_context(_opened(store))
        # They end before what is half written is removed; and what they hold is more than judging takes.
        with reading:
            _parse_missing(search, store, options, watcher, helpers)
        if helpers:
            give_back_memory()
        from balance_sync.pipeline.cut_sources import judge_cut_sources

        judge_cut_sources(store, watcher)
    files = search.files()
    if files.is_empty():
        raise InputError(
            ", ".join(options.logs),
            "no logs of the period",
            reason=f"all {search.later_sources:,} sources begin after {options.until:%Y-%m-%d %H:%M} UTC",
            help="choose a later end of the period, or name other logs",
        )
    if options.strict:
        refuse_what_was_not_read(options, store, files, search.passed_over)
    return Ingested(
        files,
        search.files_bytes,
        tuple(search.passed_over),
        store,
        sources_read=search.sources_missing,
        sources_kept=files.height - search.sources_missing,
        later_sources=search.later_sources,
    )


def _begin_others(
    search: Search, helpers: int, when_few: Callable[[], None], stack: ExitStack
) -> Processes | None:
    """Begin the processes that the logs are worth; return those that help to read, if any do."""
    if search.finds_much():
        return stack.enter_context(begun_helpers(helpers)) if helpers else None
    if not search.finds_next_to_nothing():
        when_few()
    return None


def _parse_missing(
    search: Search, store: Store, options: IngestOptions, watcher: Watcher, helpers: Processes | None
) -> None:
    if not store.is_new:
        forget_what_may_give_more(store, options.limits)
    missing = search.missing(_known_files(store))
    watcher.stage("reading logs", None)
    batches = plan_batches(missing, limits=options.limits)
    for size_bytes in parse_batches(batches, store, helpers=helpers):
        watcher.advance(size_bytes)


@contextmanager
def _opened(store: Store) -> Iterator[None]:
    with store.sole_use():
        store.open()
        try:
            yield
        finally:
            store.clear()


def _with_copied_input(logs: tuple[str, ...], store: Store) -> tuple[str, ...]:
    """Return `logs`, and in place of standard input a copy of it that lasts until all is read."""
    copy = str(copy_standard_input(store.working_directory))
    return tuple(copy if path == STANDARD_INPUT else path for path in logs)


def find_store(directory: Path) -> Store:
    """Return the store at `directory`; batches of another parser are not seen."""
    require_utf8(directory)
    return Store(directory, str(PARSER_VERSION))


def _known_files(store: Store) -> KnownFiles | None:
    """Return the files that are in the store with all that is in them; `None` where nothing is."""
    if store.is_new:
        return None
    from balance_sync.store.file_keys import KnownFiles

    return KnownFiles(_complete_files(store))


def _complete_files(store: Store) -> pl.DataFrame:
    """Return `FILE_KEY` of the files that are in the store with all that is in them."""
    import polars as pl

    from balance_sync.store.file_keys import FILE_KEY, file_key

    # Nearly all files are one piece: of millions nothing but the key is kept.
    whole: list[pl.DataFrame] = []
    is_whole = pl.col("is_file") & (pl.col("piece") == 0) & pl.col("is_last") & pl.col("members").is_null()

    def without_whole(part: pl.DataFrame) -> pl.DataFrame:
        pieces = part.select(
            file_key(),
            "modified_ns",
            # An archive is a source of its own, that comes last and says how many are in it.
            is_file=pl.col("path") == pl.col("file"),
            member=pl.col("path").hash() ^ pl.col("source_id").hash(),
            piece="piece",
            is_last="is_last",
            members="members",
        )
        whole.append(pieces.filter(is_whole).select(FILE_KEY))
        return pieces.filter(~is_whole)

    columns = ("file", "file_bytes", "modified_ns", "path", "source_id", "piece", "is_last", "members")
    pieces = store.manifest(columns, each=without_whole)
    return pl.concat([*whole, _complete_in_pieces(pieces)])


def _complete_in_pieces(pieces: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    from balance_sync.store.file_keys import FILE_KEY

    sources = (
        pieces.group_by(*FILE_KEY, "is_file", "member")
        .agg(
            pl.col("piece").n_unique(),
            pl.col("members").drop_nulls().first(),
            last=pl.col("piece").filter(pl.col("is_last")).max(),
        )
        .filter(pl.col("piece") == pl.col("last") + 1)
    )
    complete = (
        sources.group_by(FILE_KEY)
        .agg(
            pl.col("is_file").any().alias("ends"),
            pl.col("is_file").not_().sum().alias("found"),
            pl.col("members").filter("is_file").max(),
        )
        .filter(pl.col("ends") & (pl.col("found") >= pl.col("members").fill_null(0)))
    )
    return complete.select(FILE_KEY)
