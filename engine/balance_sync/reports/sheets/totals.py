"""What stands in the row of totals below a sheet's rows, and follows its filters.

Money of several currencies has no sum. Such a sheet has a hidden column with a number for each currency;
where the rows shown have one number, the sums appear, else the currency's cell says why there are none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from balance_sync.reports.labels import SEVERAL_CURRENCIES
from balance_sync.reports.sheets.columns import Column, Kind
from balance_sync.reports.sheets.formats import money_style
from balance_sync.reports.sheets.table_object import TotalCell

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

CURRENCY_NUMBER = "currency_number"
"""Name of the hidden column."""

_COUNT_SHOWN, _LARGEST_SHOWN, _SMALLEST_SHOWN, _SUM_SHOWN = 103, 104, 105, 109
"""Functions of SUBTOTAL that leave out what a filter hides."""


def with_currency_numbers(frame: pl.DataFrame, currencies: Sequence[str]) -> pl.DataFrame:
    """Return `frame` with a number for each row's currency, 0 for one that is not stated."""
    import polars as pl

    numbers = {currency: number for number, currency in enumerate(currencies, start=1)}
    number = pl.col("currency").replace_strict(numbers, default=0, return_dtype=pl.Int32)
    return frame.with_columns(number.alias(CURRENCY_NUMBER))


class TotalsRow:
    """Adds up the columns of one sheet while its rows are written."""

    def __init__(self, columns: Sequence[Column], *, minor_unit: int) -> None:
        self._columns, self._minor_unit = columns, minor_unit
        self._sums: dict[str, Decimal | int] = {one.name: 0 for one in columns if one.summed}
        self._missing = dict.fromkeys((one.name for one in columns), 0)
        self._currencies: set[int] = set()
        self._places = {column.name: at for at, column in enumerate(columns)}

    def add(self, frame: pl.DataFrame) -> None:
        """Add rows of the sheet."""
        import polars as pl

        if self._sums:
            sums = frame.select(pl.col(list(self._sums)).sum()).row(0, named=True)
            self._sums = {name: value + (sums[name] or 0) for name, value in self._sums.items()}
        nulls = frame.null_count().row(0, named=True)
        self._missing = {name: count + nulls.get(name, frame.height) for name, count in self._missing.items()}
        if CURRENCY_NUMBER in frame.columns:
            self._currencies.update(frame[CURRENCY_NUMBER].unique().to_list())

    def width(self, column: Column) -> int:
        """Return the characters that a column's total takes, 0 for none."""
        if not column.summed:
            return 0
        return len(f"{self._sums[column.name]:,.{3 if column.kind is Kind.MONEY else 0}f}")

    def cells(self, first_row: int, rows: int) -> list[TotalCell]:
        """Return the total of each column over `rows` rows from `first_row` (0-based) on."""
        ranges = [_range(at, first_row, rows) for at in range(len(self._columns))]
        found = [self._cell(column, ranges) for column in self._columns]
        # A column that is filled in every row counts them.
        filled = next((at for at, one in enumerate(self._columns) if not self._missing[one.name]), 0)
        count = rows - self._missing[self._columns[filled].name]
        found[0] = TotalCell(_subtotal(_COUNT_SHOWN, ranges[filled]), count, "total_rows")
        return found

    def _cell(self, column: Column, ranges: Sequence[str]) -> TotalCell:
        total, value = "", 0.0
        if column.summed:
            total = _subtotal(_SUM_SHOWN, ranges[self._places[column.name]])
            value = float(self._sums[column.name])
        number = self._places.get(CURRENCY_NUMBER)
        if number is not None and (column.name == "currency" or (column.kind is Kind.MONEY and total)):
            return self._of_one_currency(column, total, value, ranges[number])
        if not total:
            return TotalCell()
        style = money_style(self._minor_unit) if column.kind is Kind.MONEY else "count"
        return TotalCell(total, value, f"total_{style}")

    def _of_one_currency(self, column: Column, total: str, value: float, numbers: str) -> TotalCell:
        """Return a total that is there where one currency is, or of the currencies why there is none."""
        several = len(self._currencies) > 1
        one = f"{_subtotal(_SMALLEST_SHOWN, numbers)}={_subtotal(_LARGEST_SHOWN, numbers)}"
        if column.name == "currency":
            said = SEVERAL_CURRENCIES if several else ""
            return TotalCell(f'IF({one},"","{SEVERAL_CURRENCIES}")', said)
        style = f"total_{money_style(self._minor_unit)}"
        return TotalCell(f'IF({one},{total},"")', "" if several else value, style)


def _subtotal(function: int, cells: str) -> str:
    return f"SUBTOTAL({function},{cells})"


def _range(column: int, first_row: int, rows: int) -> str:
    from xlsxwriter.utility import xl_range

    return str(xl_range(first_row, column, first_row + max(rows, 1) - 1, column))
