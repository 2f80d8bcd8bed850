"""A finished run of the archive, made once, and the inner doors to its database for the later stages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.speed.case import Place
from benchmarks.speed.stages import whole_job

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.reports.context import ReportContext

_FOLDER = "finished"


def prepare(place: Place) -> None:
    """Do the whole job once, unless that was done already."""
    place.make_once(_FOLDER, lambda unfinished: whole_job.do(place, unfinished))


def store_of(place: Place) -> Path:
    """Return the store of the finished run; nobody may write to it."""
    return place.prepared / _FOLDER / "store"


def copy_database(place: Place) -> Path:
    """Return a copy of the finished run's database in the scratch folder."""
    copy = place.scratch / "run.duckdb"
    shutil.copyfile(place.prepared / _FOLDER / "balance-sync.duckdb", copy)
    return copy


@contextmanager
def session(
    database: Path | None,
    scratch: Path,
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
    locked: bool = True,
) -> Iterator[DuckDBPyConnection]:
    """Open a database with the limits of a run."""
    from balance_sync import config
    from balance_sync.pipeline.budget import divide_memory
    from balance_sync.store.session import lock_down, open_session

    budget = divide_memory(config.MEMORY_LIMIT, threads=config.default_threads())
    connection = open_session(
        database,
        memory_limit=memory_limit or f"{budget.database}B",
        threads=threads or budget.database_threads,
        spill_directory=scratch / "spill",
        spill_limit=config.SPILL_LIMIT,
    )
    try:
        if locked:
            lock_down(connection)
        yield connection
    finally:
        connection.close()


def context_of(connection: DuckDBPyConnection) -> ReportContext:
    """Return what the reports must be told about the run of a database."""
    from balance_sync.config import BUSINESS_ZONE
    from balance_sync.reports.context import ReportContext, RuleRun

    ((run_id, version, rules),) = connection.execute("SELECT run_id, version, rules FROM runs").fetchall()
    found = connection.execute("SELECT rule, min(severity), count(*) FROM findings GROUP BY rule").fetchall()
    by_rule = {rule: (severity, count) for rule, severity, count in found}
    runs = []
    for each in json.loads(rules):
        rule, _, number = each["rule"].partition("@")
        severity, count = by_rule.get(rule, ("info", 0))
        runs.append(RuleRun(rule, int(number), severity, rule, "", each["sha256"], count))
    return ReportContext(run_id=run_id, version=version, timezone=BUSINESS_ZONE, rules=tuple(runs))
