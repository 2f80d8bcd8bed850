"""An archive that was exported twice, held against the same archive exported once.

Of each file of one export the last event is missing, so that none is a copy. Where that export comes second,
all that it has is repeated; where it comes first, each file of the other one repeats all but one event.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Place, Program
from benchmarks.speed.stages import whole_job

_TWICE, _LONGER = "logs-twice", "logs-longer"
_EVENT_START = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", re.MULTILINE)


def _prepare(place: Place) -> None:
    """Put a second export behind the first one."""
    place.make_once(_TWICE, lambda unfinished: _export_twice(place.logs, unfinished, "{}~again"))


def _prepare_longer(place: Place) -> None:
    """Put an export before the one that goes on where it ends."""
    place.make_once(_LONGER, lambda unfinished: _export_twice(place.logs, unfinished, "+{}"))


def _export_twice(logs: Path, twice: Path, name_of_shorter: str) -> None:
    # An event is of the source that comes first by its name.
    shutil.copytree(logs, twice, copy_function=os.link)
    for path in sorted(logs.glob("*/*/*.gz")):
        export, stream, name = path.relative_to(logs).parts
        shorter = twice / name_of_shorter.format(export) / stream / name
        shorter.parent.mkdir(parents=True, exist_ok=True)
        shorter.write_bytes(gzip.compress(_without_last_event(path), 1, mtime=0))


def _without_last_event(path: Path) -> bytes:
    text = gzip.decompress(path.read_bytes())
    *_, last = _EVENT_START.finditer(text)
    return text[: last.start()]


def _run(place: Place) -> list[str]:
    return whole_job.run(place, place.scratch / "reports", logs=place.prepared / _TWICE)


def _run_longer(place: Place) -> list[str]:
    return whole_job.run(place, place.scratch / "reports", logs=place.prepared / _LONGER)


def _expected(answer: Facts) -> Facts:
    return {name: fact for name, fact in whole_job.expected_summary(answer).items() if name != "bytes"}


def _case(program: Program, title: str) -> Case:
    return Case(
        program,
        title=title,
        yardstick=whole_job.CASES[0].program,
        bar=2.0,
        memory_mb=1500,
        starts=True,
        shapes=("export",),
        of_text=False,
    )


CASES = (
    _case(
        Program("overlap-job", _run, whole_job.read_summary, _expected, _prepare),
        "the whole job on an archive that was exported twice",
    ),
    _case(
        Program("longer-job", _run_longer, whole_job.read_summary, _expected, _prepare_longer),
        "the whole job on an archive that was exported again when it had grown",
    ),
)
