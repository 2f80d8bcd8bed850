"""A day more of an archive that is read already, held against reading all of it.

What was read before lies in a store of links: batches never change, so that a copy costs no reading. The
run before has its database, too, which the run with the day more begins with.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from benchmarks.speed.case import Case, Place, Program
from benchmarks.speed.stages import tables, whole_job

_BEFORE = "run-but-a-day"


def _prepare(place: Place) -> None:
    """Do the whole job on all but the streams that began on the archive's last day."""
    place.make_once(_BEFORE, lambda unfinished: _do_but_a_day(place, unfinished))


def _do_but_a_day(place: Place, output: Path) -> None:
    shorter = place.prepared / "logs-but-a-day"
    shutil.rmtree(shorter, ignore_errors=True)
    streams = sorted(place.logs.glob("*/*/"), key=lambda stream: stream.name)
    last_day = streams[-1].name[:10]
    for stream in streams:
        if stream.name[:10] < last_day:
            shutil.copytree(stream, shorter / stream.relative_to(place.logs), copy_function=os.link)
    whole_job.do(place, output, logs=shorter)


def _with_store(place: Place) -> Path:
    store = place.scratch / "store"
    shutil.copytree(place.prepared / _BEFORE / "store", store, copy_function=os.link)
    return store


def _ingest(place: Place) -> list[str]:
    return tables.ingest(place, _with_store(place))


def _run(place: Place) -> list[str]:
    reports = place.scratch / "reports"
    reports.mkdir()
    shutil.copy(place.prepared / _BEFORE / "balance-sync.duckdb", reports)
    return whole_job.run(place, reports, "--store", _with_store(place))


CASES = (
    Case(
        Program("increment-tables", _ingest, tables.read_store, tables.expected_rows, _prepare),
        title="a day more to Parquet tables (`ingest` into the store of the days before)",
        yardstick=tables.CASES[0].program,
        bar=0.05,
        memory_mb=500,
        starts=True,
        shapes=("export", "tiny"),
        of_text=False,
    ),
    Case(
        Program("increment-job", _run, whole_job.read_summary, whole_job.expected_summary, _prepare),
        title="the whole job on a day more (`run` with the store of the days before)",
        yardstick=whole_job.CASES[0].program,
        bar=0.05,
        memory_mb=1500,
        starts=True,
        shapes=("export", "tiny"),
        of_text=False,
    ),
)
