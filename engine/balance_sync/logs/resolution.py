"""What one batch cannot know: events that other sources repeat, and requests that other batches share.

Exports may overlap and large files are cut, so an event may come from two sources and a request may
stand in two sources or batches. Events are compared by request (or stream), time and fingerprint: an event is
counted once across sources, and as often as it stands there within one. Only requests that are touched
by this are followed again; in most archives there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

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


class Tables(Protocol):
    """Give of some sources ``events, messages, transactions, invocations``, with ``source_id``."""

    def scan(self, source_ids: pl.DataFrame, /) -> Mapping[str, pl.LazyFrame]:
        """Give all of them."""

    def scan_some(self, source_ids: pl.DataFrame, /) -> Iterator[Mapping[str, pl.LazyFrame]]:
        """Give them a few batches at a time, all tables of a batch together."""


_SOURCES_AT_ONCE = 20_000
"""How many sources are compared at a time: all events of a long archive are too many to hold."""


def resolve(
    sources: pl.DataFrame,
    tables: Tables,
    *,
    overlapping: pl.DataFrame | None = None,
    among: pl.DataFrame | None = None,
) -> Resolution:
    """Compare sources with each other.

    Parameters
    ----------
    sources
        Of the run: ``source_id, stream`` (its name, or a number for it), ``has_stream, first_at, last_at``,
        in the order in which an event belongs to the first that has it.
    tables
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
        [_NO_REPEATS, *(_repeats(tables, some, sources, ranks) for some in _whole_clusters(overlapping))]
    )
    affected = pl.concat([_shared_requests(sources, tables), repeats.select("request_id")])
    if among is not None:
        affected = affected.join(among, on="request_id", how="semi")
    requests = affected.drop_nulls().unique().sort("request_id")
    steps, invocations = _rows_of(requests, sources, tables, repeats)
    messages, transactions = _follow_again(steps, ranks)
    return Resolution(
        repeats=repeats.select("source_id", "line"),
        requests=requests,
        messages=messages,
        invocations=_merge_again(invocations, requests, ranks),
        transactions=transactions,
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


_NO_REPEATS = pl.DataFrame(schema={"source_id": pl.String, "line": pl.Int64, "request_id": pl.String})


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


def _repeats(
    tables: Tables, overlapping: pl.DataFrame, sources: pl.DataFrame, ranks: pl.DataFrame
) -> pl.DataFrame:
    """Return ``source_id, line, request_id`` of events that a source of lower rank has already."""
    chosen = (
        tables.scan(overlapping)["events"]
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
            pl.coalesce("request_id", pl.col("stream").cast(pl.String)).alias("identity"),
        )
    )
    key = ["cluster", "identity", "at", "fingerprint"]
    shared = chosen.group_by(key).agg(pl.col("rank").n_unique().alias("owners")).filter(pl.col("owners") > 1)
    candidates = chosen.join(shared.select(key), on=key, how="semi", nulls_equal=True).collect()
    ordered = candidates.sort(*key, "rank", "line")
    ordered = ordered.with_columns(occurrence=pl.int_range(pl.len()).over(*key, "rank"))
    first = pl.col("rank") == pl.col("rank").min().over(*key, "occurrence")
    return ordered.filter(~first).select(_NO_REPEATS.columns)


def _shared_requests(sources: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Return the requests that stand in several sources, or in several batches."""
    hashes = pl.concat(
        some["invocations"].select(pl.col("request_id").hash().alias("hash")).collect()
        for some in tables.scan_some(sources)
    )["hash"]
    # Few hashes are there twice, and only of those are the ids held.
    ordered = hashes.sort()
    twice = ordered.filter(ordered == ordered.shift(1)).unique()
    if twice.is_empty():
        return _NO_REPEATS.select("request_id")
    found = pl.concat(
        some["invocations"]
        .select("request_id")
        .filter(pl.col("request_id").hash().is_in(twice.implode()))
        .collect()
        for some in tables.scan_some(sources)
    )
    parts = found.group_by("request_id").agg(pl.len().alias("parts"))
    return parts.filter(pl.col("parts") > 1).select("request_id")


def sources_of_requests(sources: pl.DataFrame, tables: Tables, requests: pl.DataFrame) -> pl.DataFrame:
    """Return those of `sources` that have a part of one of the `requests` (``request_id``)."""
    holders = pl.concat(
        some["invocations"]
        .select("request_id", "source_id")
        .join(requests.lazy(), on="request_id", how="semi")
        .select("source_id")
        .unique()
        .collect()
        for some in tables.scan_some(sources)
    )
    return sources.join(holders, on="source_id", how="semi", maintain_order="left")


def _rows_of(
    requests: pl.DataFrame, sources: pl.DataFrame, tables: Tables, repeats: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the steps of messages of some requests, each once, and the rows of their invocations.

    A part of a request is numbered within its batch; here, ``part`` is the place of the request.
    """
    numbered = requests.lazy().with_row_index("part")
    holders = sources.head(1) if requests.is_empty() else sources_of_requests(sources, tables, requests)
    steps, invocations = [], []
    # Where there is nothing to follow again that is nothing of what is looked at first.
    for each in islice(tables.scan_some(holders), 1 if requests.is_empty() else None):
        found = {
            name: rows.drop("part", strict=False).join(numbered, on="request_id")
            for name, rows in each.items()
        }
        steps.append(_steps(found, repeats).collect())
        invocations.append(found["invocations"].collect())
    return pl.concat(steps), pl.concat(invocations)


def _steps(tables: Mapping[str, pl.LazyFrame], repeats: pl.DataFrame) -> pl.LazyFrame:
    place = ["source_id", "line"]
    return (
        tables["events"]
        .filter(is_step())
        .join(repeats.lazy().select(place), on=place, how="anti")
        .join(tables["messages"].select(*place, "message_id"), on=place, how="left")
        .join(tables["transactions"].select(*place, "transaction_id"), on=place, how="left")
    )


def _follow_again(steps: pl.DataFrame, ranks: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    ranked = steps.join(ranks.rename({"rank": "source"}), on="source_id")
    messages, transactions = follow_messages(ranked.select(STEP_COLUMNS))
    return _named(messages, ranks), _named(transactions, ranks)


def _merge_again(invocations: pl.DataFrame, requests: pl.DataFrame, ranks: pl.DataFrame) -> pl.DataFrame:
    ranked = invocations.join(ranks.rename({"rank": "source"}), on="source_id").drop(
        "source_id", "request_id"
    )
    merged = merge_invocations(ranked)
    request_ids = requests["request_id"].gather(merged["part"])
    return _named(merged.with_columns(request_ids).drop("part"), ranks)


def _named(rows: pl.DataFrame, ranks: pl.DataFrame) -> pl.DataFrame:
    return rows.join(ranks.rename({"rank": "source"}), on="source", maintain_order="left").drop("source")
