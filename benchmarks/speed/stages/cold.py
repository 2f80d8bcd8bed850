"""Logs that no cache holds to Parquet tables: what a first reading is, as a rule.

Before each run the system is told to forget what is in the archive's files. Names and sizes it still knows:
to make it forget those, too, takes an administrator.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from benchmarks.speed.case import Case, Outcome, Place, Program, told_outcome
from benchmarks.speed.stages import tables
from benchmarks.speed.stopwatch import Stopwatch
from benchmarks.speed.yardsticks import GUNZIP


def _cold(program: Program, place: Place) -> list[str]:
    return place.engine.module("stages.cold", place.logs, *program.command(place))


def _read_store(place: Place, out: str) -> Outcome:
    told = told_outcome(place, out)
    return replace(tables.read_store(place, out), seconds=told.seconds, cpu_s=told.cpu_s)


CASES = (
    Case(
        Program(
            "cold-tables",
            lambda place: _cold(tables.CASES[0].program, place),
            _read_store,
            tables.expected_rows,
        ),
        title="logs that no cache holds to Parquet tables (`ingest`)",
        yardstick=Program("cold gzip -dc", lambda place: _cold(GUNZIP, place), told_outcome),
        bar=0.8,
        memory_mb=500,
        starts=True,
        shapes=("export", "tiny"),
    ),
)


def main(logs: Path, command: Sequence[str]) -> None:
    """Have the system forget what is in the files of `logs`, and run `command`."""
    for folder, _, names in os.walk(logs):
        for name in names:
            file = os.open(os.path.join(folder, name), os.O_RDONLY)  # noqa: PTH118 - a hundred thousand times
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)
    watch = Stopwatch()
    with watch:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    used = getrusage(RUSAGE_CHILDREN)
    watch.cpu_s = used.ru_utime + used.ru_stime
    watch.tell()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
