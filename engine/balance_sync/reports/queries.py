"""Runs the SELECTs of ``sql/reports``: small results as typed rows, large ones as frames of bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from balance_sync.arrow_rows import rows_of
from balance_sync.store.sql_files import sql_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

Row = TypeVar("Row")

BATCH_ROWS = 2_048
"""Rows a frame, one of DuckDB's vectors: work by the column pays already, and several frames are little."""


def report_sql(name: str) -> str:
    """Return the text of ``sql/reports/<name>.sql``."""
    return (sql_directory() / "reports" / f"{name}.sql").read_text(encoding="utf-8")


def read_rows(
    connection: DuckDBPyConnection, name: str, kind: type[Row], **parameters: object
) -> tuple[Row, ...]:
    """Return the rows of a small query, each made into a `kind` whose fields are the query's columns."""
    return tuple(kind(**row) for row in rows_of(_relation(connection, name, parameters)))


def iter_frames(
    connection: DuckDBPyConnection, name: str, parameters: dict[str, object], *, batch_rows: int = BATCH_ROWS
) -> Iterator[pl.DataFrame]:
    """Yield the rows of a query in order, in frames of at most `batch_rows`.

    The connection must run nothing else until the last frame was taken.
    """
    yield from relation_frames(_relation(connection, name, parameters), batch_rows=batch_rows)


def relation_frames(relation: DuckDBPyRelation, *, batch_rows: int = BATCH_ROWS) -> Iterator[pl.DataFrame]:
    """Yield the rows of `relation` in order, in frames of at most `batch_rows`."""
    import polars as pl

    for batch in relation.to_arrow_reader(batch_rows):
        frame = pl.from_arrow(batch)
        if isinstance(frame, pl.DataFrame) and frame.height:
            yield frame


def _relation(connection: DuckDBPyConnection, name: str, parameters: dict[str, object]) -> DuckDBPyRelation:
    return connection.sql(report_sql(name), params=parameters or None)
