"""Fills what sums the findings up: roll-forward, episodes, and what is missing from the logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from balance_sync.rules.ledger import define_ledger
from balance_sync.rules.views import load_views
from balance_sync.store.session import database_errors

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def build_summaries(connection: DuckDBPyConnection, *, state_rules: Sequence[str], timezone: str) -> None:
    """Fill the tables `roll_forward` and `episodes`, and define the view `ledger` for later readers.

    Parameters
    ----------
    connection
        After all findings were recorded, those of the detector included.
    state_rules
        Ids of the rules whose findings are states (`RuleRun.nature`).
    timezone
        IANA name of the business time zone, which decides the days of an episode.
    """
    views = load_views()
    with database_errors("roll-forward and episodes"):
        connection.execute(f"CREATE OR REPLACE TABLE roll_forward AS\n{views['roll_forward'].query}")
        connection.execute(
            f"CREATE OR REPLACE TABLE episodes AS\n{views['episodes'].query}",
            {"state_rules": list(state_rules), "timezone": timezone},
        )
        define_ledger(connection)
    build_completeness(connection, timezone=timezone)


def build_completeness(connection: DuckDBPyConnection, *, timezone: str) -> None:
    """Fill the table `completeness` anew: what is missing from the logs.

    Parameters
    ----------
    connection
        With all published tables, no excerpt in their place.
    timezone
        IANA name of the business time zone, which decides what a day is.
    """
    with database_errors("completeness"):
        connection.execute(
            f"CREATE OR REPLACE TABLE completeness AS\n{load_views()['completeness'].query}",
            {"timezone": timezone},
        )
