"""Invocations of the function, out of the lines that the platform writes about them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from balance_sync.logs.decoding import decoded

_REPORT = (
    r"^[^\t]*"
    r"\tDuration: (?P<duration_ms>[0-9]+(?:\.[0-9]+)?) ms"
    r"\tBilled Duration: (?P<billed_ms>[0-9]+) ms"
    r"\tMemory Size: (?P<memory_mb>[0-9]+) MB"
    r"\tMax Memory Used: (?P<max_memory_mb>[0-9]+) MB"
    r"(?:\tInit Duration: (?P<init_ms>[0-9]+(?:\.[0-9]+)?) ms)?"
)
_STATUS = r"\tStatus: (\w+)"

Milliseconds = pl.Decimal(18, 2)


def read_invocations(events: pl.DataFrame) -> pl.DataFrame:
    """Read what classified `events` (of one batch) say of invocations.

    Returns
    -------
    DataFrame
        A row for each ``START``, ``REPORT``, timeout or crash line, and one of status ``unseen`` for
        the first event of each request in a source that tells none of them, to be merged by
        `merge_invocations`: ``request_id, started_at, duration_ms, billed_ms, memory_mb,
        max_memory_mb, init_ms, status, event`` (``event`` is the row of `events`).
    """
    requests = events.with_row_index("event").filter(pl.col("request_id").is_not_null())
    told = requests.filter(pl.col("kind").is_in(["start", "report", "timeout", "crash"]))
    part = ["request_id", "source"]
    unseen = requests.join(told.select(part).unique(), on=part, how="anti")
    return pl.concat([_told(told), _unseen(unseen)], how="diagonal")


def _unseen(requests: pl.DataFrame) -> pl.DataFrame:
    parts = requests.group_by("request_id", "source", maintain_order=True)
    return parts.agg(pl.lit("unseen").alias("status"), pl.col("event").first()).drop("source")


def _told(told: pl.DataFrame) -> pl.DataFrame:
    text = decoded(pl.col("text"))
    figures = text.str.extract_groups(_REPORT)
    kind = pl.col("kind").cast(pl.String)
    ended = {"timeout": "timeout", "crash": "error", "report": "ok"}
    status = text.str.extract(_STATUS).fill_null(kind.replace_strict(ended, default=None))
    return (
        told.with_columns(figures.alias("figures"), status.alias("status"))
        .unnest("figures")
        .select(
            "request_id",
            pl.when(kind == "start").then(pl.col("at")).alias("started_at"),
            # What no figure of the platform can be is none.
            pl.col("duration_ms").cast(Milliseconds, strict=False),
            pl.col("billed_ms", "memory_mb", "max_memory_mb").cast(pl.Int64, strict=False),
            pl.col("init_ms").cast(Milliseconds, strict=False),
            pl.when(kind != "start").then(pl.col("status")).alias("status"),
            "event",
        )
    )


def merge_invocations(rows: pl.DataFrame, *, by: Sequence[str] = ("request_id",)) -> pl.DataFrame:
    """Make one row of all that is told of a request, or (`by`) of its part in each source.

    Parameters
    ----------
    rows
        As `read_invocations` gives them, with ``source`` and ``line`` in place of ``event``.

    Returns
    -------
    DataFrame
        One row a request, ordered by its id; of a figure told several times the largest. ``status`` is
        ``timeout`` or ``error`` where any line says so, ``unfinished`` where nothing tells of an end,
        ``unseen`` where not even its start is told; ``source`` and ``line`` are those of the first line
        in the order (start, source, line). Merging what was merged in parts gives the same.
    """
    figures = ("duration_ms", "billed_ms", "memory_mb", "max_memory_mb", "init_ms")
    status = pl.col("status")
    # In the alphabet "timeout" comes after "error": it is the more telling of the two.
    worst = status.filter(status.is_in(["error", "timeout"])).sort().last()
    plain = status.filter(status == "ok").first()
    begun = pl.when(pl.col("started_at").is_not_null().any() | (status == "unfinished").any())
    return (
        rows.sort(*by, status.eq_missing("unseen"), "started_at", "source", "line", nulls_last=True)
        .group_by(*by, maintain_order=True)
        .agg(
            pl.col("started_at").min(),
            *[pl.col(name).max() for name in figures],
            worst.fill_null(plain).fill_null(begun.then(pl.lit("unfinished")).otherwise(pl.lit("unseen"))),
            *[pl.col(name).first() for name in ("source", "line") if name not in by],
        )
    )
