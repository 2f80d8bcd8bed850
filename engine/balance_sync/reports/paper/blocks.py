"""Tables of the printed summary as plain values: columns with their widths, and rows of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from balance_sync.reports import cells, phrases
from balance_sync.reports.labels import SEVERITIES
from balance_sync.reports.paper.words import FIRST_OF
from balance_sync.reports.visible_text import cut

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

ID_SHOWN = 96
TEXT_SHOWN = 420
"""Characters of an id and of a text that are shown, with a note where there are more."""

Cell = dict[str, Any]


def cell(text: str | None, kind: str = "", note: str = "", *, rows: int = 1) -> Cell:
    """Return a cell over `rows` rows; `kind` is how it is set, `note` stands under it in small type."""
    shown = cut(text or "–", TEXT_SHOWN)
    return {"text": shown, "kind": kind, "note": cut(note, TEXT_SHOWN), "rows": rows}


def identifier(text: str | None) -> Cell:
    """Return an id, which may break anywhere."""
    return cell(cut(text or "–", ID_SHOWN), "id")


def count(number: int) -> Cell:
    """Return a whole number."""
    return cell(f"{number:,}", "number")


def money(amount: Decimal | None, minor_unit: int) -> Cell:
    """Return money rounded to the decimals of its currency."""
    made = cells.money(amount, minor_unit)
    return cell(made.text, made.kind)


def difference(amount: Decimal | None, minor_unit: int, currency: str | None) -> Cell:
    """Return money over its currency; with all digits where rounding would leave nothing of it."""
    if amount and not round(amount, minor_unit):
        return cell(phrases.money(amount, minor_unit), "number", currency or "")
    return {**money(amount, minor_unit), "note": currency or "" if amount is not None else ""}


def column(label: str, width: float = 0, *, number: bool = False) -> dict[str, Any]:
    """Return a column; `width` is its share of what columns without one (0) leave."""
    return {"label": label, "width": width, "number": number}


def group(text: str, note: str = "", severity: str = "") -> Cell:
    """Return a row that spans the table and heads the rows after it."""
    return {**cell(text, "group", note), "severity": severity, "word": SEVERITIES.get(severity, severity)}


def table(
    columns: Sequence[dict[str, Any]], rows: Sequence[list[Cell] | Cell], *, total: int = 0, file: str = ""
) -> dict[str, Any]:
    """Return a table; where `total` is more than its rows, it says so and names the file with all."""
    shown = sum(isinstance(row, list) for row in rows)
    note = (
        FIRST_OF.format(shown=shown, total=total, file=file, option="--format csv") if total > shown else ""
    )
    return {"columns": list(columns), "rows": list(rows), "note": note}
