"""Invocations of the function, out of the lines that the platform writes about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.kinds import CODES, ID_BYTES, ClassifiedEvents
from balance_sync.logs.rows import at_rows, rows_of
from balance_sync.logs.split import STAMP_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.octets import Octets

Milliseconds = pl.Decimal(18, 2)

STATUSES = ("unseen", "unfinished", "ok", "error", "timeout")
"""From what says least to what says most: of a request that is told of several times, the last counts."""

_FIGURES: tuple[tuple[str, bytes, bytes, pl.DataType | type[pl.DataType]], ...] = (
    ("duration_ms", b"Duration: ", b" ms", Milliseconds),
    ("billed_ms", b"Billed Duration: ", b" ms", pl.Int64),
    ("memory_mb", b"Memory Size: ", b" MB", pl.Int64),
    ("max_memory_mb", b"Max Memory Used: ", b" MB", pl.Int64),
    ("init_ms", b"Init Duration: ", b" ms", Milliseconds),
)
_FIGURES_AT = STAMP_BYTES + len(b"REPORT RequestId: ") + ID_BYTES
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
    figures = _figures(events.octets, events.start[told[reports]], events.end[told[reports]])
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


def _figures(octets: Octets, begin: NDArray[np.int64], end: NDArray[np.int64]) -> pl.DataFrame:
    """Read the figures of ``REPORT`` lines, and their status as its position in `STATUSES`.

    Figures stand one after the other, each behind its name; what follows one that is none is not read.
    """
    at = begin + _FIGURES_AT
    columns: list[pl.Series] = []
    stands = np.ones(len(begin), dtype=np.bool_)
    for name, label, unit, dtype in _FIGURES:
        stands &= octets.begins(at, b"\t" + label)
        number_at = at + 1 + len(label)
        number_end = number_at + octets.lengths_before(number_at, b" ")
        stands &= octets.begins(number_end, unit)
        # What no figure of the platform can be is none.
        said = octets.strings(number_at, np.where(stands, number_end, number_at))
        is_number = said.str.contains(_NUMBER).fill_null(False)
        stands &= is_number.to_numpy()
        said = said.zip_with(is_number, pl.Series([None], dtype=pl.String))
        columns.append(said.cast(dtype, strict=False).alias(name))
        at = np.where(stands, number_end + len(unit), at)
    return pl.DataFrame([*columns, _statuses(octets.strings(begin, end))])


def _statuses(reports: pl.Series) -> pl.Series:
    """Return the position in `STATUSES` of what ``REPORT`` lines say of the end."""
    said = reports.str.contains("\tStatus: ", literal=True).fill_null(False)
    status = pl.Series("status", np.full(len(reports), STATUSES.index("ok"), dtype=np.uint8))
    words = reports.filter(said).str.extract(_STATUS)
    known = {"timeout": "timeout", "error": "error", "failure": "error"}
    codes = [STATUSES.index(known.get(word, "ok")) for word in words]
    return status.scatter(said.arg_true(), pl.Series(codes, dtype=pl.UInt8))


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
