"""Events that a source has and an earlier one has already, as exports that overlap bring them.

Events are compared by request (or stream), time and fingerprint: an event is counted once across sources,
and as often as it stands there within one. An archive may be exported twice, so that half of all events are
repeats: of those compared at a time some numbers are held, of a source that brings nothing new its id, and of
any other the lines between which it repeats everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SOURCES_AT_ONCE = 8_000
"""How many sources are compared at a time, or more where they cannot be told apart by stream and time."""

_EVENTS_AT_ONCE = 4_000_000
"""Events that are compared at a time, 28 bytes each: of more, those whose keys have the same remainder."""

_MOST_RANGES = 8
"""Ranges of repeated events of a source among some batches: of more each event is one of its own."""

_DOUBTED = 1 << 31
_REQUEST_SEED, _STREAM_SEED, _CLUSTER_SEED = 1, 2, 3
_NO_TIME = -(1 << 63)
_EVENT_COLUMNS = {"key": pl.UInt64, "at": pl.Int64, "rank": pl.UInt32, "line": pl.Int64}


class Tables(Protocol):
    """Give of some sources ``events, messages, transactions, invocations``, with ``source_id``."""

    def scan_some(self, source_ids: pl.DataFrame, /) -> Iterator[Mapping[str, pl.LazyFrame]]:
        """Give them a few batches at a time, all tables of a batch together."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """What earlier sources have already.

    Attributes
    ----------
    ranges
        ``source_id, line, last_line, events`` where a source has others, too: the first and the last line of
        events that follow each other and are all repeated, and how many. No two have a line in common.
    sources
        ``source_id, events`` of the sources that have no others, and how many.
    requests
        ``request_id`` of the requests of which a source repeats some events and has others for itself.
    """

    ranges: pl.DataFrame
    sources: pl.DataFrame
    requests: pl.DataFrame

    def counts(self) -> pl.DataFrame:
        """Return ``source_id, repeated_events`` of each source that has any."""
        some = self.ranges.group_by("source_id").agg(pl.col("events").sum())
        return pl.concat([some, self.sources]).rename({"events": "repeated_events"})

    def with_something_new(self, sources: pl.DataFrame) -> pl.DataFrame:
        """Return those of the sources, in their order, that have events which no earlier one has."""
        if self.sources.is_empty():
            # A copy of a million sources would take a hundred megabytes.
            return sources
        return sources.join(self.sources, on="source_id", how="anti", maintain_order="left")

    def without(self, source_ids: pl.DataFrame) -> Repeats:
        """Return those of all other sources."""
        ranges, sources = (
            rows.join(source_ids, on="source_id", how="anti") for rows in (self.ranges, self.sources)
        )
        return Repeats(ranges, sources, self.requests)


NO_REPEATS = Repeats(
    pl.DataFrame(
        schema={"source_id": pl.String, "line": pl.Int64, "last_line": pl.Int64, "events": pl.Int64}
    ),
    pl.DataFrame(schema={"source_id": pl.String, "events": pl.Int64}),
    pl.DataFrame(schema={"request_id": pl.String}),
)


def without_repeats(rows: pl.LazyFrame, ranges: pl.DataFrame) -> pl.LazyFrame:
    """Return those of `rows` (``source_id, line``) that are in none of `ranges`, in no particular order."""
    is_single = pl.col("line") == pl.col("last_line")
    single, several = ranges.filter(is_single), ranges.filter(~is_single)
    left = rows
    if not single.is_empty():
        left = left.join(single.lazy(), on=["source_id", "line"], how="anti")
    if several.is_empty():
        return left
    ends = several.lazy().select("source_id", "line", "last_line").sort("line")
    placed = left.sort("line").join_asof(ends, on="line", by="source_id", check_sortedness=False)
    is_within = (pl.col("line") <= pl.col("last_line")).fill_null(False)
    return placed.filter(~is_within).drop("last_line")


def overlapping_sources(sources: pl.DataFrame) -> pl.DataFrame:
    """Return ``source_id`` of the sources that may share events with another one, and their ``cluster``.

    Two sources may do so if their times overlap and they are of one stream, or of an unknown one.
    """
    stream = pl.col("stream") if streams_are_known(sources) else pl.lit(0)
    timed = sources.select("source_id", "first_at", "last_at", group=stream).drop_nulls("first_at")
    ordered = timed.sort("group", "first_at", "source_id")
    # Most streams have one source, and there are millions of them.
    group = pl.col("group")
    several = ordered.filter((group == group.shift(1)).fill_null(False) | (group == group.shift(-1)))
    seen_until = pl.col("last_at").cum_max().shift(1).over("group")
    # A run of sources that each begin before the earlier ones have ended.
    within = several.select(within=(pl.col("first_at") <= seen_until).fill_null(False)).to_series()
    crowded = within | within.shift(-1, fill_value=False)
    return several.select("source_id", cluster=(~within).cum_sum()).filter(crowded)


def streams_are_known(sources: pl.DataFrame) -> bool:
    """Return whether each source with events names its stream: only then are streams looked at one by one."""
    return bool(sources.filter(pl.col("first_at").is_not_null())["has_stream"].all())


def find_repeats(sources: pl.DataFrame, overlapping: pl.DataFrame, tables: Tables) -> Repeats:
    """Find the events of `sources` that an earlier one has already.

    Parameters
    ----------
    sources
        ``source_id, stream, events``, in the order in which an event belongs to the first that has it.
    overlapping
        As `overlapping_sources` gives them, of these sources alone.
    tables
        Give their events.
    """
    ranked = sources.select("source_id", "stream", "events", rank=pl.int_range(pl.len(), dtype=pl.UInt32))
    compared = overlapping.join(ranked, on="source_id")
    return _together([_told(_repeated(some, tables), ranked, tables) for some in _whole_clusters(compared)])


def _together(some: Sequence[Repeats]) -> Repeats:
    names = [one.name for one in fields(Repeats)]
    return Repeats(*(pl.concat(getattr(one, name) for one in (NO_REPEATS, *some)) for name in names))


def _whole_clusters(compared: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the sources some clusters at a time: no event of one is in another."""
    # Sources of neighbouring ranks are mostly in the same batches, so that few are read for some clusters.
    first = pl.col("rank").min().over("cluster")
    ordered = compared.sort(first, "cluster", "rank")
    last = ordered["cluster"].rle_id()
    begin = 0
    while begin < ordered.height:
        wanted = min(begin + _SOURCES_AT_ONCE, ordered.height)
        end = int(last.search_sorted(last[wanted - 1], side="right"))
        yield ordered[begin:end]
        begin = end


