"""Invocations of the function, out of the lines that the platform writes about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync import compiled
from balance_sync.logs.compiled_values import numbers
from balance_sync.logs.kinds import CODES, ID_BYTES, ClassifiedEvents
from balance_sync.logs.octets import text_views
from balance_sync.logs.rows import at_rows, rows_of
from balance_sync.logs.split import STAMP_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.octets import Octets
    from balance_sync.logs.split import Events

Milliseconds = pl.Decimal(18, 2)

STATUSES = ("unseen", "unfinished", "ok", "error", "timeout")
"""From what says least to what says most: of a request that is told of several times, the last counts."""

_STATUS_WORDS = pl.Series(STATUSES)
_BROKEN = {"timeout": "timeout", "crash": "error", "unknown_error": "error"}
"""What lines of these kinds say of the end, which may come without a REPORT."""


_FIGURES: tuple[tuple[str, bytes, bytes, pl.DataType | type[pl.DataType]], ...] = (
    ("duration_ms", b"\tDuration: ", b" ms", Milliseconds),
    ("billed_ms", b"\tBilled Duration: ", b" ms", pl.Int64),
    ("memory_mb", b"\tMemory Size: ", b" MB", pl.Int64),
    ("max_memory_mb", b"\tMax Memory Used: ", b" MB", pl.Int64),
    ("init_ms", b"\tInit Duration: ", b" ms", Milliseconds),
)
_NUMBER_BYTES = 24
_FARTHEST, _LONGEST = 16, 100
_FIGURES_AT = STAMP_BYTES + len(b"REPORT RequestId: ") + ID_BYTES
_TOLD_KINDS = ("start", "report", *_BROKEN)


@dataclass(frozen=True, slots=True)
class Told:
    """What the events of one batch say of invocations.

    Attributes
    ----------
    part
        For each event the part of a request that it belongs to; -1 for none.
    lines
        The events that say something, by the names of their kinds.
    figures
        What each ``REPORT`` says.
    """

    classified: ClassifiedEvents
    part: NDArray[np.int64]
    lines: dict[str, NDArray[np.int64]]
    figures: pl.DataFrame

    @classmethod
    def read(cls, classified: ClassifiedEvents, part: NDArray[np.int64]) -> Told:
        """Read them."""
        lines = {name: _own(classified.of_kind(name), part) for name in _TOLD_KINDS}
        return cls(classified, part, lines, _figures(classified, lines["report"]))

    def invocations(self, parts: int) -> pl.DataFrame:
        """Return as `merge_invocations` does a row for each part of a request, in their order."""
        plain = _plain(self.classified, self.part, self.lines, parts, self.figures)
        each = self._of_those_with_more({"start": 1, "report": 1}, parts)
        if each.is_empty():
            return plain
        merged = merge_invocations(each)
        row = np.arange(parts)
        row[merged["part"].to_numpy()] = parts + np.arange(merged.height)
        return pl.concat([plain, merged])[row]

    def of_repeated(self, parts: int) -> pl.DataFrame:
        """Return what each line says for itself, as `merge_invocations` takes it, of parts with several.

        That is more than one START and one REPORT: of all others a row of `invocations` says the same.
        """
        return self._of_those_with_more({"start": 1, "report": 1, **dict.fromkeys(_BROKEN, 0)}, parts)

    def _of_those_with_more(self, most: Mapping[str, int], parts: int) -> pl.DataFrame:
        part = self.part
        repeated = np.zeros(parts, dtype=np.bool_)
        for name, lines in most.items():
            repeated |= np.bincount(part[self.lines[name]], minlength=parts) > lines
        if not repeated.any():
            return _NOTHING_TOLD
        chosen = np.sort(np.concatenate([own[repeated[part[own]]] for own in self.lines.values()]))
        return _told(self.classified, part, chosen, self.lines["report"], self.figures)


def _plain(
    classified: ClassifiedEvents,
    part: NDArray[np.int64],
    told: dict[str, NDArray[np.int64]],
    parts: int,
    figures: pl.DataFrame,
) -> pl.DataFrame:
    """Return a row for each part, right where it has at most one START and one REPORT."""
    events = classified.events
    # By part, the places in `told` and so in `figures`; -1 for none.
    started, reported = (rows_of(part[told[name]], parts) for name in ("start", "report"))
    start = _event_of(told["start"], started)
    status = np.where(start >= 0, STATUSES.index("unfinished"), STATUSES.index("unseen"))
    ends = [told[name] for name in ("report", *_BROKEN)]
    broken = [np.array(STATUSES.index(said)) for said in _BROKEN.values()]
    for own, said in zip(ends, (figures["status"].to_numpy(), *broken), strict=True):
        np.maximum.at(status, part[own], said)
    return pl.DataFrame(
        {
            "part": pl.Series(np.arange(parts), dtype=pl.UInt32),
            "started_at": at_rows(events.times(), start),
            **{name: at_rows(figures[name], reported) for name, *_ in _FIGURES},
            "status": at_rows(_STATUS_WORDS, status),
            **_place(events, _firsts(part, start, ends)),
        }
    )


def _firsts(
    part: NDArray[np.int64], start: NDArray[np.int64], ends: list[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Return the event that stands for each part: its START, else what first tells of an end, or any."""
    first, end = (np.full(len(start), len(part), dtype=np.int64) for _ in range(2))
    named = np.flatnonzero(part >= 0)
    np.minimum.at(first, part[named], named)
    for own in ends:
        np.minimum.at(end, part[own], own)
    return np.where(start >= 0, start, np.where(end < len(part), end, first))


def _place(events: Events, rows: NDArray[np.int64]) -> dict[str, pl.Series]:
    return {
        "source": pl.Series(events.piece[rows], dtype=pl.UInt32),
        "line": pl.Series(events.line[rows], dtype=pl.Int64),
    }


