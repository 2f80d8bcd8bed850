"""What one batch cannot know: events that other sources repeat, and requests that other batches share.

Exports may overlap and large files are cut, so an event may come from two sources and a request may
stand in two sources or batches. Events are compared by request (or stream), time and fingerprint: an event is
counted once across sources, and as often as it stands there within one. Only requests that are touched
by this are followed again; in most archives there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from balance_sync.logs.invocations import merge_invocations
from balance_sync.logs.messages import STEP_COLUMNS, follow_messages, is_step


@dataclass(frozen=True, slots=True)
class Resolution:
    """What takes the place of the batches' own rows.

    Attributes
    ----------
    repeats
        ``source_id, line``: events that an earlier source has already.
    requests
        ``request_id`` of the requests whose rows in ``messages`` and ``invocations`` are replaced.
    messages, invocations
        The rows that replace them, as in the schema.
    transactions
        ``source_id, line, message_id, outcome`` for the transactions of `requests`.
    """

    repeats: pl.DataFrame
    requests: pl.DataFrame
    messages: pl.DataFrame
    invocations: pl.DataFrame
    transactions: pl.DataFrame


Scan = Callable[[pl.DataFrame], Mapping[str, pl.LazyFrame]]
"""Gives of some sources ``events``, ``messages``, ``transactions`` and ``invocations`` with ``source_id``."""

SOURCES_AT_ONCE = 20_000
"""How many sources are looked through at a time: all events of a long archive are too many to hold."""


def resolve(
    sources: pl.DataFrame,
    scan: Scan,
    *,
    overlapping: pl.DataFrame | None = None,
    among: pl.DataFrame | None = None,
) -> Resolution:
    """Compare sources with each other.

    Parameters
    ----------
    sources
        Of the run: ``source_id, path, stream, has_stream, first_at, last_at``, in the order in which an event
        belongs to the first that has it.
    scan
        Of the run's batches.
    overlapping
        What `overlapping_sources` says of all sources, where `sources` are some of them: whether streams are
        looked at one by one depends on all.
    among
        ``request_id`` of the requests that may be followed again; `None` for all.
    """
    ranks = sources.select("source_id", rank=pl.int_range(pl.len(), dtype=pl.UInt32))
    if overlapping is None:
        overlapping = overlapping_sources(sources)
    repeats = pl.concat(
        [_NO_REPEATS, *(_repeats(scan, some, sources, ranks) for some in _whole_clusters(overlapping))]
    )
    affected = pl.concat([_shared_requests(sources, scan), repeats.select("request_id")])
    if among is not None:
        affected = affected.join(among, on="request_id", how="semi")
    requests = affected.drop_nulls().unique().sort("request_id")
    # With one that has none where there is nothing to follow again.
    tables = scan(sources.head(1) if requests.is_empty() else sources_of_requests(sources, scan, requests))
    messages, transactions = _follow_again(tables, requests, repeats, ranks)
    return Resolution(
        repeats=repeats.select("source_id", "line"),
        requests=requests,
        messages=messages,
        invocations=_merge_again(tables["invocations"], requests, ranks),
        transactions=transactions,
    )


def some_at_once(sources: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield `SOURCES_AT_ONCE` of the sources at a time, in their order."""
    return sources.iter_slices(SOURCES_AT_ONCE)


def overlapping_sources(sources: pl.DataFrame) -> pl.DataFrame:
    """Return ``source_id`` of the sources that may share events with another one, and their ``cluster``.

    Two sources may do so if their times overlap and they are of one stream, or of an unknown one.
    """
    timed = sources.filter(pl.col("first_at").is_not_null())
    group = pl.col("stream") if streams_are_known(sources) else pl.lit("")
    ordered = timed.with_columns(group=group).sort("group", "first_at", "source_id")
    seen_until = pl.col("last_at").cum_max().shift(1).over("group")
    begins_within = pl.col("first_at") <= seen_until
    # A run of sources that each begin before the earlier ones have ended.
    clusters = ordered.with_columns(cluster=(~begins_within.fill_null(False)).cum_sum())
    crowded = clusters.filter(pl.len().over("cluster") > 1)
    return crowded.select("source_id", "cluster")


def streams_are_known(sources: pl.DataFrame) -> bool:
    """Return whether each source with events names its stream: only then are streams looked at one by one."""
    return bool(sources.filter(pl.col("first_at").is_not_null())["has_stream"].all())


_NO_REPEATS = pl.DataFrame(schema={"source_id": pl.String, "line": pl.Int64, "request_id": pl.String})


