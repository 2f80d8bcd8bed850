"""Invocations of the function, out of the lines that the platform writes about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.kinds import CODES, ClassifiedEvents
from balance_sync.logs.rows import at_rows, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Milliseconds = pl.Decimal(18, 2)

STATUSES = ("unseen", "unfinished", "ok", "error", "timeout")
"""From what says least to what says most: of a request that is told of several times, the last counts."""

_FIGURES: tuple[tuple[str, str, str, pl.DataType | type[pl.DataType]], ...] = (
    ("duration_ms", "Duration: ", " ms", Milliseconds),
    ("billed_ms", "Billed Duration: ", " ms", pl.Int64),
    ("memory_mb", "Memory Size: ", " MB", pl.Int64),
    ("max_memory_mb", "Max Memory Used: ", " MB", pl.Int64),
    ("init_ms", "Init Duration: ", " ms", Milliseconds),
)
_NUMBER = r"^[0-9]{1,15}(?:\.[0-9]{1,15})?$"
_STATUS = r"\tStatus: (\w+)"
_TOLD_KINDS = ("start", "report", "timeout", "crash")


def read_invocations(classified: ClassifiedEvents, part: NDArray[np.int64]) -> pl.DataFrame:
    """Read what the events of one batch say of invocations.

    Parameters
    ----------
    part
        For each event the part of a request that it belongs to; -1 for none.

    Returns
    -------
    DataFrame
        A row for each ``START``, ``REPORT``, timeout or crash line, and one of status ``unseen`` for
        the first event of each part that has none of them, to be merged by `merge_invocations`: ``part,
        started_at, duration_ms, billed_ms, memory_mb, max_memory_mb, init_ms, status, source, line``.
    """
    events = classified.events
    codes = [CODES[name] for name in _TOLD_KINDS]
    is_told = np.isin(classified.kind, codes) & (part >= 0)
    told = np.flatnonzero(is_told)
    seen = np.zeros(len(part) + 1, dtype=np.bool_)
    seen[part[told]] = True
    unseen = np.flatnonzero((part >= 0) & ~seen[part])
    unseen = unseen[np.unique(part[unseen], return_index=True)[1]]
    rows = np.concatenate([told, unseen])
    places = pl.DataFrame(
        {
            "part": pl.Series(part[rows], dtype=pl.UInt32),
            "source": pl.Series(events.piece[rows], dtype=pl.UInt32),
            "line": pl.Series(events.line[rows], dtype=pl.Int64),
        }
    )
    facts = pl.concat([_told(classified, told), pl.DataFrame({"status": ["unseen"] * len(unseen)})], how="diagonal")
    return pl.concat([facts, places], how="horizontal")


def _told(classified: ClassifiedEvents, told: NDArray[np.int64]) -> pl.DataFrame:
    events = classified.events
    kind = classified.kind[told]
    is_start = pl.Series(kind == CODES["start"])
    reports = np.flatnonzero(kind == CODES["report"])
    figures = _figures(events.octets.strings(events.start[told[reports]], events.end[told[reports]]))
    ends = {"start": "unfinished", "report": "ok", "timeout": "timeout", "crash": "error"}
    by_code = np.zeros(len(CODES), dtype=np.uint8)
    for name, status in ends.items():
        by_code[CODES[name]] = STATUSES.index(status)
    status = by_code[kind]
    status[reports] = figures["status"].to_numpy()
    return pl.DataFrame({"at": events.times().gather(told)}).select(
        pl.when(is_start).then(pl.col("at")).alias("started_at"),
        *[at_rows(figures[name], rows_of(reports, len(told))) for name, *_ in _FIGURES],
        pl.Series("status", status).cat.to(pl.Enum(STATUSES)).cast(pl.String),
    )


def _figures(reports: pl.Series) -> pl.DataFrame:
    """Read the figures of ``REPORT`` lines, and their status as its position in `STATUSES`."""
    fields = reports.str.split_exact("\t", len(_FIGURES) + 1).struct.unnest()
    named = [
        _figure(pl.col(f"field_{place}"), prefix, unit, dtype).alias(name)
        for place, (name, prefix, unit, dtype) in enumerate(_FIGURES, start=1)
    ]
    said = reports.str.contains("\tStatus: ", literal=True)
    status = pl.Series("status", [STATUSES.index("ok")], dtype=pl.UInt8).new_from_index(0, len(reports))
    if said.any():
        words = pl.select(pl.when(said).then(pl.lit(reports)).str.extract(_STATUS)).to_series()
        known = {"timeout": STATUSES.index("timeout"), **dict.fromkeys(("error", "failure"), STATUSES.index("error"))}
        status = words.replace_strict(known, default=STATUSES.index("ok"), return_dtype=pl.UInt8)
    return fields.select(*named, status.alias("status"))


def _figure(field: pl.Expr, prefix: str, unit: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    number = field.str.strip_prefix(prefix).str.strip_suffix(unit)
    plain = field.str.starts_with(prefix) & field.str.ends_with(unit) & number.str.contains(_NUMBER)
    # What no figure of the platform can be is none.
    return pl.when(plain).then(number).cast(dtype, strict=False)


def merge_invocations(rows: pl.DataFrame) -> pl.DataFrame:
    """Make one row of all that is told of a part of a request, or of a whole one.

    Parameters
    ----------
    rows
        As `read_invocations` gives them; ``part`` is a number, whatever it stands for.

    Returns
    -------
    DataFrame
        One row a part, in their order; of a figure told several times the largest. ``status`` is the last of
        `STATUSES` that is told: ``unfinished`` where nothing tells of an end, ``unseen`` where not even a start
        is told. ``source`` and ``line`` are those of the first line in the order (start, source, line).
        Merging what was merged in parts gives the same.
    """
    figures = [name for name, *_ in _FIGURES]
    return (
        rows.with_columns(pl.col("status").cast(pl.Enum(STATUSES)))
        .sort("part", pl.col("status") == "unseen", "started_at", "source", "line", nulls_last=True)
        .group_by("part", maintain_order=True)
        .agg(
            pl.col("started_at").min(),
            pl.col(figures).max(),
            pl.col("status").to_physical().max(),
            pl.col("source", "line").first(),
        )
        .with_columns(pl.col("status").cat.to(pl.Enum(STATUSES)).cast(pl.String))
    )