_NOTHING_TOLD = pl.DataFrame(
    schema={
        **{"part": pl.UInt32, "started_at": pl.Datetime("us", "UTC")},
        **{name: dtype for name, *_, dtype in _FIGURES},
        **{"status": pl.String, "source": pl.UInt32, "line": pl.Int64},
    }
)


def _own(rows: NDArray[np.int64], part: NDArray[np.int64]) -> NDArray[np.int64]:
    return rows[part[rows] >= 0]


def _event_of(events: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the elements of `events` at `rows`; -1 for -1."""
    return np.append(events, -1)[rows]


def _told(
    classified: ClassifiedEvents,
    part: NDArray[np.int64],
    told: NDArray[np.int64],
    reports: NDArray[np.int64],
    figures: pl.DataFrame,
) -> pl.DataFrame:
    """Return what each of the lines `told` says for itself, as `merge_invocations` takes it."""
    if not len(told):
        return _NOTHING_TOLD
    events = classified.events
    kind = classified.kind[told]
    is_start = pl.Series(kind == CODES["start"])
    ends = {"start": "unfinished", "report": "ok", **_BROKEN}
    by_code = np.zeros(len(CODES), dtype=np.uint8)
    for name, end in ends.items():
        by_code[CODES[name]] = STATUSES.index(end)
    own = rows_of(reports, len(events))[told]
    status = at_rows(figures["status"], own).fill_null(pl.Series(by_code[kind]))
    return pl.DataFrame(
        {
            "part": pl.Series(part[told], dtype=pl.UInt32),
            "started_at": events.times().gather(told),
            **{name: at_rows(figures[name], own) for name, *_ in _FIGURES},
            "status": status.cat.to(pl.Enum(STATUSES)).cast(pl.String),
            **_place(events, told),
        }
    ).with_columns(pl.when(is_start).then(pl.col("started_at")))


def _figures(classified: ClassifiedEvents, reports: NDArray[np.int64]) -> pl.DataFrame:
    """Read the figures of ``REPORT`` lines, and their status as its position in `STATUSES`.

    Figures stand one after the other, each behind its name; where one does not, those after it are not read.
    """
    octets = classified.events.octets
    at = classified.events.start[reports] + _FIGURES_AT
    for place in np.flatnonzero(classified.request_at[reports] < 0).tolist():
        # The id is no UUID, and may be of any length.
        end = octets.data.find(b"\t", at[place] - ID_BYTES, at[place] + _LONGEST)
        at[place] = end if end >= 0 else at[place]
    read = _read_plain_figures(octets, at) if compiled.are_used() else None
    return pl.DataFrame([*(read or _read_figures(octets, at)), _statuses(classified, reports)])


def _read_plain_figures(octets: Octets, at: NDArray[np.int64]) -> list[pl.Series] | None:
    """Return a column for each of `_FIGURES`, or `None` where a number is anything but plain."""
    read = compiled.passes.read_figures(_plain_figures(), octets.array, at)
    return read and [
        numbers(words, dtype, are_read).alias(name)
        for (name, *_, dtype), words, are_read in zip(_FIGURES, *read, strict=True)
    ]


@cache
def _plain_figures() -> compiled.passes.Figures:
    _, labels, units, kinds = zip(*_FIGURES, strict=True)
    decimals = [kind.scale if isinstance(kind, pl.Decimal) else 0 for kind in kinds]
    return compiled.passes.Figures(labels=labels, units=units, decimals=decimals)


def _read_figures(octets: Octets, at: NDArray[np.int64]) -> list[pl.Series]:
    columns: list[pl.Series] = []
    stands = np.ones(len(at), dtype=np.bool_)
    for name, label, unit, dtype in _FIGURES:
        rows = octets.rows(at, len(label) + _NUMBER_BYTES)
        number_at = at + len(label)
        length = rows.lengths_before(len(label), b" ")
        for place in np.flatnonzero(length == _FARTHEST).tolist():
            length[place] = (
                octets.data.find(b" ", number_at[place], number_at[place] + _LONGEST) - number_at[place]
            )
        stands &= rows.have(0, label) & octets.begins(number_at + length, unit)
        said = np.where(stands, np.maximum(length, 0), 0)
        views = text_views(number_at, said, rows.words(len(label)), rows.words(len(label) + 4))
        # What no figure of the platform can be is none.
        columns.append(octets.viewed_strings(views).cast(dtype, strict=False).alias(name))
        at = np.where(stands, number_at + length + len(unit), at)
    return columns


def _statuses(classified: ClassifiedEvents, reports: NDArray[np.int64]) -> pl.Series:
    """Return the position in `STATUSES` of what ``REPORT`` lines say of the end."""
    events = classified.events
    status = np.full(len(reports), STATUSES.index("ok"), dtype=np.uint8)
    for place in np.flatnonzero(classified.outcome[reports] >= 0).tolist():
        text = events.octets.data[events.start[reports[place]] : events.end[reports[place]]]
        status[place] = STATUSES.index("timeout" if b"\tStatus: timeout" in text else "error")
    return pl.Series("status", status)


def merge_invocations(rows: pl.DataFrame) -> pl.DataFrame:
    """Make one row of all that is told of a part of a request, or of a whole one.

    Parameters
    ----------
    rows
        As `Told` gives them; ``part`` is a number, whatever it stands for.

    Returns
    -------
    DataFrame
        One row a part, in their order; of a figure told several times the largest. ``status`` is the last of
        `STATUSES` that is told: ``unfinished`` where nothing tells of an end, ``unseen`` where nothing tells
        of a start either. ``source`` and ``line`` are those of the first line in the order (start, source,
        line). Merging what was merged in parts gives the same.
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