def _whole_clusters(overlapping: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the sources some clusters at a time: no event of one is in another."""
    ordered = overlapping.sort("cluster", "source_id")
    last = ordered["cluster"].rle_id()
    begin = 0
    while begin < ordered.height:
        wanted = min(begin + SOURCES_AT_ONCE, ordered.height)
        end = int(last.search_sorted(last[wanted - 1], side="right"))
        yield ordered[begin:end]
        begin = end


def _repeats(
    scan: Scan, overlapping: pl.DataFrame, sources: pl.DataFrame, ranks: pl.DataFrame
) -> pl.DataFrame:
    """Return ``source_id, line, request_id`` of events that a source of lower rank has already."""
    chosen = (
        scan(overlapping)["events"]
        .join(overlapping.lazy(), on="source_id")
        .join(ranks.lazy(), on="source_id")
        .join(sources.lazy().select("source_id", "stream"), on="source_id")
        .select(
            "source_id",
            "line",
            "request_id",
            "rank",
            "at",
            "fingerprint",
            "cluster",
            pl.coalesce("request_id", "stream").alias("identity"),
        )
    )
    key = ["cluster", "identity", "at", "fingerprint"]
    shared = chosen.group_by(key).agg(pl.col("rank").n_unique().alias("owners")).filter(pl.col("owners") > 1)
    candidates = chosen.join(shared.select(key), on=key, how="semi", nulls_equal=True).collect()
    ordered = candidates.sort(*key, "rank", "line")
    ordered = ordered.with_columns(occurrence=pl.int_range(pl.len()).over(*key, "rank"))
    first = pl.col("rank") == pl.col("rank").min().over(*key, "occurrence")
    return ordered.filter(~first).select(_NO_REPEATS.columns)


def _shared_requests(sources: pl.DataFrame, scan: Scan) -> pl.DataFrame:
    """Return the requests that stand in several sources, or in several batches."""
    hashes = pl.concat(
        scan(some)["invocations"].select(pl.col("request_id").hash().alias("hash")).collect()
        for some in some_at_once(sources)
    )["hash"]
    # Few hashes are there twice, and only of those are the ids held.
    ordered = hashes.sort()
    twice = ordered.filter(ordered == ordered.shift(1)).unique()
    if twice.is_empty():
        return _NO_REPEATS.select("request_id")
    found = pl.concat(
        scan(some)["invocations"]
        .select("request_id")
        .filter(pl.col("request_id").hash().is_in(twice.implode()))
        .collect()
        for some in some_at_once(sources)
    )
    parts = found.group_by("request_id").agg(pl.len().alias("parts"))
    return parts.filter(pl.col("parts") > 1).select("request_id")


def sources_of_requests(sources: pl.DataFrame, scan: Scan, requests: pl.DataFrame) -> pl.DataFrame:
    """Return those of `sources` that have a part of one of the `requests` (``request_id``)."""
    holders = pl.concat(
        scan(some)["invocations"]
        .select("request_id", "source_id")
        .join(requests.lazy(), on="request_id", how="semi")
        .select("source_id")
        .unique()
        .collect()
        for some in some_at_once(sources)
    )
    return sources.join(holders, on="source_id", how="semi", maintain_order="left")


def _follow_again(
    tables: Mapping[str, pl.LazyFrame], requests: pl.DataFrame, repeats: pl.DataFrame, ranks: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    numbered = requests.lazy().with_row_index("part")

    def of_requests(table: str) -> pl.LazyFrame:
        return tables[table].drop("part", strict=False).join(numbered, on="request_id")

    place = ["source_id", "line"]
    steps = (
        of_requests("events")
        .filter(is_step())
        .join(repeats.lazy().select(place), on=place, how="anti")
        .join(of_requests("messages").select(*place, "message_id"), on=place, how="left")
        .join(of_requests("transactions").select(*place, "transaction_id"), on=place, how="left")
        .join(ranks.lazy().rename({"rank": "source"}), on="source_id")
    )
    messages, transactions = follow_messages(steps.select(STEP_COLUMNS).collect())
    return _named(messages, ranks), _named(transactions, ranks)


def _merge_again(invocations: pl.LazyFrame, requests: pl.DataFrame, ranks: pl.DataFrame) -> pl.DataFrame:
    # A part of a request is numbered within its batch; here a request is one.
    rows = invocations.drop("part").join(requests.lazy().with_row_index("part"), on="request_id")
    ranked = rows.join(ranks.lazy().rename({"rank": "source"}), on="source_id").drop("source_id")
    merged = merge_invocations(ranked.collect())
    request_ids = requests["request_id"].gather(merged["part"])
    return _named(merged.with_columns(request_ids).drop("part"), ranks)


def _named(rows: pl.DataFrame, ranks: pl.DataFrame) -> pl.DataFrame:
    return rows.join(ranks.rename({"rank": "source"}), on="source", maintain_order="left").drop("source")
