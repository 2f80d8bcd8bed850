"""A table of the page and the cells in it: figures and texts made ready to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from balance_sync.reports import phrases
from balance_sync.reports.labels import COLUMNS
from balance_sync.reports.visible_text import cut, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    import polars as pl

NUMBER_COLUMNS = frozenset(
    {
        *(
            "amount",
            "expected",
            "actual",
            "difference",
            "worst",
            "amount_at_risk",
            "cases",
            "findings",
            "rank",
            "rounding",
        ),
        *("seen", "usual", "strength", "psi"),
        *("opening", "credits", "debits", "unexplained", "unexplained_continuity", "unexplained_arithmetic"),
        *("closing", "transactions"),
    }
)
"""Columns whose figures stand to the right."""

WORD_CHARACTERS = 120
"""Of an id, an action and their like the page shows so much, and says of how much: the workbook has more."""

CHOICE_COLUMNS = frozenset(
    {"action", "change", "currency", "measure", "rule", "severity", "status", "wallet"}
)
"""Columns of few different words, by which the page lets one choose."""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Parameters
    ----------
    text, kind
        What it shows, and its class in the style sheet.
    sort, hint
        What it sorts by, and what a pointer reveals.
    subscriber
        Place of the subscriber whose balances the page draws, if the cell names one.
    """

    text: str | None
    kind: str = ""
    sort: str | None = None
    hint: str | None = None
    subscriber: int | None = None


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Parameters
    ----------
    headers
        Label and class of each column.
    findings
        The finding of each row, for its proof; `None` or nothing where there is none.
    total
        How many rows there are in all, of which `rows` are the first.
    file
        Where all of them are.
    """

    caption: str
    headers: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int = 0
    file: str = ""
    findings: tuple[str | None, ...] = ()

    @property
    def identified_rows(self) -> Iterator[tuple[tuple[Cell, ...], str | None]]:
        """Each row with its finding."""
        return zip_longest(self.rows, self.findings)

    @property
    def capped(self) -> bool:
        """Whether rows are left out."""
        return self.total > len(self.rows)


def count(number: int | None) -> Cell:
    """Return a whole number."""
    return Cell(f"{number:,}", "number", str(number)) if number is not None else Cell(None, "number")


def money(amount: Decimal | None, minor_unit: int) -> Cell:
    """Return money rounded to its decimals; all digits where a pointer rests on it."""
    if amount is None:
        return Cell(None, "number")
    rounded = round(amount, minor_unit)
    # Noise below zero is no negative figure.
    shown = phrases.money(rounded or Decimal(0), minor_unit)
    exact = phrases.money(amount, minor_unit)
    kind = "number negative" if rounded < 0 else "number"
    return Cell(shown, kind, phrases.plain_decimal(amount), exact if exact != shown else None)


def time(moment: datetime | None, zone: ZoneInfo) -> Cell:
    """Return a time in the business time zone, its UTC text where a pointer rests on it."""
    utc = phrases.utc_time(moment)
    return Cell(phrases.local_time(moment, zone), "time", utc, utc if moment else None)


def day(value: date | None) -> Cell:
    """Return a business day."""
    return Cell(str(value) if value else None, "time")


def badge(words: Mapping[str, str], name: str | None) -> Cell:
    """Return a word with a colour, sorting in the order of `words`."""
    if name is None or name not in words:
        return Cell(name, "badge")
    return Cell(words[name], f"badge {name}", str(list(words).index(name)))


def identifier(value: str | None) -> Cell:
    """Return an id."""
    return Cell(word(value), "id")


def subscriber(value: str | None, places: Mapping[str, int]) -> Cell:
    """Return the id of a subscriber, with its place among those whose balances the page draws."""
    return Cell(word(value), "id", subscriber=places.get(value) if value is not None else None)


def word(value: str | None) -> str | None:
    """Return a text that should be short, harmless to look at and cut where it is not short."""
    return cut(visible(value), WORD_CHARACTERS) if value is not None else None


def proof(row: Mapping[str, Any]) -> Cell:
    """Return the source and line that a row came from."""
    return Cell(f"{row['source_id'] or '–'}:{row['line']}", "id")


def headers(*names: str, **own: str) -> tuple[tuple[str, str], ...]:
    """Return the headers of columns by their names; `own` holds labels other than the usual ones."""
    return tuple((own.get(name) or COLUMNS.get(name, name), _kind(name)) for name in names)


def _kind(name: str) -> str:
    if name in NUMBER_COLUMNS:
        return "number"
    return "choice" if name in CHOICE_COLUMNS else ""


def first_rows(frames: Iterable[pl.DataFrame], limit: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield the first `limit` rows of a section, or all of one that its query caps."""
    return islice((row for frame in frames for row in frame.iter_rows(named=True)), limit)
