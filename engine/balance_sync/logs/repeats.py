"""Events that a source has and an earlier one has already, as exports that overlap bring them.

Events are compared by request (or stream), time and fingerprint: an event is counted once across sources,
and as often as it stands there within one. An archive may be exported twice, so that half of all events are
repeats: of those compared at a time some numbers are held, and of a source that brings nothing new its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SOURCES_AT_ONCE = 20_000
"""How many sources are compared at a time, or more where they cannot be told apart by stream and time."""

_EVENTS_AT_ONCE = 4_000_000
"""Events that are compared at a time, 28 bytes each: of more, those whose keys have the same remainder."""

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
    events
        ``source_id, line`` of repeated events, where their source has others, too.
    sources
        ``source_id, events`` of the sources that have no others, and how many.
    """

    events: pl.DataFrame
    sources: pl.DataFrame

    def counts(self) -> pl.DataFrame:
        """Return ``source_id, repeated_events`` of each source that has any."""
        some = self.events.group_by("source_id").agg(pl.len().cast(pl.Int64).alias("repeated_events"))
        return pl.concat([some, self.sources.rename({"events": "repeated_events"})])

    def without(self, source_ids: pl.DataFrame) -> Repeats:
        """Return those of all other sources."""
        return Repeats(
            *(rows.join(source_ids, on="source_id", how="anti") for rows in (self.events, self.sources))
        )


NO_REPEATS = Repeats(
    pl.DataFrame(schema={"source_id": pl.String, "line": pl.Int64}),
    pl.DataFrame(schema={"source_id": pl.String, "events": pl.Int64}),
)


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
    found = [
        _told(_repeated(some.join(ranked, on="source_id"), tables), ranked)
        for some in _whole_clusters(overlapping)
    ]
    return Repeats(
        pl.concat([NO_REPEATS.events, *(one.events for one in found)]),
        pl.concat([NO_REPEATS.sources, *(one.sources for one in found)]),
    )


def _whole_clusters(overlapping: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the sources some clusters at a time: no event of one is in another."""
    ordered = overlapping.sort("cluster", "source_id")
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

    Events are the same where key and time are.
    """
    owners = compared.lazy().select("source_id", "stream", "cluster", "rank")
    identity = (
        pl.when(pl.col("request_id").is_not_null())
        .then(pl.col("request_id").hash(_REQUEST_SEED))
        .otherwise(pl.col("stream").hash(_STREAM_SEED))
    )
    key = identity ^ pl.col("fingerprint") ^ pl.col("cluster").hash(_CLUSTER_SEED)
    at = pl.col("at").to_physical().fill_null(_NO_TIME)
    parts = (
        some["events"]
        .join(owners, on="source_id")
        .select("rank", "line", key=key, at=at)
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
    return shared.select("rank", "line").filter(pl.Series(occurrence < np.repeat(before, lengths)))


def _differ_from_last(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return where a value is not the one before; first true."""
    differ = np.ones(len(values), dtype=np.bool_)
    differ[1:] = values[1:] != values[:-1]
    return differ


def _told(repeated: pl.DataFrame, ranked: pl.DataFrame) -> Repeats:
    """Tell the sources of which all events are `repeated` (``rank, line``) from the others."""
    counts = repeated.group_by("rank").agg(pl.len().alias("repeated"))
    whole = ranked.join(counts, on="rank").filter(pl.col("repeated") == pl.col("events"))
    rest = repeated.join(whole, on="rank", how="anti").sort("rank", "line")
    return Repeats(
        rest.select(ranked["source_id"].gather(rest["rank"]), "line"),
        whole.sort("rank").select("source_id", "events"),
    )
