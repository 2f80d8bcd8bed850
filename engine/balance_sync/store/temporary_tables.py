"""Fills temporary tables step by step, where one query over all of it would hold too much at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def fill_steps(connection: DuckDBPyConnection, steps: Mapping[str, str], values: Mapping[str, Any]) -> None:
    """Fill a temporary table by each SELECT of `steps`, in their order.

    In a single query DuckDB holds the states of all steps at once, which cannot spill.

    Parameters
    ----------
    steps
        Table name and SELECT; the product's own text, never somebody's.
    values
        Of the ``$named`` parameters of all steps. Each is given those that it names: DuckDB refuses others.
    """
    for name, text in steps.items():
        named = {key: value for key, value in values.items() if re.search(rf"\${key}\b", text)}
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {text}", named)


def drop_tables(connection: DuckDBPyConnection, names: Iterable[str]) -> None:
    """Drop temporary tables, those of `names` that there are."""
    for name in names:
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
