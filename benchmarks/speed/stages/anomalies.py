"""The detector: features by SQL, forests fitted and every transaction scored, reasons, findings."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Place, Program, told_outcome
from benchmarks.speed.stages import finished
from benchmarks.speed.stages.whole_job import REVIEWED
from benchmarks.speed.stopwatch import Stopwatch
from benchmarks.speed.yardsticks import GUNZIP


def _command(place: Place) -> list[str]:
    return place.engine.module("stages.anomalies", finished.copy_database(place), place.scratch)


def _expected(answer: Facts) -> Facts:
    return {"examined": answer["transactions"], "flagged": REVIEWED}


CASES = (
    Case(
        Program("anomalies", _command, told_outcome, _expected, finished.prepare),
        title="features, scoring, reasons",
        yardstick=GUNZIP,
        bar=5.0,
        memory_mb=1500,
    ),
)


def main(database: Path, scratch: Path) -> None:
    """Rank the transactions of a finished run; the ledger and the import of scikit-learn are not timed."""
    from balance_sync import config
    from balance_sync.anomalies import warm_up
    from balance_sync.anomalies.detect import Method, detect
    from balance_sync.anomalies.publish import publish
    from balance_sync.rules import build_ledger

    warm_up()
    watch = Stopwatch()
    with finished.session(database, scratch) as connection:
        build_ledger(connection)
        with watch:
            result = detect(
                connection,
                review_budget=config.REVIEW_BUDGET,
                method=Method(
                    seed=config.SEED, timezone=config.BUSINESS_ZONE, threads=config.default_threads()
                ),
            )
            flagged = publish(connection, result)
    watch.tell(rows=result.examined, examined=result.examined, flagged=flagged)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