def _repeated(compared: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Return ``rank, line`` of the events of whole clusters that a source of lower rank has already."""
    shares = -(-int(compared["events"].sum()) // _EVENTS_AT_ONCE)
    return pl.concat(
        [
            pl.DataFrame(schema={"rank": pl.UInt32, "line": pl.Int64}),
            *(_repeated_among(_events(compared, tables, share, shares)) for share in range(shares)),
        ]
    )


def _events(compared: pl.DataFrame, tables: Tables, share: int, shares: int) -> pl.DataFrame:
    """Return `_EVENT_COLUMNS` of the events whose keys leave the remainder `share`.

    Events are the same where key and time are. The rank is higher by `_DOUBTED` than that of the source, so
    that all others come first, of what is suspect and of an error that was given to no request.
    """
    owners = compared.lazy().select("source_id", "stream", "cluster", "rank")
    is_named, is_unknown = pl.col("request_id").is_not_null(), pl.col("kind") == "unknown_error"
    # What else a source holds decides whose such an error is, and what is suspect: an event counts where most
    # is known of it.
    is_doubted = (is_unknown & ~is_named) | (pl.col("kind") == "suspect")
    rank = pl.col("rank") + pl.when(is_doubted).then(_DOUBTED).otherwise(0).cast(pl.UInt32)
    identity = (
        pl.when(is_named & ~is_unknown)
        .then(pl.col("request_id").hash(_REQUEST_SEED))
        .otherwise(pl.col("stream").hash(_STREAM_SEED))
    )
    key = identity ^ pl.col("fingerprint") ^ pl.col("cluster").hash(_CLUSTER_SEED)
    at = pl.col("at").to_physical().fill_null(_NO_TIME)
    parts = (
        some["events"]
        .join(owners, on="source_id")
        .select("line", rank=rank, key=key, at=at)
        .filter(pl.col("key") % shares == share)
        .select(*_EVENT_COLUMNS)
        .collect()
        for some in tables.scan_some(compared)
    )
    return pl.concat([pl.DataFrame(schema=_EVENT_COLUMNS), *parts])


def _repeated_among(events: pl.DataFrame) -> pl.DataFrame:
    """Return ``rank, line`` of the events that one of lower rank has already, as often as it has them."""
    shared = events.filter(pl.col("key").is_duplicated()).sort("key", "at", "rank", "line")
    key, at, rank = (shared[name].to_numpy() for name in ("key", "at", "rank"))
    begins_event = _differ_from_last(key) | _differ_from_last(at)
    begins_run = begins_event | _differ_from_last(rank)
    runs = np.flatnonzero(begins_run)
    lengths = np.diff(np.append(runs, len(rank)))
    event_of_run = np.cumsum(begins_event)[runs]
    # The longest run so far of each event: a later event's outweighs it.
    weight = len(rank) + 1
    longest = np.maximum.accumulate(event_of_run * weight + lengths) - event_of_run * weight
    before = np.where(begins_event[runs], 0, np.append(0, longest[:-1])[: len(runs)])
    occurrence = np.arange(len(rank)) - np.repeat(runs, lengths)
    repeated = shared.filter(pl.Series(occurrence < np.repeat(before, lengths)))
    return repeated.select(pl.col("rank") % _DOUBTED, "line")


def _differ_from_last(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return where a value is not the one before; first true."""
    differ = np.ones(len(values), dtype=np.bool_)
    differ[1:] = values[1:] != values[:-1]
    return differ


def _told(repeated: pl.DataFrame, ranked: pl.DataFrame, tables: Tables) -> Repeats:
    """Tell the sources of which all events are `repeated` (``rank, line``) from the others."""
    counts = repeated.group_by("rank").agg(pl.len().alias("repeated"))
    found = ranked.join(counts, on="rank").sort("rank")
    is_whole = pl.col("repeated") == pl.col("events")
    whole, others = found.filter(is_whole), found.filter(~is_whole)
    sources = Repeats(NO_REPEATS.ranges, whole.select("source_id", "events"), NO_REPEATS.requests)
    if others.is_empty():
        return sources
    rest = repeated.join(others, on="rank", how="semi")
    return _together([sources, *(_in_ranges(some, rest, others) for some in tables.scan_some(others))])


def _in_ranges(tables: Mapping[str, pl.LazyFrame], repeated: pl.DataFrame, sources: pl.DataFrame) -> Repeats:
    """Return which of the `repeated` events (``rank, line``) stand in some batches, between which others."""
    ranks = sources.lazy().select("source_id", "rank")
    is_repeated = repeated.lazy().with_columns(is_repeated=True)
    events = (
        tables["events"]
        .select("source_id", "line", "request_id")
        .join(ranks, on="source_id")
        .drop("source_id")
        .join(is_repeated, on=["rank", "line"], how="left")
        .with_columns(pl.col("is_repeated").fill_null(False))
        .sort("rank", "line")
        .collect()
    )
    ranges = _ranges(events).join(sources, on="rank").select(NO_REPEATS.ranges.columns)
    parts = events.drop_nulls("request_id").group_by("rank", "request_id")
    is_mixed = pl.col("is_repeated").any() & ~pl.col("is_repeated").all()
    mixed = parts.agg(is_mixed.alias("is_mixed")).filter("is_mixed")
    return Repeats(ranges, NO_REPEATS.sources, mixed.select("request_id").unique())


def _ranges(events: pl.DataFrame) -> pl.DataFrame:
    """Return ``rank, line, last_line, events`` of what is repeated among `events`, by rank and line."""
    rank, is_repeated = pl.col("rank"), pl.col("is_repeated")
    begins = ((rank != rank.shift(1)) | (is_repeated != is_repeated.shift(1))).fill_null(True)
    repeated = events.with_columns(run=begins.cum_sum()).filter(is_repeated)
    line, number = pl.col("line"), pl.len().cast(pl.Int64)
    ranges = repeated.group_by("rank", "run").agg(line.min(), last_line=line.max(), events=number).drop("run")
    # To compare each line of a source with many ranges would take longer than to look it up.
    few = ranges.filter(pl.len().over("rank") <= _MOST_RANGES)
    scattered = repeated.join(few, on="rank", how="anti")
    one_by_one = scattered.select("rank", "line", last_line="line", events=pl.lit(1, dtype=pl.Int64))
    return pl.concat([few, one_by_one])
