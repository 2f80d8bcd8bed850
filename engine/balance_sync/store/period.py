"""Takes what lies within a period out of the database of all that was before its end, too.

Rules need what was before: the first transaction of a month is held against the last one of the month before.
What is published has the rows of the period alone, in a file that never held any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.store.load import TIMES
from balance_sync.store.paths import database_name

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

_WHOLE = ("sources", "event_kinds", "rejects", "brought_forward")
"""Tables that are counted within the period already, have no time to be trusted, or tell of before."""

_TIMED = {**TIMES, "findings": "logged_at"}


def take_period(connection: DuckDBPyConnection, whole: Path, since: datetime) -> None:
    """Fill the empty tables of a session that is not locked down with the period's rows of `whole`.

    Parameters
    ----------
    whole
        A closed database with the same tables, in which the rules were run.
    since
        When the period begins, UTC. A row without a time is of every period.
    """
    name = database_name(whole).replace("'", "''")
    connection.execute(f"ATTACH '{name}' AS whole (READ_ONLY)")
    try:
        for table in _WHOLE:
            connection.execute(f"INSERT INTO {table} BY NAME FROM whole.{table}")
        for table, time in _TIMED.items():
            connection.execute(
                f"INSERT INTO {table} BY NAME FROM whole.{table} WHERE {time} IS NULL OR {time} >= $since",
                {"since": since},
            )
    finally:
        connection.execute("DETACH whole")


def forget_before(connection: DuckDBPyConnection, since: datetime) -> None:
    """Delete what was logged before `since` (UTC), and what was found about it: of a database in memory."""
    for table, time in _TIMED.items():
        connection.execute(f"DELETE FROM {table} WHERE {time} < $since", {"since": since})  # noqa: S608
