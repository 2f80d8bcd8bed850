"""A sheet of blocks one below another, each a heading and a few lines or a small table."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from balance_sync.reports.sheets.formats import FormatBook
from balance_sync.reports.sheets.plan import SheetPlan
from balance_sync.reports.sheets.row_xml import check_code, unmarked
from balance_sync.reports.sheets.table_sheet import set_up_print
from balance_sync.reports.visible_text import cut, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlsxwriter import Workbook

_COLUMNS = (16, 40, 17, 17, 17, 17, 17, 17, 17, 17)
"""Widths of the sheet's columns."""


BLOCK_SHEETS = ("README", "Charts", "Sign-off")
"""The sheets of blocks, which links name as they are called."""

_LONGEST = 2_000
_CHART_PIXELS = {"x_scale": 1.44, "y_scale": 1.2}


class BlockSheet:
    """Writes a sheet from top to bottom, block after block; every code that xlsxwriter returns is checked."""

    def __init__(
        self, workbook: Workbook, name: str, *, book: FormatBook, plans: Mapping[str, SheetPlan], footer: str
    ) -> None:
        self._book, self._plans = book, plans
        self._sheet = workbook.add_worksheet(name)
        self._row = 0
        for at, width in enumerate(_COLUMNS):
            check_code(self._sheet.set_column(at, at, width), self._sheet)
        self._sheet.hide_gridlines(2)
        set_up_print(self._sheet, footer)

    @property
    def row_number(self) -> int:
        """Number of the current row, as formulas name it."""
        return self._row + 1

    def next_row(self) -> None:
        """Go down a row."""
        self._row += 1

    def text(self, column: int, text: str, style: str = "text") -> None:
        """Write `text`, harmless to look at and cut where it is long, into a column of the current row."""
        shown = unmarked(cut(visible(text), _LONGEST))
        check_code(self._sheet.write_string(self._row, column, shown, self._book[style]), self._sheet)

    def link(self, column: int, section: str, text: str, *, place: int | None = None) -> None:
        """Write a link to a section's sheet or one of its rows, or the bare text where there is none."""
        plan = self._plans.get(section)
        if plan is None and section not in BLOCK_SHEETS:
            self.text(column, text)
            return
        link = f"internal:{plan.cell_of(place)}" if plan else f"internal:'{section}'!A1"
        shown = unmarked(cut(visible(text), _LONGEST))
        check_code(self._sheet.write_url(self._row, column, link, self._book["link"], shown), self._sheet)

    def value(self, column: int, value: int | Decimal | None, style: str) -> None:
        """Write a number; nothing for none."""
        if value is not None:
            code = self._sheet.write_number(self._row, column, float(value), self._book[style])
            check_code(code, self._sheet)

    def heading(self, text: str, note: str = "") -> None:
        """Leave a row and write a heading, with a note below it."""
        self._row += 1
        for column in range(len(_COLUMNS)):
            self.text(column, text if column == 0 else "", "heading")
        self._row += 1
        if note:
            self.paragraph(note)

    def paragraph(self, text: str) -> None:
        """Write a text of our own, line by line."""
        for line in textwrap.wrap(text, 165):
            self.text(0, line, "note")
            self._row += 1

    def header(self, *labels: str) -> None:
        """Write a header; labels of numbers end in ``>``."""
        self._sheet.set_row(self._row, 32)
        for column, label in enumerate(labels):
            self.text(column, label.rstrip(">"), "header_right" if label.endswith(">") else "header")
        self._row += 1

    def fact(self, label: str, text: str) -> None:
        """Write a line of a label and what it stands for."""
        self.text(0, label, "bold")
        self.text(1, text)
        self._row += 1

    def break_pages(self, rows: Sequence[int]) -> None:
        """Begin new pages in print before these rows, counted from 0."""
        self._sheet.set_h_pagebreaks(list(rows))
        # A sheet that is fitted to pages has no breaks of its own: it is made narrow enough instead.
        self._sheet.fit_page = False
        self._sheet.set_print_scale(50)

    def insert_chart(self, row: int, column: int, chart: Any) -> None:
        """Place a chart with its upper left corner in a cell (0-based)."""
        check_code(self._sheet.insert_chart(row, column, chart, _CHART_PIXELS), self._sheet)

    def signature_line(self, label: str, *, boxes: int) -> None:
        """Write a label and empty boxes to write into, in print too."""
        check_code(self._sheet.set_row(self._row, 36), self._sheet)
        self.text(0, label, "bold")
        for column in range(1, boxes + 1):
            check_code(self._sheet.write_blank(self._row, column, None, self._book["box"]), self._sheet)
        self._row += 1

    def formula(self, column: int, formula: str, value: float, style: str) -> None:
        """Write a formula with the value it has."""
        code = self._sheet.write_formula(self._row, column, formula, self._book[style], value)
        check_code(code, self._sheet)
