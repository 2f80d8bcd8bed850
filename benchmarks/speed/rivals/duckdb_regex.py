"""Logs to Parquet tables by DuckDB alone: `read_text` and regular expressions.

`read_text` of DuckDB 2.0 does not inflate, so Python does, into files of some megabytes that end where an
event does. What the expressions do not match is missing: how many rows that are is recorded with the time.
"""

from __future__ import annotations

import gzip
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.speed.case import Case, Facts, Place, Program, told_facts
from benchmarks.speed.stages import tables
from benchmarks.speed.stopwatch import Stopwatch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PART_BYTES = 16 << 20
_EVENT_END = b"\n\n20"

_RECORD = {
    "transactions": r"\S+Z\t\S+\tINFO\tStart syncing the balance \{\n"
    r"  transaction: \{\n(?:    [^\n]*\n)+  \}\n\}",
    "sync_errors": r"\S+Z\t\S+\tERROR\tSubscription balance and payment balance are not in sync \{\n"
    r"(?:  [^\n]*\n)+\}",
}
_TEXTS = {
    "transactions": ("id", "userId", "type", "source", "action", "currency", "metadata"),
    "sync_errors": ("userId",),
}
_MONEY = {
    "transactions": ("amount", "vat", "oldBalance", "newBalance", "paymentBalance"),
    "sync_errors": ("subscriptionBalance", "paymentBalance"),
}


def _command(place: Place) -> list[str]:
    return place.engine.module("rivals.duckdb_regex", place.logs, place.scratch)


def _expected(answer: Facts) -> Facts:
    return {name: answer[name] for name in _RECORD}


CASES = (
    Case(
        Program("against-duckdb", tables.CASES[0].program.command, tables.read_store, tables.expected_rows),
        title="logs to Parquet tables by `ingest` against DuckDB's `read_text` with regular expressions",
        yardstick=Program("read_text + regexp", _command, told_facts, _expected),
        bar=0.5,
        memory_mb=500,
        starts=True,
        largest=10**9,
    ),
)


def main(logs: Path, scratch: Path) -> None:
    """Inflate, match, write."""
    import duckdb

    watch = Stopwatch()
    found = {}
    with watch, duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET temp_directory = '{scratch}/spill'")
        texts = _inflate(logs, scratch / "text")
        for table in _RECORD:
            found[table] = _write(connection, table, texts=texts, target=scratch / f"{table}.parquet")
    shutil.rmtree(texts)
    watch.tell(rows=found["transactions"], **found)


def _inflate(logs: Path, folder: Path) -> Path:
    """Write the text of all files to `folder`, in parts."""
    folder.mkdir()
    held = b""
    number = 0
    for path in sorted(logs.rglob("*.gz")):
        with gzip.open(path, "rb") as file:
            while piece := file.read(_PART_BYTES):
                held += piece
                if len(held) >= _PART_BYTES:
                    cut = held.rfind(_EVENT_END) + 2
                    (folder / f"{number:06}.txt").write_bytes(held[:cut])
                    held, number = held[cut:], number + 1
    (folder / f"{number:06}.txt").write_bytes(held)
    return folder


def _write(connection: DuckDBPyConnection, table: str, *, texts: Path, target: Path) -> int:
    """Match the records of a table, cut them into columns, and write them; return how many there are."""
    columns = [
        r"regexp_extract(record, '^(\S+Z)\t', 1)::TIMESTAMPTZ AS logged_at",
        r"regexp_extract(record, '^\S+\t(\S+)', 1) AS request_id",
        *(
            rf"nullif(regexp_extract(record, '\n +{name}: ''([^\n]*)''', 1), '') AS {name}"
            for name in _TEXTS[table]
        ),
        *(
            rf"try_cast(regexp_extract(record, '\n +{name}: ([^\n,]*)', 1) AS DECIMAL(38, 18)) AS {name}"
            for name in _MONEY[table]
        ),
    ]
    query = f"""
        SELECT {", ".join(columns)}
        FROM (SELECT unnest(regexp_extract_all(content, $pattern)) AS record FROM read_text('{texts}/*.txt'))
    """
    connection.execute(f"CREATE TABLE {table} AS {query}", {"pattern": _RECORD[table]})
    connection.execute(f"COPY {table} TO '{target}' (FORMAT parquet)")
    return int(connection.table(table).count("*").fetchall()[0][0])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
