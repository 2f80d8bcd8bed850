"""Lazy frames over log archives: nothing is read until somebody collects.

For analysis in Polars. A run does not go through here: several tables out of one pass over the text need
the batch kernel (`balance_sync.logs.tables`), which both share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from polars.io.plugins import register_io_source

from balance_sync.logs.decoding import decoded_series
from balance_sync.logs.kinds import Kind, OutcomeName
from balance_sync.logs.record_layouts import Columns
from balance_sync.logs.records import SYNC_ERROR_COLUMNS, TRANSACTION_COLUMNS
from balance_sync.logs.rows import at_rows
from balance_sync.logs.tables import BatchTables, parse_batch, understand
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.discovery import discover
from balance_sync.sources.source import Source

if TYPE_CHECKING:
    from balance_sync.sources.reading import TextPiece

_TIME = pl.Datetime("us", "UTC")
EVENT_SCHEMA: Columns = {
    "path": pl.String,
    "line": pl.Int64,
    "logged_at": _TIME,
    "kind": Kind,
    "request_id": pl.String,
    "level": pl.String,
    "outcome": OutcomeName,
    "text": pl.String,
}
"""Columns of `scan_logs`. ``path`` is the source's label, ``line`` the 1-based line of the event in it,
``text`` the event as it stands there, with its time stamp and without its final line breaks."""

_PLACE: Columns = {"path": pl.String, "line": pl.Int64}
_LOGGED: Columns = {"logged_at": _TIME, "request_id": pl.String}
TABLE_SCHEMAS: dict[str, Columns] = {
    "transactions": {
        **TRANSACTION_COLUMNS,
        **_LOGGED,
        **_PLACE,
        "message_id": pl.String,
        "outcome": pl.String,
    },
    "sync_errors": {**SYNC_ERROR_COLUMNS, **_LOGGED, **_PLACE},
    "messages": {
        "message_id": pl.String,
        "request_id": pl.String,
        "started_at": _TIME,
        "outcome": pl.String,
        "transaction_id": pl.String,
        **_PLACE,
    },
    "rejects": {**_PLACE, "reason": pl.String, "text": pl.String},
}
"""Columns of the tables that `scan_table` gives, with ``path`` in place of ``source_id``."""


def scan_logs(
    paths: Iterable[str | Path], *, since: datetime | None = None, until: datetime | None = None
) -> pl.LazyFrame:
    """Scan the events of the logs under `paths`.

    Only the columns and rows that the query asks for are made, batch by batch, so that memory does not grow
    with the archive. In a file that is read in pieces (more than about 8 MB of text), only a line whose own
    times disagree is a ``suspect``: what other lines prove, a run tells.

    Parameters
    ----------
    paths
        Folders, files or patterns, as on the command line.
    since, until
        Only events in ``[since, until)`` (aware datetimes). Sources whose name says that they begin after
        `until` are not opened; an old stream may run on for long, so that `since` skips none.

    Returns
    -------
    LazyFrame
        `EVENT_SCHEMA`, in the order of the sources and their lines.

    Raises
    ------
    InputError
        When collected: no logs under `paths`.

    Examples
    --------
    >>> events = scan_logs(["logs"])  # doctest: +SKIP
    >>> events.group_by("kind").len().collect()  # doctest: +SKIP
    """

    def events_of(pieces: list[TextPiece], columns: set[str]) -> pl.DataFrame:
        events = _within(classified_frame(pieces), since, until)
        labels = pl.Series([piece.source.label for piece in pieces], dtype=pl.String)
        named = events.with_columns(path=labels.gather(events["piece"])).rename({"at": "logged_at"})
        if "text" in columns:
            named = named.with_columns(text=_readable(named["text"]))
        return named.select(name for name in EVENT_SCHEMA if name in columns)

    return _scan(paths, EVENT_SCHEMA, events_of, until)


def scan_table(name: str, paths: Iterable[str | Path], *, until: datetime | None = None) -> pl.LazyFrame:
    """Scan one of the typed tables of the logs under `paths`.

    Messages are followed within a batch (about 16 MB of text): a request whose events stand in several
    batches or sources is put together by a run only, as is an event that two exports share. Suspects are left
    out as `scan_logs` knows them.

    Parameters
    ----------
    name
        ``transactions``, ``sync_errors``, ``messages`` or ``rejects``.

    Returns
    -------
    LazyFrame
        ``TABLE_SCHEMAS[name]``, in the order of the sources and their lines.
    """
    schema = TABLE_SCHEMAS[name]

    def rows_of(pieces: list[TextPiece], columns: set[str]) -> pl.DataFrame:
        tables: BatchTables = parse_batch(pieces)
        rows: pl.DataFrame = getattr(tables, name).sort("source", "line")
        labels = pl.Series([piece.source.label for piece in pieces], dtype=pl.String)
        named = rows.with_columns(path=labels.gather(rows["source"]))
        return named.select(pl.col(column).cast(schema[column]) for column in schema if column in columns)

    return _scan(paths, schema, rows_of, until)


def classified_frame(pieces: Sequence[TextPiece]) -> pl.DataFrame:
    """Return the events of `pieces` as ``piece, line, at, text, kind, request_id, level, outcome``."""
    understood = understand(pieces)
    classified = understood.classified
    request_ids = at_rows(understood.parts["request_id"], understood.part)
    return classified.events.frame().with_columns(
        classified.kinds(), request_ids, classified.levels(), classified.outcomes()
    )


def _scan(
    paths: Iterable[str | Path],
    schema: Columns,
    rows_of: Callable[[list[TextPiece], set[str]], pl.DataFrame],
    until: datetime | None,
) -> pl.LazyFrame:
    named = tuple(paths)

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = list(with_columns or schema)
        needed = set(wanted) | set(predicate.meta.root_names() if predicate is not None else ())
        left = n_rows
        for pieces in _pieces(named, until):
            rows = rows_of(pieces, needed)
            if predicate is not None:
                rows = rows.filter(predicate)
            if left is not None:
                rows = rows.head(left)
                left -= rows.height
            yield rows.select(wanted)
            if left == 0:
                return

    return register_io_source(source, schema=schema)


def _pieces(paths: tuple[str | Path, ...], until: datetime | None) -> Iterator[list[TextPiece]]:
    wanted = (source for source in discover(paths).sources if _may_hold(source, until))
    return chain.from_iterable(batch() for batch in plan_batches(wanted))


def _may_hold(source: Source, until: datetime | None) -> bool:
    # A stream is named after the day it began (UTC); a day's grace for clocks that differ.
    return (
        until is None
        or source.stream_date is None
        or source.stream_date <= (until + timedelta(days=1)).date()
    )


def _within(events: pl.DataFrame, since: datetime | None, until: datetime | None) -> pl.DataFrame:
    if since is not None:
        events = events.filter(pl.col("at") >= since)
    if until is not None:
        events = events.filter(pl.col("at") < until)
    return events


def _readable(text: pl.Series) -> pl.Series:
    """Return the text as strings; bytes that are no UTF-8 become U+FFFD."""
    strings = decoded_series(text)
    broken = strings.is_null()
    if broken.any():
        mended = [bytes(octets).decode("utf-8", "replace") for octets in text.filter(broken)]
        strings = strings.scatter(broken.arg_true(), pl.Series(mended, dtype=pl.String))
    return strings.str.strip_chars_end("\n")
