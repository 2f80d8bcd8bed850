"""The rules: the ledger, every rule's SELECT, and the tables that sum their findings up."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Place, Program, told_outcome
from benchmarks.speed.stages import finished
from benchmarks.speed.stages.whole_job import expected_findings
from benchmarks.speed.stopwatch import Stopwatch
from benchmarks.speed.yardsticks import GUNZIP


def _command(place: Place) -> list[str]:
    return place.engine.module("stages.rules", finished.copy_database(place), place.scratch)


def _expected(answer: Facts) -> Facts:
    return {"findings": expected_findings(answer)}


CASES = (
    Case(
        Program("rules", _command, told_outcome, _expected, finished.prepare),
        title="ledger, all rules, summaries",
        yardstick=GUNZIP,
        bar=4.0,
        memory_mb=1500,
    ),
)


def main(database: Path, scratch: Path) -> None:
    """Judge the transactions of a finished run once more."""
    from balance_sync.config import BUSINESS_ZONE
    from balance_sync.rules import build_summaries, run_rules
    from balance_sync.rules.header import Nature

    watch = Stopwatch()
    with finished.session(database, scratch) as connection:
        with watch:
            runs = run_rules(connection)
            states = [run.id for run in runs if run.nature is Nature.STATE]
            build_summaries(connection, state_rules=states, timezone=BUSINESS_ZONE)
        transactions = connection.table("transactions").count("*").fetchall()[0][0]
    watch.tell(rows=transactions, findings={run.id: run.findings for run in runs})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
