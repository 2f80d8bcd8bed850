"""Rows of Python objects to and from Arrow tables, by way of Polars.

DuckDB's own way to Python needs pytz for times with a zone. That of pyarrow imports pandas wherever it is
installed, which takes half a second of a program that has no other use for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyRelation


def rows_of(relation: DuckDBPyRelation) -> list[dict[str, Any]]:
    """Return the rows of a small relation: decimals as `decimal.Decimal`, times with their zone."""
    import polars as pl

    return pl.DataFrame(relation.to_arrow_table()).rows(named=True)


def table_of(rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> pa.Table:
    """Return `rows` as a table of the types of `schema`; what a row does not name is null.

    Texts are of Arrow's large kind, which is all the same to DuckDB: a cast would import `pyarrow.compute`.
    """
    import polars as pl

    frame = pl.DataFrame(rows, schema=pl.Schema(schema))
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
