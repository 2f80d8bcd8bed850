"""Corrects the tables of a batch that was parsed before its sources were judged.

What comes of it are the tables that the batch would have given if the judgement had been known.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from balance_sync.logs.invocations import merge_invocations
from balance_sync.logs.kinds import Kind, OutcomeName
from balance_sync.logs.messages import STEP_COLUMNS, follow_messages, is_step

_PLACE = ["source_id", "line"]


def judged_tables(
    tables: Mapping[str, pl.DataFrame], suspects: pl.DataFrame, owned: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Return the tables of a batch without what is suspect in it, and with its errors where they belong.

    Parameters
    ----------
    tables
        Those of `balance_sync.logs.tables.BatchTables`, ``platform_lines`` of its evidence, and ``sources``;
        with ``source_id`` in place of ``source`` but for ``events`` and ``platform_lines``.
    suspects
        As `balance_sync.logs.suspects.Suspects` has them.
    owned
        ``event`` and ``request_id`` of each error that names no request and ends one.
    """
    ids = tables["sources"].select("source_id").with_row_index("source")
    events = tables["events"].join(ids, on="source", how="left", maintain_order="left")
    events, invocations = _with_owners(events, tables["invocations"], owned)
    named = _named(events, invocations, suspects).select(tables["suspects"].columns)
    believed = {
        name: tables[name].join(named, on=_PLACE, how="anti", maintain_order="left")
        for name in ("transactions", "sync_errors", "messages", "rejects")
    }
    events = _marked(events, suspects)
    judged = pl.concat([suspects["event"], owned["event"]])
    touched = events[judged].select("part").drop_nulls().unique()
    requests = invocations.join(touched, on="part", how="semi").select("part", "request_id")
    said = {"said": invocations, "repeated": tables["platform_lines"]}
    again = _merged_again(events, requests, ids, **said).select(invocations.columns)
    return {
        **believed,
        **_followed_again(events, requests, believed, ids),
        "events": events.drop("source_id"),
        "invocations": pl.concat([invocations.join(requests, on="part", how="anti"), again]).sort("part"),
        "suspects": pl.concat([tables["suspects"], named]).sort(_PLACE),
        **{name: tables[name] for name in ("dropped_logs", "sources")},
    }


def _with_owners(
    events: pl.DataFrame, invocations: pl.DataFrame, owned: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `events`, those `owned` given to their requests, and `invocations` with all of these."""
    if owned.is_empty():
        return events, invocations
    key = ["source_id", "request_id"]
    errors = owned.hstack(events[owned["event"]].select("source_id", "line"))
    new = errors.join(invocations, on=key, how="anti").group_by(key, maintain_order=True)
    # Their START may be in another batch, and nothing else of them in this one.
    rows = new.agg(pl.col("line").min()).with_row_index("part", offset=invocations.height)
    rows = rows.with_columns(status=pl.lit("unseen"))
    invocations = pl.concat([invocations, rows], how="diagonal")
    # Two pieces of the source in this batch have a part of it each: it is one request all the same.
    parts = invocations.unique(key, keep="first", maintain_order=True).select(*key, owner="part")
    owner = errors.join(parts, on=key).select("event", "owner")
    events = (
        events.with_row_index("event")
        .join(owner, on="event", how="left", maintain_order="left")
        .with_columns(
            part=pl.coalesce("owner", "part"),
            outcome=pl.when(pl.col("owner").is_not_null())
            .then(pl.lit("failed", dtype=OutcomeName))
            .otherwise("outcome"),
        )
    )
    return events.drop("event", "owner"), invocations


def _named(events: pl.DataFrame, invocations: pl.DataFrame, suspects: pl.DataFrame) -> pl.DataFrame:
    """Return `suspects` as rows of their table."""
    rows = events[suspects["event"]].select("source_id", "line", "part", logged_at="at")
    request_ids = invocations.select("part", "request_id")
    placed = rows.join(request_ids, on="part", how="left", maintain_order="left").drop("part")
    return suspects.drop("event").hstack(placed)


def _marked(events: pl.DataFrame, suspects: pl.DataFrame) -> pl.DataFrame:
    is_suspect = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(suspects["event"].implode())
    return events.with_columns(
        kind=pl.when(is_suspect).then(pl.lit("suspect", dtype=Kind)).otherwise("kind"),
        outcome=pl.when(~is_suspect).then("outcome"),
    )


def _followed_again(
    events: pl.DataFrame, requests: pl.DataFrame, believed: Mapping[str, pl.DataFrame], ids: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Return messages and transactions, those of some `requests` (``part, request_id``) followed anew."""
    transactions, messages = believed["transactions"], believed["messages"]
    steps = (
        events.filter(is_step())
        .join(requests, on="part")
        .join(messages.select(*_PLACE, "message_id"), on=_PLACE, how="left")
        .join(transactions.select(*_PLACE, "transaction_id"), on=_PLACE, how="left")
    )
    followed, synced = (found.join(ids, on="source") for found in follow_messages(steps.select(STEP_COLUMNS)))
    synced = transactions.drop("message_id", "outcome").join(synced, on=_PLACE)
    return {
        name: pl.concat([rows.join(again, on=_PLACE, how="anti"), again.select(rows.columns)]).sort(_PLACE)
        for name, rows, again in (("messages", messages, followed), ("transactions", transactions, synced))
    }


def _merged_again(
    events: pl.DataFrame,
    requests: pl.DataFrame,
    ids: pl.DataFrame,
    *,
    said: pl.DataFrame,
    repeated: pl.DataFrame,
) -> pl.DataFrame:
    """Return the invocations of some `requests` as the lines of the platform that are left tell of them."""
    named = events.join(requests, on="part", how="semi")
    lines = _told(named, said.drop("line", "source_id", "request_id"), repeated)
    unseen = named.group_by("part").agg(
        pl.col("source", "line").sort_by("line").first(), status=pl.lit("unseen")
    )
    merged = merge_invocations(pl.concat([lines, unseen], how="diagonal"))
    return merged.join(requests, on="part").join(ids, on="source").drop("source")


def _told(events: pl.DataFrame, said: pl.DataFrame, repeated: pl.DataFrame) -> pl.DataFrame:
    """Return what each line of the platform among `events` says for itself, of those that are believed."""
    place = ["source", "line"]
    kept = repeated.join(events.filter(pl.col("kind") != "suspect").select(place), on=place, how="semi")
    single = events.join(repeated, on="part", how="anti").select("part", "kind", "at", *place)
    starts = single.filter(pl.col("kind") == "start").select(
        "part", *place, started_at="at", status=pl.lit("unfinished")
    )
    # Of these the row is that of the REPORT, but for the time of the START.
    reports = single.filter(pl.col("kind") == "report").join(said, on="part").drop("kind", "at")
    errors = events.filter(pl.col("kind") == "unknown_error").select("part", *place, status=pl.lit("error"))
    told = [kept, starts, reports.with_columns(started_at=None), errors]
    return pl.concat(told, how="diagonal_relaxed")
