"""Lays a section out on a sheet: what it is, a header that stays, rows, filters, print set-up.

A section longer than a sheet continues on further sheets, and each says which rows it holds.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from balance_sync.feedback import statements
from balance_sync.feedback.statements import DECISION_WORDS, Decision
from balance_sync.reports.labels import (
    CUT_LINKS,
    CUT_TEXTS,
    DECISION_ERROR,
    DECISION_HINT,
    LEFT_OUT,
    NOT_PRINTED,
    PART,
    SUMS_BY_CURRENCY,
)
from balance_sync.reports.sheets.columns import Cells, Column, Kind, frame_cells, unique_headers
from balance_sync.reports.sheets.plan import SheetPlan, row_links
from balance_sync.reports.sheets.row_xml import LINKS_A_SHEET, check_code, unmarked, write_rows
from balance_sync.reports.sheets.table_object import add_table
from balance_sync.reports.sheets.totals import TotalsRow, with_currency_numbers
from balance_sync.reports.visible_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

    from balance_sync.reports.sheets.formats import FormatBook

FIRST_SHEET = "README"

_WIDTHS = {
    **{Kind.WRAPPED: 80, Kind.UTC: 24, Kind.TIME: 19, Kind.DAY: 11, Kind.SEVERITY: 10, Kind.STATUS: 9},
    **{Kind.DECISION: 18, Kind.NOTE: 40},
}
_DECISION_STYLES = {
    Decision.CONFIRMED: "error",
    Decision.FALSE_POSITIVE: "good",
    Decision.ACCEPTED: "good",
    Decision.NEEDS_INFORMATION: "warning",
}
_SEVERAL_LINES = (Kind.WRAPPED, Kind.NOTE)
_INPUT_STYLES = {Kind.DECISION: "input", Kind.NOTE: "input_wrapped"}
_VALIDATIONS = {
    Kind.DECISION: {
        "validate": "list",
        "source": list(DECISION_WORDS.values()),
        "input_message": DECISION_HINT,
        "error_message": DECISION_ERROR,
    },
    Kind.NOTE: {
        "validate": "length",
        "criteria": "<=",
        "value": statements.NOTE_CHARACTERS,
        "error_message": f"A note has at most {statements.NOTE_CHARACTERS:,} characters.",
    },
}
_WIDEST = 115
_LINE_POINTS = 13.5
_MOST_LINES = 30


class TableSheet:
    """Writes the sheets of a plan, frame after frame."""

    def __init__(
        self,
        workbook: Workbook,
        plan: SheetPlan,
        *,
        book: FormatBook,
        zone: str,
        footer: str,
        target: SheetPlan | None,
    ) -> None:
        self._workbook, self._plan, self._book = workbook, plan, book
        self._zone, self._footer, self._target = zone, footer, target
        self._links = next((at for at, one in enumerate(plan.columns) if one.kind is Kind.LINK), None)
        self._part, self._written, self._cut = 0, 0, 0
        self._headers = unique_headers(plan.columns, zone)
        self._widths = [_header_width(header) for header in self._headers]
        self._totals = TotalsRow(plan.columns, minor_unit=plan.minor_unit)
        self._worksheet = self._open()

    def write(self, frames: Iterable[pl.DataFrame]) -> None:
        """Write all rows, and what is said below them."""
        left = self._plan.rows
        for frame in frames:
            rest = frame.head(left)
            left -= rest.height
            while rest.height:
                if self._written == self._plan.capacity:
                    self._close()
                    self._part, self._written = self._part + 1, 0
                    self._totals = TotalsRow(self._plan.columns, minor_unit=self._plan.minor_unit)
                    self._worksheet = self._open()
                take = min(self._plan.capacity - self._written, rest.height)
                self._write_frame(rest.head(take))
                rest = rest.slice(take)
        self._close()

    def _open(self) -> Worksheet:
        plan, book = self._plan, self._book
        sheet = self._workbook.add_worksheet(plan.sheet_name(self._part))
        check_code(sheet.write_string(0, 0, unmarked(plan.title), book["title"]), sheet)
        back = sheet.write_url(1, 0, f"internal:'{FIRST_SHEET}'!A1", book["link"], f"← {FIRST_SHEET}")
        check_code(back, sheet)
        lines = [*plan.note_lines, self._line_of_parts()]
        for row, line in enumerate(lines, start=2):
            if line:
                check_code(sheet.write_string(row, 0, unmarked(visible(line)), book["note"]), sheet)
        sheet.set_row(plan.header_row, 32)
        for at, column in enumerate(plan.columns):
            own = "input_header" if column.is_input else "header"
            style = book["header_right" if column.is_number else own]
            check_code(sheet.write_string(plan.header_row, at, self._headers[at], style), sheet)
        sheet.freeze_panes(plan.header_row + 1, plan.frozen)
        return sheet

    def _line_of_parts(self) -> str:
        plan = self._plan
        said = []
        if plan.parts > 1:
            first = self._part * plan.capacity + 1
            last = min(first + plan.capacity - 1, plan.rows)
            said.append(
                PART.format(part=self._part + 1, parts=plan.parts, first=first, last=last, rows=plan.rows)
            )
        else:
            said.append(f"{plan.rows:,} rows." if plan.rows != 1 else "1 row.")
        if plan.currencies and plan.rows:
            said.append(SUMS_BY_CURRENCY)
        if plan.left_out:
            said.append(LEFT_OUT.format(count=plan.left_out, file=plan.full_file))
        if self._printed_columns() < sum(not column.hidden for column in plan.columns):
            said.append(NOT_PRINTED.format(column=f"“{self._headers[self._printed_columns() - 1]}”"))
        return " ".join(said)

    def _printed_columns(self) -> int:
        return sum(column.printed for column in self._plan.columns)

    def _write_frame(self, frame: pl.DataFrame) -> None:
        plan = self._plan
        if plan.currencies:
            frame = with_currency_numbers(frame, plan.currencies)
        self._totals.add(frame)
        cells = frame_cells(frame, plan.columns, zone=self._zone, book=self._book)
        self._cut += sum(block.cut for block in cells)
        self._widths = [max(width, block.width) for width, block in zip(self._widths, cells, strict=True)]
        links = self._link_cells(frame)
        if links is not None and self._links is not None:
            cells[self._links] = _plain_where_unlinked(cells[self._links], links, self._book)
        first_row = plan.header_row + 1 + self._written
        write_rows(
            self._worksheet,
            first_row,
            cells,
            formats=self._book.formats,
            heights=self._heights(cells),
            links=links,
            link_column=self._links or 0,
        )
        self._written += frame.height

    def _heights(self, cells: Sequence[Cells]) -> pl.Series | None:
        """Return the heights of rows whose texts take several lines: not every program finds them itself."""
        import polars as pl

        # A width counts digits; letters are narrower, by about as much as whole words leave of a line.
        lines = [
            (pl.lit(block.texts).str.len_chars() + (_WIDTHS[column.kind] - 1)) // _WIDTHS[column.kind]
            for block, column in zip(cells, self._plan.columns, strict=True)
            if column.kind in _SEVERAL_LINES and block.width > _WIDTHS[column.kind]
        ]
        if not lines:
            return None
        most = pl.max_horizontal(lines).clip(upper_bound=_MOST_LINES)
        return pl.select(pl.when(most > 1).then(most * _LINE_POINTS)).to_series()

    def _link_cells(self, frame: pl.DataFrame) -> pl.Series | None:
        """Return the links of a frame's rows, as far as the sheet may hold them."""
        if self._target is None or self._links is None or "place" not in frame.columns:
            return None
        links = row_links(self._target, frame["place"])
        # One link of the sheet is the way back.
        left = max(LINKS_A_SHEET - 1 - self._written, 0)
        return links.head(left).extend_constant(None, max(frame.height - left, 0))

    def _close(self) -> None:
        plan, sheet, book = self._plan, self._worksheet, self._book
        last_row = self._end_table()
        notes = [plan.nothing] if not plan.rows and plan.nothing else []
        if self._cut:
            notes.append(CUT_TEXTS.format(count=self._cut, file=plan.full_file))
        if self._target is not None and self._links is not None and self._written > LINKS_A_SHEET - 1:
            notes.append(CUT_LINKS.format(count=LINKS_A_SHEET - 1))
        for row, note in enumerate(notes, start=last_row + 1):
            check_code(sheet.write_string(row, 0, note, book["note"]), sheet)
        for at, column in enumerate(plan.columns):
            # The cells that people fill in are not there yet: their column holds their format.
            style = book[_INPUT_STYLES[column.kind]] if column.is_input else None
            hidden = {"hidden": column.hidden}
            check_code(sheet.set_column(at, at, self._width(at, column), style, hidden), sheet)
            if column.is_input and self._written:
                self._take_input(at, column.kind)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        set_up_print(sheet, self._footer, header_row=plan.header_row)
        sheet.print_area(0, 0, last_row + len(notes), self._printed_columns() - 1)

    def _end_table(self) -> int:
        """Make the rows a table with totals, and return its last row; without rows there is only a filter."""
        plan, sheet, header_row = self._plan, self._worksheet, self._plan.header_row
        if not self._written:
            code = sheet.autofilter(header_row, 0, header_row + 1, len(plan.columns) - 1)
            check_code(code, sheet)
            return header_row
        number = len(self._workbook.worksheets())
        add_table(
            sheet,
            f"{re.sub(r'[^A-Za-z]+', '_', plan.name)}_{number}",
            headers=self._headers,
            header_row=header_row,
            rows=self._written,
            totals=self._totals.cells(header_row + 1, self._written),
            book=self._book,
        )
        self._widths = [
            max(width, self._totals.width(column))
            for width, column in zip(self._widths, plan.columns, strict=True)
        ]
        self._widths[0] = max(self._widths[0], len(f"{self._written:,} rows"))
        return header_row + self._written + 1

    def _take_input(self, at: int, kind: Kind) -> None:
        """Let people fill a column in: a list of words, colours beside them, a limit on notes."""
        sheet, first, last = self._worksheet, self._plan.header_row + 1, self._plan.header_row + self._written
        check_code(sheet.data_validation(first, at, last, at, _VALIDATIONS[kind]), sheet)
        blank = {"type": "blanks", "format": self._book["to_fill_in"]}
        check_code(sheet.conditional_format(first, at, last, at, blank), sheet)
        if kind is Kind.DECISION:
            for decision, style in _DECISION_STYLES.items():
                word = {"type": "cell", "criteria": "==", "value": f'"{DECISION_WORDS[decision]}"'}
                code = sheet.conditional_format(first, at, last, at, {**word, "format": self._book[style]})
                check_code(code, sheet)

    def _width(self, at: int, column: Column) -> float:
        measured = self._widths[at] + 2.5
        if column.kind is Kind.WRAPPED:
            return min(measured, _WIDTHS[Kind.WRAPPED])
        if column.kind is Kind.NOTE:
            return _WIDTHS[Kind.NOTE]
        return max(min(measured, _WIDEST), _WIDTHS.get(column.kind, 0) + 1.5)


def _header_width(header: str) -> int:
    """Return the characters that a header takes on two lines."""
    return max(*(len(word) for word in header.split()), -(-len(header) // 2), 4)


def _plain_where_unlinked(cells: Cells, links: pl.Series, book: FormatBook) -> Cells:
    """Return `cells` that look like links only where they are some."""
    import polars as pl

    style = pl.select(
        pl.when(links.is_null()).then(book.place("text")).otherwise(book.place("link"))
    ).to_series()
    return replace(cells, style=style)


def set_up_print(sheet: Worksheet, footer: str, *, header_row: int | None = None) -> None:
    """Set a sheet to A4 landscape, one page wide, with its header on each page and page numbers."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L&8{footer}&C&8Page &P of &N&R&8&A")
    if header_row is not None:
        sheet.repeat_rows(header_row)
