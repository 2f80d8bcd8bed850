"""The archive in one tar file, as people pass an export on, held against its folder."""

from __future__ import annotations

import tarfile
from pathlib import Path

from benchmarks.speed.case import Case, Place, Program
from benchmarks.speed.stages import tables

_PACKED = "packed"


def _prepare(place: Place) -> None:
    """Put the export into a tar file."""
    place.make_once(_PACKED, lambda unfinished: _pack(place.logs, unfinished))


def _pack(logs: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    with tarfile.open(folder / "logs.tar", "w") as packed:
        for path in sorted(logs.glob("*/*/*.gz")):
            packed.add(path, path.relative_to(logs))


def _command(place: Place) -> list[str]:
    logs = place.prepared / _PACKED
    return tables.ingest(place, place.scratch / "store", logs=logs)


CASES = (
    Case(
        Program("packed", _command, tables.read_store, tables.expected_rows, _prepare),
        title="an export in one tar file to Parquet tables (`ingest`), beside its folder",
        yardstick=tables.CASES[0].program,
        bar=2.5,
        memory_mb=500,
        starts=True,
        shapes=("export",),
    ),
)
