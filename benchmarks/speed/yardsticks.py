"""What the stages are held against: what everybody has, doing the least that could be called the same."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from benchmarks.speed.case import Outcome, Place, Program, told_outcome
from benchmarks.speed.sheets import cells_of
from benchmarks.speed.stopwatch import Stopwatch


def _gunzip(place: Place) -> list[str]:
    logs = shlex.quote(str(place.logs))
    return ["sh", "-c", f"find {logs} -type f -print0 | xargs -0 gzip -dc > /dev/null"]


GUNZIP = Program("gzip -dc", _gunzip)
"""Every file of the archive, inflated to nowhere."""

BARE_PYTHON = Program("python -c pass", lambda place: [str(place.engine.python), "-c", "pass"])


def imports(*packages: str) -> Program:
    """Return the program that starts Python and imports `packages`: what starting costs at least."""
    code = f"import {', '.join(packages)}"
    return Program(f"python -c '{code}'", lambda place: [str(place.engine.python), "-c", code])


START = imports("polars", "pyarrow", "duckdb", "sklearn.ensemble")
"""What a whole run has to import."""


def _write_excel(place: Place) -> list[str]:
    table = place.prepared / "workbook" / "rows.parquet"
    return place.engine.module("yardsticks", table, place.scratch / "polars.xlsx")


def _written(place: Place, out: str) -> Outcome:
    outcome = told_outcome(place, out)
    return Outcome(rows=outcome.rows, units=outcome.units, seconds=outcome.seconds, cpu_s=outcome.cpu_s)


WRITE_EXCEL = Program("write_excel", _write_excel, _written)
"""`polars.DataFrame.write_excel` of the rows that `benchmarks.speed.stages.workbook` prepared."""


def main(table: Path, target: Path) -> None:
    """Write the rows of `table` with `write_excel`; reading them is not timed."""
    import polars as pl

    # Excel knows no time zones, and xlsxwriter refuses times that have one.
    rows = pl.read_parquet(table).with_columns(pl.col(pl.Datetime("us", "UTC")).dt.replace_time_zone(None))
    watch = Stopwatch()
    with watch:
        rows.write_excel(target)
    watch.tell(rows=rows.height, units=cells_of(target))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
