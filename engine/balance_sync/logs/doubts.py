"""Lines that their own source alone speaks against, and errors that nobody in it owns.

A source is judged by what it says itself, for others of its log stream may come later, or never. Where there
are some, they may tell of the very request: then a line of it is one of it, and an error may be its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from balance_sync.logs.judged_tables import judged_tables
from balance_sync.logs.judgement import MEANS_SOMETHING, judge_again
from balance_sync.logs.kinds import CODES, KINDS, Kind
from balance_sync.logs.lines import NEVER, Lines, Origins
from balance_sync.vocabulary import SuspectReason

_REASONS = [SuspectReason.INSIDE_ANOTHER.value, SuspectReason.BETWEEN_INVOCATIONS.value]
"""What is found where a source says nothing of the request."""

_APPLICATION_KINDS = [name for name, means in zip(KINDS, MEANS_SOMETHING, strict=True) if means]
_PLACE = ["source_id", "line"]


def has_doubts(suspects: pl.DataFrame, events: pl.DataFrame) -> bool:
    """Return whether other sources could tell more of something in the judged tables of a batch."""
    # Asked of every batch, and a query of Polars would be planned each time.
    unknown = np.flatnonzero(events["kind"].to_physical().to_numpy() == CODES["unknown_error"])
    if len(unknown) and events["part"][unknown].has_nulls():
        return True
    return not suspects.is_empty() and bool(_are_doubted(suspects).any())


def _are_doubted(suspects: pl.DataFrame) -> pl.Series:
    return suspects["reason"].is_in(_REASONS) & suspects["kind"].is_in(_APPLICATION_KINDS)


def doubted_events(said: Mapping[str, pl.DataFrame], judged: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the events of a batch of which other sources could tell more.

    Parameters
    ----------
    said
        The tables of the batch before it was judged: ``events, invocations, sources``.
    judged
        After that: ``events, suspects``.

    Returns
    -------
    DataFrame
        ``event`` UInt32, ``source_id, line, at, kind``, and ``request_id``, null where an error names none.
    """
    doubted = judged["suspects"].filter(_are_doubted(judged["suspects"]))
    ids = said["sources"].select("source_id").with_row_index("source")
    return (
        said["events"]
        .with_row_index("event")
        .with_columns(owner=judged["events"]["part"])
        .join(ids, on="source", how="left", maintain_order="left")
        .join(doubted.select(*_PLACE, is_doubted=True), on=_PLACE, how="left", maintain_order="left")
        .filter(pl.col("is_doubted") | (_is_unknown_error() & pl.col("owner").is_null()))
        .join(said["invocations"].select("part", "request_id"), on="part", how="left", maintain_order="left")
        .select("event", *_PLACE, "at", "kind", "request_id")
    )


def settled(doubted: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Return what the sources of a log stream settle together.

    Parameters
    ----------
    doubted
        As `doubted_events` gives them, with the ``stream`` of each.
    told
        ``stream, at, kind, request_id`` of the lines of the platform (`PLATFORM_KINDS`) in these streams.

    Returns
    -------
    DataFrame
        Those of `doubted` that are what they say, and the errors that are of one request, with its
        ``request_id``.
    """
    columns = ("stream", "at", "kind", "request_id")
    rows = pl.concat([told.select(columns), doubted.select(columns)])
    requests = rows.select("stream", "request_id").drop_nulls().unique(maintain_order=True)
    lines, origins = _numbered(rows, requests)
    judged = judge_again(lines, origins)
    place = pl.int_range(told.height, rows.height)
    still = pl.Series("row", judged.found.row)
    owners = pl.DataFrame(
        {"row": judged.owned.row, "owner": requests["request_id"].gather(judged.owned.part)},
        schema_overrides={"row": pl.Int64},
    )
    return (
        doubted.with_columns(row=place)
        .join(owners, on="row", how="left", maintain_order="left")
        .filter(
            pl.col("owner").is_not_null() | (~_is_unknown_error() & ~pl.col("row").is_in(still.implode()))
        )
        .with_columns(pl.coalesce("owner", "request_id").alias("request_id"))
        .drop("row", "owner")
    )


def _numbered(rows: pl.DataFrame, requests: pl.DataFrame) -> tuple[Lines, Origins]:
    streams = rows.select("stream").unique(maintain_order=True).with_row_index("number")
    parts = requests.with_row_index("part").join(streams, on="stream", maintain_order="left")
    numbered = rows.join(streams, on="stream", how="left", maintain_order="left").join(
        parts.select("stream", "request_id", "part"),
        on=["stream", "request_id"],
        how="left",
        maintain_order="left",
    )
    lines = Lines(
        source=numbered["number"].cast(pl.Int64).to_numpy(),
        line=np.arange(rows.height),
        at=rows["at"].to_physical().fill_null(NEVER).to_numpy(),
        kind=rows["kind"].to_physical().to_numpy(),
        part=numbered["part"].cast(pl.Int64).fill_null(-1).to_numpy(),
        apart=np.zeros(rows.height, dtype=np.int64),
    )
    origins = Origins(
        limit=np.full(streams.height, -NEVER),
        is_one_stream=np.ones(streams.height, dtype=np.bool_),
        of_part=parts["number"].cast(pl.Int64).to_numpy(),
    )
    return lines, origins


def _is_unknown_error() -> pl.Expr:
    return pl.col("kind") == pl.lit("unknown_error", dtype=Kind)


def settled_tables(
    said: Mapping[str, pl.DataFrame], judged: Mapping[str, pl.DataFrame], settled: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Return the tables of a batch as they are with what is `settled` in it.

    Parameters
    ----------
    said, judged
        All of its tables before and after it was judged.
    """
    at = said["events"].select("source", "line").with_row_index("event")
    ids = said["sources"].select("source_id").with_row_index("source")
    place = at.join(ids, on="source").select("event", *_PLACE)
    judgement = judged["suspects"].join(said["suspects"], on=_PLACE, how="anti").join(place, on=_PLACE)
    suspects = judgement.join(settled, on="event", how="anti").sort("event")
    owner = judged["invocations"].select("part", "request_id")
    is_given = _is_unknown_error() & pl.col("part").is_not_null()
    given = judged["events"].with_row_index("event").filter(is_given).join(owner, on="part")
    errors = settled.filter(_is_unknown_error())
    owned = pl.concat([frame.select("event", "request_id") for frame in (given, errors)]).sort("event")
    columns = ("event", "kind", "reason", "said_at", "began_at", "ended_at")
    return judged_tables(said, suspects.select(columns), owned)
