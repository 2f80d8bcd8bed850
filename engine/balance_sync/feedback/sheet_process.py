"""The process that reads a workbook: asked on stdin, it answers on stdout and keeps within its limits."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from balance_sync.feedback.rows import Row
from balance_sync.feedback.statements import HEADERS
from balance_sync.feedback.workbook import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_calamine import CalamineSheet

HEADER_ROWS = 60
"""A header stands among the first rows of its sheet."""

_PART = re.compile(r" \(\d+\)$")
"""What the names of a section's further sheets end in."""

_NEEDED = ("finding_id", "decision", "note")


def main() -> None:
    """Answer one request."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    _keep_within(request)
    try:
        answer = _read(request)
    except Exception as error:
        answer = Answer(problem=f"{type(error).__name__}: {error}"[:500])
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _keep_within(request: Request) -> None:
    try:
        import resource
    except ImportError:  # no such limits on this system
        return
    for limit, most in (
        (resource.RLIMIT_AS, request.memory_bytes),
        (resource.RLIMIT_CPU, request.processor_s),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _read(request: Request) -> Answer:
    from python_calamine import CalamineWorkbook

    rows: list[Row] = []
    sheets = 0
    with CalamineWorkbook.from_path(request.path) as workbook:
        for name in workbook.sheet_names:
            if _PART.sub("", name) in request.passed_over:
                continue
            sheet = workbook.get_sheet_by_name(name)
            numbered = enumerate(sheet.iter_rows(), start=_first_row(sheet))
            columns = _find_header(numbered)
            if columns is not None:
                sheets += 1
                rows.extend(_decided(name, numbered, columns))
    return Answer(tuple(rows), sheets)


def _first_row(sheet: CalamineSheet) -> int:
    """Return the number that a spreadsheet shows beside the first row that is given."""
    return (sheet.start[0] if sheet.start else 0) + 1


def _find_header(numbered: Iterable[tuple[int, list[Any]]]) -> dict[str, int] | None:
    """Go on to the header, and return where the columns of decisions are."""
    for number, cells in numbered:
        texts = [_text(cell) for cell in cells]
        found = {name: texts.index(label) for name, label in HEADERS.items() if label in texts}
        if all(name in found for name in _NEEDED):
            return found
        if number > HEADER_ROWS:
            break
    return None


def _decided(sheet: str, numbered: Iterable[tuple[int, list[Any]]], columns: dict[str, int]) -> Iterator[Row]:
    for number, cells in numbered:
        fields = {name: _text(cells[at]) for name, at in columns.items() if at < len(cells)}
        # Rows without a finding are what stands below the table.
        if fields.get("finding_id") or fields.get("decision"):
            yield Row(f"{sheet} row {number}", **fields)


def _text(cell: object) -> str:
    """Return a cell's text; whole numbers without the decimals that a sheet's numbers have."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


if __name__ == "__main__":
    main()
