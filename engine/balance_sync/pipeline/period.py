"""Judges a period by all that was before its end.

A month that is judged by itself lacks what it is held against: breaks at its first transactions, and second
syncs and deliveries of what the month before had, would be in no month's report. So the rules run on all that
was before the period's end, and what is published are the rows and the findings of the period.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from balance_sync.pipeline.filling import Filling, open_filled
from balance_sync.pipeline.judging import RulesRun, run_chosen_rules

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.pipeline.database import Filled
    from balance_sync.rules import Rule


def fill_period(
    filling: Filling, rules: tuple[Rule, ...], since: datetime
) -> tuple[DuckDBPyConnection, Filled, RulesRun]:
    """Fill the database with what was logged from `since` on, and with what the `rules` find there.

    Returns
    -------
    DuckDBPyConnection, Filled, RulesRun
        The open database, what is in it, and the rules with the number of their findings in the period.
    """
    from balance_sync.rules import bring_forward
    from balance_sync.store.period import take_period
    from balance_sync.store.session import lock_down, set_memory_limit
    from balance_sync.store.tables import create_tables

    whole = filling.whole
    limit = f"{filling.budget.database}B"
    connection, filled = open_filled(whole)
    with closing(connection):
        set_memory_limit(connection, limit)
        lock_down(connection)
        ran = run_chosen_rules(connection, filling.options, rules)
        bring_forward(connection, since)
    published = filling.open(filling.budget.database)
    try:
        create_tables(published)
        take_period(published, whole.database, since)
        return published, filled, ran.with_findings_of(published)
    except BaseException:
        published.close()
        raise
    finally:
        whole.database.unlink()
