"""Files to text: listed, read, inflated, hashed and checked, in one process."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Place, Program, told_outcome
from benchmarks.speed.stages.pieces import iter_pieces
from benchmarks.speed.stopwatch import Stopwatch
from benchmarks.speed.yardsticks import GUNZIP


def _command(place: Place) -> list[str]:
    return place.engine.module("stages.inflate", place.logs)


def _expected(answer: Facts) -> Facts:
    return {"bytes": answer["bytes"], "files": answer["files"]}


CASES = (
    Case(
        Program("inflate", _command, told_outcome, _expected),
        title="files to text, one process",
        yardstick=GUNZIP,
        bar=1.3,
        memory_mb=300,
    ),
)


def main(logs: Path) -> None:
    """Inflate all files; their text is thrown away."""
    watch = Stopwatch()
    size, files = 0, 0
    with watch:
        for pieces in iter_pieces(logs):
            size += sum(len(piece.text) for piece in pieces)
            files += sum(piece.is_last for piece in pieces)
    watch.tell(rows=files, bytes=size, files=files)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
