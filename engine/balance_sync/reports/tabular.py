"""``csv/`` and ``parquet/``: every table in full, in a total order.

The Parquet files are for programs and hold exactly what the database holds. The CSV files are opened
in spreadsheets: their texts are made harmless to look at and to open, their figures keep every digit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.reports.queries import relation_frames
from balance_sync.reports.visible_text import visible_series
from balance_sync.schema import PUBLISHED_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

TABLE_ORDERS: dict[str, tuple[str, ...]] = {
    "sources": ("path", "source_id"),
    "transactions": ("logged_at", "source_id", "line", "transaction_id"),
    "sync_errors": ("logged_at", "source_id", "line"),
    "messages": ("started_at", "source_id", "line", "message_id"),
    "invocations": ("started_at", "source_id", "line", "request_id"),
    "completeness": ("kind", "place", "first_at"),
    "dropped_logs": ("logged_at", "source_id", "line"),
    "suspects": ("source_id", "line"),
    "rejects": ("source_id", "line"),
    "findings": ("rule", "logged_at", "source_id", "line", "finding_id"),
    "runs": ("run_id", "started_at"),
    "brought_forward": ("user_id", "currency", "logged_at", "transaction_id", "source_id", "line"),
    "ledger": ("user_id", "currency", "logged_at", "transaction_id", "source_id", "line"),
    "roll_forward": ("currency", "user_id"),
    "episodes": ("rule", "user_id", "currency", "wallet", "first_day"),
    "anomalies": ("rank", "transaction_id", "source_id", "line"),
    "anomaly_reasons": ("rank", "place"),
    "anomalies_set_aside": ("score", "finding_id"),
    "anomaly_drift": ("feature",),
    "unusual_nights": ("first_day", "measure", "currency", "direction"),
    "change_points": ("first_day", "measure", "user_id", "currency"),
    "decisions": ("finding_id",),
}
"""The tables that are written, with what each is ordered by first; its other columns follow."""

CHANGES_ORDER = ("change", "rule", "logged_at", "finding_id")
"""Of the table ``changes``, which there is where earlier runs were given."""
_FINDINGS = """
SELECT f.*, d.decision, d.decided_by, d.note
FROM findings AS f LEFT JOIN decisions AS d ON f.finding_id = d.finding_id
"""
"""Findings are written with what was decided about them."""

ROW_GROUP_ROWS = 131_072
CSV_ROWS = 65_536

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula, their full-width forms included."""


def ordered_table(connection: DuckDBPyConnection, name: str) -> DuckDBPyRelation:
    """Return a table of `TABLE_ORDERS`, or ``changes``, in its total order."""
    relation = connection.sql(_FINDINGS) if name == "findings" else connection.table(name)
    first = TABLE_ORDERS.get(name, CHANGES_ORDER)
    keys = [*first, *(column for column in relation.columns if column not in first)]
    return relation.order(", ".join(f'"{key}" NULLS LAST' for key in keys))


def write_parquet(path: Path, connection: DuckDBPyConnection, name: str) -> None:
    """Write a table to `path`: times in UTC, money as decimals, row groups of a fixed number of rows."""
    import pyarrow.parquet as pq

    reader = ordered_table(connection, name).to_arrow_reader(ROW_GROUP_ROWS)
    schema = _parquet_schema(name, reader.schema)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in _row_groups(reader):
            writer.write_table(table.cast(schema), row_group_size=ROW_GROUP_ROWS)


def _parquet_schema(name: str, found: pa.Schema) -> pa.Schema:
    """Return the table's published schema, and of further columns the types the database gives."""
    import pyarrow as pa

    published = PUBLISHED_TABLES.get(name)
    fields = []
    for column in found:
        kind = column.type
        if published is not None and column.name in published.names:
            kind = published.field(column.name).type
        elif pa.types.is_timestamp(kind) and kind.tz is not None:
            kind = pa.timestamp("us", tz="UTC")
        fields.append(pa.field(column.name, kind))
    return pa.schema(fields)


def _row_groups(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield the rows in tables of `ROW_GROUP_ROWS`, however the database cut them."""
    import pyarrow as pa

    held = pa.Table.from_batches([], reader.schema)
    for batch in reader:
        held = pa.concat_tables([held, pa.Table.from_batches([batch])])
        while held.num_rows >= ROW_GROUP_ROWS:
            yield held.slice(0, ROW_GROUP_ROWS)
            held = held.slice(ROW_GROUP_ROWS)
    if held.num_rows:
        yield held


def write_csv(path: Path, connection: DuckDBPyConnection, name: str) -> None:
    """Write a table to `path` as UTF-8 CSV, times as ISO 8601 in UTC, money with its digits and no more."""
    relation = ordered_table(connection, name)
    with path.open("wb") as file:
        file.write((",".join(relation.columns) + "\n").encode())
        for frame in relation_frames(relation, batch_rows=CSV_ROWS):
            csv_frame(frame).write_csv(file, include_header=False)


def csv_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` as a CSV shows it: texts guarded, times and decimals as text."""
    import polars as pl

    columns = []
    for column in frame.get_columns():
        if column.dtype == pl.String:
            columns.append(guarded(column))
        elif isinstance(column.dtype, pl.Datetime):
            columns.append(_time_texts(column))
        elif isinstance(column.dtype, pl.Decimal):
            columns.append(_decimal_texts(column))
        elif isinstance(column.dtype, pl.List):
            columns.append(guarded(column.cast(pl.List(pl.String)).list.join("; ")))
        else:
            columns.append(column)
    return pl.DataFrame(columns)


def guarded(texts: pl.Series) -> pl.Series:
    """Return `texts` with hidden characters visible, and an apostrophe before what looks like a formula."""
    import polars as pl

    # Looked for before tabs and the like turn visible: the apostrophe tells that they led the text.
    risky = pl.lit(texts).str.contains(f"^[{''.join(FORMULA_STARTS).replace('-', '')}-]")
    shown = visible_series(texts)
    return pl.select(pl.when(risky).then(pl.lit("'") + shown).otherwise(shown).alias(texts.name)).to_series()


def _time_texts(times: pl.Series) -> pl.Series:
    """Return UTC texts to the millisecond as the logs have them, to the microsecond where there is one."""
    import polars as pl

    utc = pl.lit(times.dt.convert_time_zone("UTC") if times.dtype.time_zone else times)  # type: ignore[attr-defined]
    mark = "Z" if times.dtype.time_zone else ""  # type: ignore[attr-defined]
    fine = utc.dt.microsecond() % 1000 != 0
    short, long = (utc.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.{digits}f{mark}") for digits in (3, 6))
    return pl.select(pl.when(fine).then(long).otherwise(short).alias(times.name)).to_series()


def _decimal_texts(amounts: pl.Series) -> pl.Series:
    import polars as pl

    texts = amounts.cast(pl.String)
    if not amounts.dtype.scale:  # type: ignore[attr-defined]
        return texts
    return texts.str.strip_chars_end("0").str.strip_chars_end(".").alias(amounts.name)
