"""What a run judges: a new database, that of the run before with what is new in it, or that of a period."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.pipeline.addition import add_to_database, plan_addition
from balance_sync.pipeline.database import Filled
from balance_sync.pipeline.filling import Filling, fill, open_filled
from balance_sync.pipeline.judging import RulesRun
from balance_sync.pipeline.period import fill_period
from balance_sync.pipeline.previous import Previous
from balance_sync.pipeline.taking_inventory import take_inventory

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.rules import Rule


@dataclass(frozen=True, slots=True)
class Begun:
    """A database that is filled.

    Attributes
    ----------
    connection
        To the database, open.
    previous
        The run as whose database it began.
    ran
        The rules, where they were run before it was filled.
    """

    connection: DuckDBPyConnection
    filled: Filled
    previous: Previous | None = None
    ran: RulesRun | None = None


def begin_database(filling: Filling, rules: tuple[Rule, ...], previous: Previous | None) -> Begun:
    """Fill the database of a run, or add to what `previous` has left."""
    if filling.options.since:
        connection, filled, ran = fill_period(filling, rules, filling.options.since)
        return Begun(connection, filled, ran=ran)
    return _gone_on(filling, previous) if previous else Begun(*open_filled(filling))


def _gone_on(filling: Filling, previous: Previous) -> Begun:
    """Go on from the previous run where its database can be added to, or else begin anew.

    The inventory ends here: of a million sources it takes hundreds of megabytes, which the stages that
    follow need.
    """
    # Copying is the system's work, and takes as long as looking for what is to be added.
    with ThreadPoolExecutor(1, thread_name_prefix="copy") as beside:
        copied = beside.submit(_copy_previous, filling)
        inventory = take_inventory(filling.ingested)
        addition = plan_addition(inventory, previous, filling.options)
    copied.result()
    if not addition:
        filling.database.unlink()
    connection = filling.open(filling.budget.filling(inventory.size_bytes))
    try:
        if addition:
            return Begun(connection, add_to_database(connection, addition), previous)
        return Begun(connection, fill(connection, filling.options, inventory))
    except BaseException:
        connection.close()
        raise


def _copy_previous(filling: Filling) -> None:
    shutil.copyfile(filling.options.database_path, filling.database)
