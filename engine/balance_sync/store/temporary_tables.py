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
        Of the ``$named`` parameters of all steps.
    """
    for name, text in steps.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {text}", named_in(text, values))


def named_in(text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `values` that a statement names as ``$parameters``: DuckDB refuses others."""
    return {key: value for key, value in values.items() if re.search(rf"\${key}\b", text)}


def drop_tables(connection: DuckDBPyConnection, names: Iterable[str]) -> None:
    """Drop temporary tables, those of `names` that there are."""
    for name in names:
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
