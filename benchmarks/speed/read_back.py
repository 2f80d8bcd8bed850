"""Reads a workbook's sheet of transactions back, and compares every cell with the rows that it was made of.

The reader is calamine, which shares nothing with the writer; what a cell has to hold is worked out here from
the rows as DuckDB gave them, value by value and without the writer's code: money is the nearest double of the
decimal, a time the local one to the millisecond, a text the very text. A sheet's empty cell stands for null
and for "" alike.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

SHEET = "Transactions"
_HEADER_ROWS = 60
_SHOWN = 5
_SLICE_ROWS = 20_000
_EXACT_DIGITS = 15
_ZONE = ZoneInfo("Asia/Bahrain")
_OUTCOMES = {
    "published": "Synced",
    "already_synced": "Already in sync",
    "skipped_create": "Skipped: balance created",
    "skipped_flag": "Skipped: update switched off",
    "rejected_negative": "Refused: would go below zero",
    "failed": "Failed",
    "incomplete": "No outcome logged",
}
_MONEY = {
    "Amount": "amount",
    "VAT": "vat",
    "Amount excl. VAT": "net_amount",
    "Old balance": "old_balance",
    "New balance": "new_balance",
    "Expected balance": "expected_balance",
    "Off by": "balance_error",
    "Payment balance": "payment_balance",
}
_TEXTS = {
    "Subscriber": "user_id",
    "Type": "type",
    "Action": "action",
    "Currency": "currency",
    "Findings": "rules",
    "Transaction": "transaction_id",
    "Delivery": "delivery_id",
    "Plan": "plan_type",
    "Request": "request_id",
    "Source": "source_id",
}
_Row = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """A cell that does not hold what it should; rows count from 1, `header` is empty for a missing row."""

    row: int
    header: str
    expected: object
    found: object


@dataclass
class ReadBack:
    """What reading back came to."""

    rows: int
    cells: int
    differing: int
    examples: list[Difference]


def _local(row: _Row) -> datetime:
    moment: datetime = row["logged_at"].astimezone(_ZONE).replace(tzinfo=None)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _utc(row: _Row) -> str:
    moment: datetime = row["logged_at"].astimezone(ZoneInfo("UTC"))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _exact(row: _Row) -> str | None:
    found = []
    for header, name in _MONEY.items():
        value: Decimal | None = row[name]
        plain = value.normalize() if value is not None else None
        if plain is not None and len(plain.as_tuple().digits) > _EXACT_DIGITS:
            found.append(f"{header} {plain:f}")
    return "; ".join(found) or None


def _expectations() -> dict[str, Callable[[_Row], Any]]:
    """Return what makes the value of each column out of a row, by header."""

    def of(name: str) -> Callable[[_Row], Any]:
        return lambda row: row[name]

    return {
        "Time (Asia/Bahrain)": _local,
        "Time (UTC)": _utc,
        "Outcome": lambda row: _OUTCOMES.get(row["outcome"], row["outcome"]),
        "Line": of("line"),
        "Exact figures (where a spreadsheet rounds)": _exact,
        **{header: of(name) for header, name in (_TEXTS | _MONEY).items()},
    }


def _same(expected: object, found: object) -> bool:
    if expected is None or expected == "":
        return found == ""
    if isinstance(expected, Decimal | int):
        return isinstance(found, float | int) and float(expected) == float(found)
    if isinstance(expected, datetime) and isinstance(found, datetime):
        return abs((expected - found).total_seconds()) < 0.0005
    return expected == found


def _cells(path: Path) -> Iterator[list[Any]]:
    """Yield the header and the rows below it, over all sheets of the section; its totals end a sheet."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(str(path)) as book:
        names = [name for name in book.sheet_names if name.partition(" (")[0] == SHEET]
        for number, name in enumerate(names):
            rows = iter(book.get_sheet_by_name(name).iter_rows())
            header = next(row for row, _ in zip(rows, range(_HEADER_ROWS), strict=False) if row[0] and row[9])
            if not number:
                yield header
            told = [at for at, text in enumerate(header) if text in _TEXTS and text != "Currency"]
            for row in rows:
                # A row of totals has no subscriber and no transaction.
                if not any(row[at] for at in told):
                    break
                yield row


def read_back(workbook: Path, table: Path) -> ReadBack:
    """Compare the cells of `workbook` with the rows of `table`, a Parquet file."""
    import polars as pl

    rows = (
        row
        for piece in pl.read_parquet(table).iter_slices(_SLICE_ROWS)
        for row in piece.iter_rows(named=True)
    )
    cells = _cells(workbook)
    header = next(cells)
    expectations = _expectations()
    # The number of a currency serves formulas, and stands for nothing in the rows.
    made = [(at, text, expectations[text]) for at, text in enumerate(header) if text != "Currency no."]
    result = ReadBack(0, 0, 0, [])
    missing = set(expectations) - set(header)
    if missing:
        raise ValueError(f"the sheet has no columns {sorted(missing)}")
    for number, (row, found) in enumerate(zip_longest(rows, cells), start=1):
        if row is None or found is None:
            differences = [Difference(number, "", row, found)]
        else:
            result.rows += 1
            result.cells += len(made)
            differences = [
                Difference(number, text, make(row), found[at])
                for at, text, make in made
                if not _same(make(row), found[at])
            ]
        result.differing += len(differences)
        result.examples += differences[: _SHOWN - len(result.examples)]
    return result


def main(workbook: Path, table: Path) -> int:
    """Say what reading back came to, and return 1 where a cell differs."""
    result = read_back(workbook, table)
    print(f"{result.rows} rows, {result.cells} cells, {result.differing} differ")
    for one in result.examples:
        print(f"row {one.row} {one.header!r}: expected {one.expected!r}, found {one.found!r}")
    return int(result.differing > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
