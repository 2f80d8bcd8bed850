"""What one batch cannot know: events that other sources repeat, and requests that other batches share.

Exports may overlap and large files are cut, so an event may come from two sources and a request may
stand in two sources or batches. Events are compared by request (or stream), time and fingerprint: an event is
counted once across sources, and as often as it stands there within one. Only requests that are touched
by this are followed again; in most archives there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def resolve(
    sources: pl.DataFrame,
    tables: Mapping[str, pl.LazyFrame],
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
    tables
        ``events, messages, transactions, invocations`` of the run's batches, with ``source_id`` and
        (``invocations``) ``batch``.
    overlapping
        What `overlapping_sources` says of all sources, where `sources` are some of them: whether streams are
        looked at one by one depends on all.
    among
        ``request_id`` of the requests that may be followed again; `None` for all.
    """
    ranks = sources.select("source_id", rank=pl.int_range(pl.len(), dtype=pl.UInt32))
    if overlapping is None:
        overlapping = overlapping_sources(sources)
    repeats = _repeats(tables["events"], overlapping, sources, ranks)
    affected = pl.concat([_shared_requests(tables["invocations"]), repeats.select("request_id")])
    if among is not None:
        affected = affected.join(among, on="request_id", how="semi")
    requests = affected.drop_nulls().unique().sort("request_id")
    messages, transactions = _follow_again(tables, requests, repeats, ranks)
    return Resolution(
        repeats=repeats.select("source_id", "line"),
        requests=requests,
        messages=messages,
        invocations=_merge_again(tables["invocations"], requests, ranks),
        transactions=transactions,
    )


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


def _repeats(
    events: pl.LazyFrame, overlapping: pl.DataFrame, sources: pl.DataFrame, ranks: pl.DataFrame
) -> pl.DataFrame:
    """Return ``source_id, line, request_id`` of events that a source of lower rank has already."""
    schema = {"source_id": pl.String, "line": pl.Int64, "request_id": pl.String}
    if overlapping.is_empty():
        return pl.DataFrame(schema=schema)
    chosen = (
        events.join(overlapping.lazy(), on="source_id")
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
    return ordered.filter(~first).select(schema.keys())


def _shared_requests(invocations: pl.LazyFrame) -> pl.DataFrame:
    """Return the requests that stand in several sources, or in several batches."""
    parts = invocations.group_by("request_id").agg(pl.len().alias("parts"))
    return parts.filter(pl.col("parts") > 1).select("request_id").collect()


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
