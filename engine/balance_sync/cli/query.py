"""`balance-sync query`: read-only SQL on the database of a finished run."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from balance_sync.cli.diagnostics import note, visible
from balance_sync.cli.options import database_argument
from balance_sync.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyRelation


@click.command()
@click.argument("sql")
@database_argument
@click.option("--csv", "as_csv", is_flag=True, help="Print as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, a list of objects.")
@click.option(
    "--max-rows", type=click.IntRange(0), default=1000, show_default=True, help="Rows to print; 0: all."
)
def query(sql: str, database: Path, as_csv: bool, as_json: bool, max_rows: int) -> None:
    """Run one SQL query on the database of a run; it can read the run's tables and nothing else.

    The tables asked for most: sources, transactions, sync_errors, messages, invocations, rejects, findings,
    runs, ledger, roll_forward, episodes, anomalies, currencies. SHOW TABLES lists them all.
    """
    import duckdb

    from balance_sync.store.reading import read_only_session

    with read_only_session(database) as connection:
        try:
            if len(connection.extract_statements(sql)) != 1:
                raise UsageError("query", "give one SQL statement", help='e.g. "SELECT * FROM findings"')
            table = _first_rows(connection.sql(sql), max_rows)
        except duckdb.Error as error:
            raise UsageError(
                "query", str(error).splitlines()[0], help="see the tables with: SHOW TABLES"
            ) from error
    cut = bool(max_rows) and table.num_rows > max_rows
    names = table.column_names
    shown = table.slice(0, max_rows) if cut else table
    rows = list(zip(*(column.to_pylist() for column in shown.columns), strict=True))
    if as_json:
        objects = [dict(zip(names, row, strict=True)) for row in rows]
        click.echo(json.dumps(objects, default=_written, ensure_ascii=False))
    elif as_csv:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([[_guarded(cell) for cell in row] for row in (names, *rows)])
        click.echo(text.getvalue(), nl=False)
    else:
        _print_table(names, rows)
    if cut:
        note(f"note: only the first {max_rows:,} rows are shown; --max-rows 0 shows all")


def _written(cell: object) -> str:
    """Return a value as the CSV files of a run have it: money with its digits and no more, times in UTC."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, Decimal):
        text = f"{cell:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(cell, datetime):
        utc = cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
        fineness = "microseconds" if utc.microsecond % 1000 else "milliseconds"
        return utc.isoformat(timespec=fineness) + ("Z" if cell.tzinfo else "")
    return str(cell)


def _guarded(cell: object) -> object:
    """Return a cell with hidden signs visible, and an apostrophe before text that looks like a formula."""
    from balance_sync.reports.tabular import FORMULA_STARTS
    from balance_sync.reports.visible_text import visible

    if cell is None:
        return None
    if not isinstance(cell, str):
        return _written(cell)
    return ("'" if cell.startswith(FORMULA_STARTS) else "") + visible(cell)


def _first_rows(relation: DuckDBPyRelation | None, most: int) -> pa.Table:
    """Fetch up to one row more than `most` (0: all), through Arrow: times with a zone need pytz otherwise."""
    import pyarrow as pa

    if relation is None:
        return pa.table({})
    reader = relation.to_arrow_reader(2048)
    batches = []
    for batch in reader:
        batches.append(batch)
        if most and sum(b.num_rows for b in batches) > most:
            break
    return pa.Table.from_batches(batches, reader.schema)


def _print_table(names: list[str], rows: list[tuple[object, ...]]) -> None:
    cells = [["" if value is None else visible(_written(value)) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    for row in (names, ["-" * width for width in widths], *cells):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
