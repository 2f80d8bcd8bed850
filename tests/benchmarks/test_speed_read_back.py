from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest
from benchmarks.speed import read_back
from benchmarks.speed.read_back import Difference
from openpyxl import Workbook

HEADERS = [name for name in read_back._expectations() if name]


def row(**fields):
    """Give a row of the query of transactions."""
    texts = dict.fromkeys(read_back._TEXTS.values(), "text")
    money = dict.fromkeys(read_back._MONEY.values(), Decimal("1.5"))
    moment = datetime(2024, 1, 1, 22, 30, 0, 123_000, tzinfo=UTC)
    return texts | money | {"logged_at": moment, "outcome": "failed", "line": 7} | fields


def shown(given):
    """Give the cells that such a row has."""
    local = datetime(2024, 1, 2, 1, 30, 0, 123_000)  # noqa: DTZ001 (a sheet's times have no zone)
    texts = {header: given[name] for header, name in read_back._TEXTS.items()}
    money = {header: float(given[name]) for header, name in read_back._MONEY.items()}
    return {
        **texts,
        **money,
        "Time (Asia/Bahrain)": local,
        "Time (UTC)": "2024-01-01T22:30:00.123Z",
        "Outcome": "Failed",
        "Line": 7,
        "Exact figures (where a spreadsheet rounds)": None,
    }


def write(folder, rows, sheets):
    """Write the rows, and a workbook whose sheets have these cells and a row of totals each."""
    money = dict.fromkeys(read_back._MONEY.values(), pl.Decimal(38, 18))
    pl.DataFrame(rows, schema_overrides=money).write_parquet(folder / "rows.parquet")
    book = Workbook()
    book.remove(book.active)
    for number, cells in enumerate(sheets, start=1):
        sheet = book.create_sheet("Transactions" if number == 1 else f"Transactions ({number})")
        for line in (["Transactions"], ["A note."], HEADERS):
            sheet.append(line)
        for one in cells:
            sheet.append([one[header] for header in HEADERS])
        sheet.append(["2 rows"])
    book.save(folder / "report.xlsx")
    return folder / "report.xlsx", folder / "rows.parquet"


def test_equal_cells_are_equal_over_all_sheets(tmp_path):
    rows = [row(), row(user_id="other"), row(amount=Decimal("0.100000000000000005"))]
    cells = [shown(one) for one in rows]
    cells[2]["Exact figures (where a spreadsheet rounds)"] = "Amount 0.100000000000000005"
    found = read_back.read_back(*write(tmp_path, rows, [cells[:2], cells[2:]]))
    assert (found.rows, found.cells, found.differing) == (3, 3 * len(HEADERS), 0)


@pytest.mark.parametrize(
    ("header", "wrong"),
    [("Amount", 1.500000000000001), ("Subscriber", "texT"), ("Line", 8), ("Delivery", None)],
)
def test_a_single_wrong_cell_is_found(tmp_path, header, wrong):
    cells = [shown(row()), shown(row()) | {header: wrong}]
    found = read_back.read_back(*write(tmp_path, [row(), row()], [cells]))
    expected = row()[(read_back._TEXTS | read_back._MONEY | {"Line": "line"})[header]]
    assert found.examples == [Difference(2, header, expected, wrong if wrong is not None else "")]


def test_missing_and_surplus_rows_are_found(tmp_path):
    files = write(tmp_path, [row(), row()], [[shown(row())]])
    assert read_back.read_back(*files).differing == 1
    files = write(tmp_path, [row()], [[shown(row())] * 3])
    assert read_back.read_back(*files).differing == 2
