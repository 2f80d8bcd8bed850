"""The workbook by its cells, beside `polars.DataFrame.write_excel` of the same rows.

A run's database gets a ledger of one row for every 1,000 bytes of the size asked for (1,000,000 at 1 GB),
made of the rows of the smallest archive, and no findings: nearly all of the workbook is then its sheet of
transactions. The yardstick has the very rows of that sheet in memory when its clock starts; the workbook's
clock covers the query and its sort as well.

DuckDB may use 96 MB and one thread here, so that the ceiling is about what the workbook takes. After each
run every cell of the sheet is read back and compared with the rows that it was made of, outside of what is
measured.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.speed.archives import archive, size_bytes
from benchmarks.speed.case import Case, Facts, Outcome, Place, Program, told_outcome
from benchmarks.speed.read_back import read_back
from benchmarks.speed.sheets import cells_of
from benchmarks.speed.stages import finished
from benchmarks.speed.stopwatch import Stopwatch
from benchmarks.speed.yardsticks import WRITE_EXCEL

SOURCE_SIZE = "20MB"
_BYTES_A_ROW = 1000
_DATABASE_MEMORY = "96MB"
_DATABASE_THREADS = 1


def _command(place: Place) -> list[str]:
    return place.engine.module("stages.workbook", "write", place.prepared / "workbook", place.scratch)


def _prepare(place: Place) -> None:
    """Make the database and the rows, with a process of their own."""
    made = place.prepared / "workbook"
    if made.exists():
        return
    if place.archive is None:
        raise ValueError("a workbook is made of an archive")
    small = Place(place.engine, archive(SOURCE_SIZE, "export"), place.prepared / "small", place.scratch)
    finished.prepare(small)
    rows = size_bytes(place.archive.size) // _BYTES_A_ROW
    unfinished = made.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    command = place.engine.module(
        "stages.workbook", "prepare", finished.copy_database(small), unfinished, str(rows)
    )
    subprocess.run(command, env=place.engine.environment(), cwd=place.scratch, check=True)
    unfinished.rename(made)


def _read_back(place: Place, out: str) -> Outcome:
    """Read what the writer told, and the workbook."""
    outcome = told_outcome(place, out)
    found = read_back(place.scratch / "report.xlsx", place.prepared / "workbook" / "rows.parquet")
    facts = {"rows missing": outcome.rows - found.rows, "cells that differ": found.differing}
    for one in found.examples:
        print(f"row {one.row} {one.header!r}: {one.expected!r} became {one.found!r}", file=sys.stderr)
    return replace(outcome, facts=facts)


def _expected(_: Facts) -> Facts:
    return {"rows missing": 0, "cells that differ": 0}


CASES = (
    Case(
        Program("workbook", _command, _read_back, _expected, _prepare),
        title="the workbook, seconds per cell",
        yardstick=WRITE_EXCEL,
        bar=0.25,
        memory_mb=400,
        shapes=("export",),
        of_text=False,
        # write_excel cannot go on on a second sheet.
        largest=10**9,
    ),
)


def prepare(database: Path, made: Path, rows: int) -> None:
    """Make the ledger `rows` long, and keep the rows of the sheet of transactions for the yardstick."""
    from balance_sync.reports.queries import report_sql

    with finished.session(database, made, locked=False) as connection:
        have = connection.table("transactions").count("*").fetchall()[0][0]
        connection.execute(
            "CREATE TABLE many AS SELECT l.* REPLACE (transaction_id || '-' || n AS transaction_id, "
            f"source_id || n AS source_id) FROM ledger AS l, range({rows // have + 1}) AS t (n) LIMIT {rows}"
        )
        connection.execute("DROP VIEW main.ledger")
        connection.execute("ALTER TABLE many RENAME TO ledger")
        connection.execute("DELETE FROM findings")
        target = str(made / "rows.parquet").replace("'", "''")
        connection.execute(f"COPY ({report_sql('transactions')}) TO '{target}'")
    shutil.rmtree(made / "spill", ignore_errors=True)
    database.rename(made / "run.duckdb")


def write(made: Path, scratch: Path) -> None:
    """Write the workbook."""
    from balance_sync.reports.data import build_report_data
    from balance_sync.reports.workbook import write_workbook

    watch = Stopwatch()
    target = scratch / "report.xlsx"
    copy = scratch / "run.duckdb"
    shutil.copyfile(made / "run.duckdb", copy)
    with finished.session(
        copy, scratch, memory_limit=_DATABASE_MEMORY, threads=_DATABASE_THREADS
    ) as connection:
        rows = connection.table("ledger").count("*").fetchall()[0][0]
        context = finished.context_of(connection)
        with watch:
            write_workbook(target, build_report_data(connection, context))
    watch.tell(rows=rows, units=cells_of(target))


if __name__ == "__main__":
    what, first, second, *rest = sys.argv[1:]
    if what == "prepare":
        prepare(Path(first), Path(second), int(rest[0]))
    else:
        write(Path(first), Path(second))
