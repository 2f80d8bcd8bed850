"""Makes a sheet's rows a table object of the spreadsheet: a filter in each header, stripes, a row of totals.

xlsxwriter refuses ``add_table`` where rows go to a file as they are written, for it would write the header
itself. Only the part that describes the table is missing then, and it takes that from a list of the sheet.
The list is a private member of the pinned xlsxwriter; where it is missing the rows get a plain filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from balance_sync.reports.sheets.row_xml import check_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter.worksheet import Worksheet

    from balance_sync.reports.sheets.formats import FormatBook

_PRIVATE = "tables"
_STYLE = "TableStyleLight1"
_NO_COLUMN = {
    "total_string": "",
    "total_function": "",
    "custom_total": "",
    "total_value": 0,
    "formula": "",
    "format": None,
    "name_format": None,
}


@dataclass(frozen=True)
class TotalCell:
    """A cell below the rows.

    Parameters
    ----------
    formula
        Without its equals sign; empty for a cell that says nothing.
    value
        What the formula gives while all rows are shown.
    """

    formula: str = ""
    value: float | str = ""
    style: str = "total"


def add_table(
    sheet: Worksheet,
    name: str,
    *,
    headers: Sequence[str],
    header_row: int,
    rows: int,
    totals: Sequence[TotalCell],
    book: FormatBook,
) -> None:
    """Make the header, the `rows` below it and a row of totals, which is written here, a table.

    Parameters
    ----------
    name
        Of the table: unique in the workbook, letters, digits and underscores, unlike a cell's name.
    headers
        The texts of the header's cells, to the letter, no two alike whatever their case.
    totals
        One for each column; none for a table without them.
    """
    from xlsxwriter.utility import xl_range

    last_column, last_row = len(headers) - 1, header_row + rows
    filtered = xl_range(header_row, 0, last_row, last_column)
    for at, total in enumerate(totals):
        _write_total(sheet, last_row + 1, at, total, book)
    if not hasattr(sheet, _PRIVATE):
        check_code(sheet.autofilter(header_row, 0, last_row, last_column), sheet)
        return
    cells = totals or [TotalCell()] * len(headers)
    sheet.tables.append(
        {
            "name": name,
            "range": xl_range(header_row, 0, last_row + bool(totals), last_column),
            "a_range": filtered,
            "autofilter": filtered,
            "header_row_count": True,
            "totals_row_shown": bool(totals),
            "style": _STYLE,
            "show_first_col": False,
            "show_last_col": False,
            "show_row_stripes": True,
            "show_col_stripes": False,
            "columns": [
                _column(number, header, total)
                for number, (header, total) in enumerate(zip(headers, cells, strict=True), start=1)
            ],
        }
    )


def _column(number: int, header: str, total: TotalCell) -> dict[str, Any]:
    custom = {"total_function": "custom", "custom_total": total.formula} if total.formula else {}
    return {**_NO_COLUMN, **custom, "id": number, "name": header}


def _write_total(sheet: Worksheet, row: int, column: int, total: TotalCell, book: FormatBook) -> None:
    style = book[total.style]
    if total.formula:
        code = sheet.write_formula(row, column, f"={total.formula}", style, total.value)
    else:
        code = sheet.write_blank(row, column, None, style)
    check_code(code, sheet)
