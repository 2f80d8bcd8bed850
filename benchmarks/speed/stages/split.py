"""Text to events: where each begins, on which line, and when it was logged; in one process."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Place, Program, told_outcome
from benchmarks.speed.stages.pieces import iter_pieces
from benchmarks.speed.stopwatch import Stopwatch
from benchmarks.speed.yardsticks import GUNZIP


def _command(place: Place) -> list[str]:
    return place.engine.module("stages.split", place.logs)


def _expected(answer: Facts) -> Facts:
    return {"events": answer["events"]}


CASES = (
    Case(
        Program("split", _command, told_outcome, _expected),
        title="text to events, one process",
        yardstick=GUNZIP,
        bar=0.6,
        memory_mb=400,
    ),
)


def main(logs: Path) -> None:
    """Cut the text of all batches into events; inflating is not timed."""
    from balance_sync.logs.split import split_events

    watch = Stopwatch()
    events = 0
    for pieces in iter_pieces(logs):
        with watch:
            events += len(split_events(pieces))
    watch.tell(rows=events, events=events)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
