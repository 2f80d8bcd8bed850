"""Looks into workbooks of any size by streaming the XML of their sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from zipfile import ZipFile

_CHUNK_BYTES = 1 << 22
_TAIL_BYTES = 1 << 16
_TOP_ROWS = 100
_ROWS_OF_TOTALS = 1
_ROW = re.compile(rb'<row r="(\d+)"')


def cells_of(path: Path) -> int:
    """Count the cells that hold something, in all sheets; cells with a format alone are not counted."""
    mark = b"</c>"
    found = 0
    for pieces in _sheets(path):
        kept = b""
        for piece in pieces:
            found += (kept + piece).count(mark)
            kept = piece[-len(mark) + 1 :]
    return found


def rows_below_header(path: Path) -> int:
    """Count the rows of the longest sheet between its header, with cells in ten columns, and its totals."""
    import openpyxl

    last_rows = [int(_ROW.findall(tail)[-1]) for tail in _tails(path)]
    longest = last_rows.index(max(last_rows))
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        rows = book.worksheets[longest].iter_rows(max_row=_TOP_ROWS, values_only=True)
        header = next(at for at, row in enumerate(rows, start=1) if sum(cell is not None for cell in row) > 9)
    finally:
        book.close()
    return last_rows[longest] - header - _ROWS_OF_TOTALS


def _tails(path: Path) -> list[bytes]:
    """Return the end of each sheet's XML, in the order of the sheets."""
    tails = []
    for pieces in _sheets(path):
        tail = b""
        for piece in pieces:
            tail = (tail + piece)[-_TAIL_BYTES:]
        tails.append(tail)
    return tails


def _sheets(path: Path) -> Iterator[Iterator[bytes]]:
    with ZipFile(path) as book:
        count = sum(name.startswith("xl/worksheets/sheet") for name in book.namelist())
        for place in range(count):
            with book.open(f"xl/worksheets/sheet{place + 1}.xml") as sheet:
                yield iter(partial(sheet.read, _CHUNK_BYTES), b"")
