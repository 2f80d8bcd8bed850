"""What a section's sheets are going to be: names, columns, how many rows each holds, where a row will stand.

Known before anything is written, so that sheets written earlier can lead to rows of later ones.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from balance_sync.reports.sheets.columns import Column, Kind
from balance_sync.reports.sheets.totals import CURRENCY_NUMBER

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from balance_sync.reports.figures import CurrencyScale

EXCEL_ROWS = 1_048_576
"""Rows that Excel lets a sheet hold."""

SHEET_NAME_CHARACTERS = 31
NOTE_CHARACTERS = 150

_FOOT_ROWS = 4
"""Rows below a sheet's: totals, and what is said."""


@dataclass(frozen=True)
class SheetPlan:
    """A section that is going to be one sheet or several.

    Parameters
    ----------
    name, title
        Of the first sheet; further ones get a number.
    notes
        Paragraphs under the title.
    rows
        How many there will be in all.
    columns
        From left to right; those in print before those that are not.
    frozen
        Columns that stay when scrolling sideways.
    nothing
        What to say where there are no rows.
    full_file
        Where texts that are cut stand in full.
    left_out
        How many rows more there are, which nobody wants to see.
    max_rows
        Rows a sheet holds, everything counted.
    currencies
        Those of the run, where sums have to tell them apart.
    minor_unit
        Decimals of sums.
    """

    name: str
    title: str
    notes: tuple[str, ...]
    rows: int
    columns: tuple[Column, ...]
    frozen: int = 0
    nothing: str = ""
    full_file: str = ""
    left_out: int = 0
    max_rows: int = EXCEL_ROWS
    currencies: tuple[str, ...] = ()
    minor_unit: int = 2

    def summing(self, currencies: Sequence[CurrencyScale]) -> SheetPlan:
        """Return the plan with what sums of money need in a run with `currencies`."""
        money = any(column.summed and column.kind is Kind.MONEY for column in self.columns)
        if not money or not currencies:
            return self
        finest = replace(self, minor_unit=max(one.minor_unit for one in currencies))
        if len(currencies) == 1:
            return finest
        number = Column(CURRENCY_NUMBER, Kind.PLAIN_COUNT, printed=False, hidden=True)
        names = tuple(one.currency for one in currencies if one.currency)
        return replace(finest, columns=(*self.columns, number), currencies=names)

    def limited(self, rows: int) -> SheetPlan:
        """Return the plan of the first `rows` rows alone."""
        return replace(self, rows=rows, left_out=self.left_out + self.rows - rows)

    @cached_property
    def note_lines(self) -> tuple[str, ...]:
        """The notes, cut into lines."""
        return tuple(line for note in self.notes for line in textwrap.wrap(note, NOTE_CHARACTERS))

    @property
    def header_row(self) -> int:
        """0-based row of the header: below title, way back, notes and the line for parts and print."""
        return 2 + len(self.note_lines) + 2

    @property
    def capacity(self) -> int:
        """Rows of the section that one sheet takes."""
        return self.max_rows - self.header_row - 1 - _FOOT_ROWS

    @property
    def parts(self) -> int:
        """How many sheets there will be."""
        return max(-(-self.rows // self.capacity), 1)

    def sheet_name(self, part: int) -> str:
        """Return the name of a sheet; parts count from 0."""
        if part == 0:
            return self.name
        suffix = f" ({part + 1})"
        return self.name[: SHEET_NAME_CHARACTERS - len(suffix)] + suffix

    def cell_of(self, place: int | None = None) -> str:
        """Return where a row of the section stands, as links name it; for none where the section begins."""
        if place is None or place >= self.rows:
            return f"'{self.name}'!A1"
        part, row = divmod(place, self.capacity)
        return f"'{self.sheet_name(part)}'!A{row + self.header_row + 2}"


def row_links(plan: SheetPlan, places: pl.Series) -> pl.Series:
    """Return the cells where rows of `plan`'s section stand, for their 0-based places; null for null."""
    import polars as pl

    shown = pl.select(pl.when(places < plan.rows).then(places)).to_series()
    parts = shown // plan.capacity
    sheets = {part: f"'{plan.sheet_name(part)}'!A" for part in range(plan.parts)}
    rows = shown % plan.capacity + (plan.header_row + 2)
    names = parts.replace_strict(sheets, default=None, return_dtype=pl.String)
    return pl.select(pl.lit(names) + pl.lit(rows.cast(pl.String))).to_series()
