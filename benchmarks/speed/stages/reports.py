"""Each report of a finished run, alone; `stages.workbook` measures the workbook by its cells."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.speed.case import Case, Facts, Place, Program, told_outcome
from benchmarks.speed.sheets import rows_below_header
from benchmarks.speed.stages import finished
from benchmarks.speed.stopwatch import Stopwatch
from benchmarks.speed.yardsticks import GUNZIP

_BARS = {"xlsx": 10.0, "html": 4.0, "csv": 8.0, "parquet": 5.0, "json": 2.5}


def _program(kind: str) -> Program:
    def command(place: Place) -> list[str]:
        database = finished.copy_database(place)
        return place.engine.module("stages.reports", kind, database, place.scratch)

    def expected(answer: Facts) -> Facts:
        return {"transactions": answer["transactions"]}

    return Program(f"report-{kind}", command, told_outcome, expected, finished.prepare)


CASES = tuple(
    Case(
        _program(kind),
        title=f"the report `{kind}`",
        yardstick=GUNZIP,
        bar=bar,
        memory_mb=1500,
        # A workbook of 8,000,000 transactions takes minutes and says nothing new.
        largest=10**9 if kind == "xlsx" else 0,
    )
    for kind, bar in _BARS.items()
)


def main(kind: str, database: Path, scratch: Path) -> None:
    """Write one report; the ledger, which a run has at hand, is not timed."""
    from balance_sync.reports.writer import write_reports
    from balance_sync.rules import build_ledger

    watch = Stopwatch()
    with finished.session(database, scratch) as connection:
        build_ledger(connection)
        context = finished.context_of(connection)
        with watch:
            files = write_reports(connection, scratch / "reports", formats=[kind], context=context)
    found = _transactions(kind, {path.name: path for path in files})
    watch.tell(rows=found, transactions=found)


def _transactions(kind: str, files: dict[str, Path]) -> Any:
    """Look up how many transactions a report holds, or says that there are."""
    if kind == "json":
        return json.loads(files["summary.json"].read_text(encoding="utf-8"))["transactions"]
    if kind == "html":
        return _told_by_page(files["report.html"])
    if kind == "xlsx":
        return rows_below_header(files["report.xlsx"])
    import duckdb

    reader = {"csv": "read_csv", "parquet": "read_parquet"}[kind]
    path = files[f"transactions.{kind}"]
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT count(*) FROM {reader}('{path}')").fetchall()[0][0]


def _told_by_page(path: Path) -> int:
    """Read the number on the page's tile of transactions."""
    found = re.search(r"<strong>([\d,]+)</strong><span>Transactions<", path.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{path} tells no number of transactions")
    return int(found[1].replace(",", ""))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
