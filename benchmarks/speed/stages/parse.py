"""Text to typed tables: split, classified, read, followed; in one process."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Place, Program, told_outcome
from benchmarks.speed.stages.pieces import iter_pieces
from benchmarks.speed.stopwatch import Stopwatch
from benchmarks.speed.yardsticks import GUNZIP

_TABLES = ("events", "transactions", "sync_errors", "rejects")


def _command(place: Place) -> list[str]:
    return place.engine.module("stages.parse", place.logs)


def _expected(answer: Facts) -> Facts:
    return {name: answer[name] for name in _TABLES}


CASES = (
    Case(
        Program("parse", _command, told_outcome, _expected),
        title="text to typed tables, one process",
        yardstick=GUNZIP,
        bar=5.0,
        memory_mb=500,
    ),
)


def main(logs: Path) -> None:
    """Parse all batches; inflating is not timed, and the tables are thrown away."""
    from balance_sync.logs.tables import parse_batch

    watch = Stopwatch()
    rows: Counter[str] = Counter()
    for pieces in iter_pieces(logs):
        with watch:
            tables = parse_batch(pieces)
        rows.update({name: getattr(tables, name).height for name in _TABLES})
    watch.tell(rows=rows["transactions"], **{name: rows[name] for name in _TABLES})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
