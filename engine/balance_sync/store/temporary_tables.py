"""Fills temporary tables step by step, where one query over all of it would hold too much at once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HELD_SHARE = 0.6
"""Of the memory limit, what a query may hold that DuckDB cannot spill."""


_LEAST_SHARE = 0.05
"""Of the memory limit, what is reckoned with where tables alone take nearly all of it."""


def count_parts(connection: DuckDBPyConnection, held: float, *, beside: float = 0) -> int:
    """Return in how many parts to do what DuckDB cannot spill, at least 1.

    Parameters
    ----------
    held
        Bytes that it holds at once where it is done in one.
    beside
        Bytes that are taken meanwhile by what stays: of a temporary table a twentieth cannot be spilled.
    """
    ((limit,),) = connection.execute(
        "SELECT parse_formatted_bytes(current_setting('memory_limit'))"
    ).fetchall()
    free = max(int(limit) - beside, int(limit) * _LEAST_SHARE)
    return max(1, math.ceil(held / (free * _HELD_SHARE)))


def fill_steps(
    connection: DuckDBPyConnection,
    steps: Mapping[str, str],
    values: Mapping[str, Any],
    *,
    adding: bool = False,
) -> None:
    """Fill a temporary table by each SELECT of `steps`, in their order.

    In a single query DuckDB holds the states of all steps at once, which cannot spill.

    Parameters
    ----------
    steps
        Table name and SELECT; the product's own text, never somebody's.
    values
        Of the ``$named`` parameters of all steps.
    adding
        Add rows to the tables, which there are, instead of making them.
    """
    for name, text in steps.items():
        into = f"INSERT INTO {name}" if adding else f"CREATE OR REPLACE TEMP TABLE {name} AS"
        connection.execute(f"{into}\n{text}", named_in(text, values))


def named_in(text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `values` that a statement names as ``$parameters``: DuckDB refuses others."""
    return {key: value for key, value in values.items() if re.search(rf"\${key}\b", text)}


def drop_tables(connection: DuckDBPyConnection, names: Iterable[str]) -> None:
    """Drop temporary tables, those of `names` that there are."""
    for name in names:
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
