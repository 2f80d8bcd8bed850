"""What one batch cannot know: events that other sources repeat, and requests that other batches share.

Exports may overlap and large files are cut, so an event may come from two sources and a request may
stand in two sources or batches. Only requests that are touched by this are followed again; in most archives
there is none. A source of which every event is repeated is left out as a whole, and touches none; nor does
what a source has of one request, if all of it is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import polars as pl

from balance_sync.logs.invocations import merge_invocations
from balance_sync.logs.messages import STEP_COLUMNS, follow_messages, is_step
from balance_sync.logs.repeats import (
    Repeats,
    Tables,
    find_repeats,
    overlapping_sources,
    without_repeats,
)

_REQUESTS_AT_ONCE = 50_000
"""Requests that are followed again at a time: the steps of all are too many to hold."""


class Followed(NamedTuple):
    """What some requests are, with what all sources and batches have of them.

    Attributes
    ----------
    messages, invocations
        The rows that replace the batches' own, as in the schema.
    transactions
        ``source_id, line, message_id, outcome`` of their transactions.
    """

    messages: pl.DataFrame
    transactions: pl.DataFrame
    invocations: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Resolution:
    """What takes the place of the batches' own rows.

    Attributes
    ----------
    repeats
        What earlier sources have already.
    requests
        ``request_id`` of the requests whose rows in ``messages`` and ``invocations`` are replaced.
    ranks
        ``source_id, rank`` of all sources.
    sources
        Those of them that have something new.
    compared_sources
        How many were compared with others, event by event.
    tables
        Of the run's batches.
    """

    repeats: Repeats
    requests: pl.DataFrame
    ranks: pl.DataFrame
    sources: pl.DataFrame
    compared_sources: int
    tables: Tables

    def follow_again(self) -> Iterator[Followed]:
        """Follow the requests, some at a time: what becomes of all may be too much to hold."""
        for some, holders in _requests_in_slices(self.requests, self.sources, self.tables):
            yield _followed(some, holders, self.tables, self.repeats.ranges, self.ranks)


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
        Of the run: ``source_id, stream`` (a number for it), ``has_stream, first_at, last_at, events``, in the
        order in which an event belongs to the first that has it.
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
    repeats = find_repeats(sources, overlapping, tables)
    sources = repeats.with_something_new(sources)
    affected = pl.concat([_shared_requests(sources, tables, repeats.ranges), repeats.requests])
    if among is not None:
        affected = affected.join(among, on="request_id", how="semi")
    requests = affected.drop_nulls().unique().sort("request_id")
    return Resolution(repeats, requests, ranks, sources, overlapping.height, tables)


_NO_REQUESTS = pl.DataFrame(schema={"request_id": pl.String})


def _shared_requests(sources: pl.DataFrame, tables: Tables, ranges: pl.DataFrame) -> pl.DataFrame:
    """Return the requests that stand in several sources, or in several batches, but for what is repeated."""

    def parts() -> Iterator[pl.LazyFrame]:
        for some in tables.scan_some(sources):
            yield without_repeats(some["invocations"].select("request_id", "source_id", "line"), ranges)

    hashed = pl.col("request_id").hash().alias("hash")
    hashes = pl.concat(some.select(hashed).collect() for some in parts())["hash"]
    # Few hashes are there twice, and only of those are the ids held.
    ordered = hashes.sort()
    twice = ordered.filter(ordered == ordered.shift(1)).unique()
    if twice.is_empty():
        return _NO_REQUESTS
    found = pl.concat(
        some.select("request_id").filter(pl.col("request_id").hash().is_in(twice.implode())).collect()
        for some in parts()
    )
    counts = found.group_by("request_id").agg(pl.len().alias("parts"))
    return counts.filter(pl.col("parts") > 1).select("request_id")


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


def _requests_in_slices(
    requests: pl.DataFrame, sources: pl.DataFrame, tables: Tables
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Yield `requests` some at a time, with those of `sources` that have a part of one of them."""
    if requests.is_empty():
        # Where there is nothing to follow again that is nothing of what is looked at first.
        yield requests, sources.head(1)
        return
    numbered = requests.lazy().with_row_index("request")
    places = sources.lazy().select("source_id", place=pl.int_range(pl.len(), dtype=pl.UInt32))
    parts = pl.concat(
        some["invocations"]
        .select("request_id", "source_id")
        .join(numbered, on="request_id")
        .join(places, on="source_id")
        .select("request", "place")
        .collect()
        for some in tables.scan_some(sources)
    )
    # Requests that begin in the same source follow each other, so that each slice has few sources.
    first = parts.group_by("request").agg(pl.col("place").min()).sort("place", "request")
    for some in first.iter_slices(_REQUESTS_AT_ONCE):
        holders = parts.join(some, on="request", how="semi")["place"].unique().sort()
        yield requests[some["request"]].sort("request_id"), sources[holders]


def _followed(
    requests: pl.DataFrame, holders: pl.DataFrame, tables: Tables, ranges: pl.DataFrame, ranks: pl.DataFrame
) -> Followed:
    steps, invocations = _rows_of(requests, holders, tables, ranges)
    return Followed(*_follow_again(steps, ranks), _merge_again(invocations, requests, ranks))


def _rows_of(
    requests: pl.DataFrame, holders: pl.DataFrame, tables: Tables, ranges: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the steps of messages of some requests, each once, and the rows of their invocations.

    A part of a request is numbered within its batch; here, ``part`` is the place of the request.
    """
    numbered = requests.lazy().with_row_index("part")
    own_repeats = ranges.join(holders, on="source_id", how="semi")
    steps, invocations = [], []
    for each in islice(tables.scan_some(holders), 1 if requests.is_empty() else None):
        found = {
            name: rows.drop("part", strict=False).join(numbered, on="request_id")
            for name, rows in each.items()
        }
        steps.append(_steps(found, own_repeats).collect())
        invocations.append(found["invocations"].collect())
    return pl.concat(steps), pl.concat(invocations)


def _steps(tables: Mapping[str, pl.LazyFrame], ranges: pl.DataFrame) -> pl.LazyFrame:
    place = ["source_id", "line"]
    return (
        without_repeats(tables["events"].filter(is_step()), ranges)
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
