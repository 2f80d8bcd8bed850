"""What the columns of a sheet are, and how a frame becomes the cells under them.

Work goes by the column: a whole column of values becomes number texts, strings and formats at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from balance_sync.feedback.statements import DECISION_WORDS
from balance_sync.reports.labels import COLUMNS, SEVERITIES, STATUSES
from balance_sync.reports.sheets.formats import MONEY_DECIMALS, FormatBook, money_style
from balance_sync.reports.visible_text import HIDDEN_PATTERN, cut, visible_series

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl

CELL_CHARACTERS = 32_767
"""UTF-16 units that Excel lets a cell hold."""

EXACT_DIGITS = 15
"""Significant digits that a spreadsheet keeps of a number, whatever its size."""

DAY_OF_EPOCH = 25_569
"""1970-01-01 as Excel counts days."""

_FIRST_EXCEL_DAY, _LAST_EXCEL_DAY = -25_508, 2_932_896
"""1900-03-01 (before it Excel counts a day that never was) and 9999-12-31, in days of the epoch."""


class Kind(Enum):
    """How a column's values are shown."""

    TEXT = auto()
    WRAPPED = auto()
    WORD = auto()
    RULES = auto()
    SEVERITY = auto()
    STATUS = auto()
    COUNT = auto()
    PLAIN_COUNT = auto()
    PERCENTILE = auto()
    MONEY = auto()
    EXACT = auto()
    TIME = auto()
    UTC = auto()
    DAY = auto()
    LINK = auto()
    DECISION = auto()
    NOTE = auto()


_TEXT_STYLES = {Kind.WRAPPED: "wrapped", Kind.LINK: "link", Kind.NOTE: "input_wrapped"}


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Parameters
    ----------
    name
        The column of the frame it shows.
    label
        Its header; `COLUMNS` has it where it is empty.
    words
        Of `Kind.WORD` and `Kind.RULES`: what to show for each value; others are shown as they are.
    printed
        Whether it is in print. Columns that are not stand right of those that are.
    limit
        Characters after which a text is cut, with a note.
    summed
        Whether its sum stands below the rows, of money where all of them are of one currency.
    hidden
        Whether it serves formulas alone.
    """

    name: str
    kind: Kind = Kind.TEXT
    label: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    printed: bool = True
    limit: int = CELL_CHARACTERS
    summed: bool = False
    hidden: bool = False

    @property
    def is_input(self) -> bool:
        """Whether people write in its cells."""
        return self.kind in {Kind.DECISION, Kind.NOTE}

    @property
    def is_number(self) -> bool:
        """Whether its cells stand to the right."""
        return self.kind in {Kind.MONEY, Kind.COUNT, Kind.PLAIN_COUNT, Kind.PERCENTILE}

    def header(self, zone: str) -> str:
        """Return the header, with the time zone where the column holds times or days."""
        label = self.label or COLUMNS.get(self.name, self.name)
        if self.kind is Kind.UTC:
            return f"{label} (UTC)"
        return f"{label} ({zone})" if self.kind in {Kind.TIME, Kind.DAY} else label


def unique_headers(columns: Sequence[Column], zone: str) -> list[str]:
    """Return the headers of `columns`, numbered where two would be alike, as a table allows none."""
    seen: set[str] = set()
    headers = []
    for column in columns:
        header, number = column.header(zone), 2
        while header.lower() in seen:
            header, number = f"{column.header(zone)} {number}", number + 1
        seen.add(header.lower())
        headers.append(header)
    return headers


@dataclass(frozen=True)
class Cells:
    """The cells of a column: each a number, else a text, else empty.

    Parameters
    ----------
    numbers
        Numbers as the text of XML (String), or `None` for a column without any.
    texts
        Strings, harmless to look at and not yet escaped for XML, or `None` likewise.
    style
        Place of the format of all cells, or of each cell (in `FormatBook.formats`).
    cut
        How many texts were cut.
    width
        Characters that the widest cell takes.
    markup
        Whether a text may hold what XML must escape.
    """

    numbers: pl.Series | None
    texts: pl.Series | None
    style: int | pl.Series
    cut: int = 0
    width: int = 0
    markup: bool = True


@dataclass(frozen=True)
class _Made:
    """How a column's cells are made of a frame, as expressions over it."""

    number: pl.Expr | None = None
    text: pl.Expr | None = None
    style: str | pl.Expr = "text"
    width: int = 0


def frame_cells(
    frame: pl.DataFrame, columns: Sequence[Column], *, zone: str, book: FormatBook
) -> list[Cells]:
    """Return the cells that each of `columns` makes of `frame`.

    All of a frame's columns are made at once: a call for each costs more than its work.
    """
    empty = {
        name
        for name, nulls in zip(frame.columns, frame.null_count().row(0), strict=True)
        if nulls == frame.height
    }
    # Of a column without values, as decisions mostly are, there is nothing to make.
    made = [
        _Made() if column.name in empty and at else _make(column, columns, zone=zone, book=book)
        for at, column in enumerate(columns)
    ]
    prepared = frame.select(*_parts(made))
    asked = list(_facts(prepared))
    facts = prepared.select(asked).row(0, named=True) if asked else {}
    widths = _money_widths(frame, columns)
    return [
        _cells(column, one, at, prepared, facts, width=widths.get(column.name, one.width), book=book)
        for at, (column, one) in enumerate(zip(columns, made, strict=True))
    ]


def _parts(made: Sequence[_Made]) -> Iterator[pl.Expr]:
    import polars as pl

    for at, one in enumerate(made):
        if one.number is not None:
            yield one.number.cast(pl.String).alias(f"number_{at}")
        if one.text is not None:
            yield one.text.cast(pl.String).alias(f"text_{at}")
        if isinstance(one.style, pl.Expr):
            yield one.style.alias(f"style_{at}")


def _facts(prepared: pl.DataFrame) -> Iterator[pl.Expr]:
    import polars as pl

    for name in prepared.columns:
        if name.startswith("text_"):
            texts = pl.col(name)
            yield texts.str.contains(HIDDEN_PATTERN).any().alias(f"{name}_hidden")
            yield texts.str.contains(r"[&<>]|_x[0-9A-Fa-f]{4}_").any().alias(f"{name}_markup")
            # UTF-8 takes at least as many bytes as UTF-16 takes units.
            yield texts.str.len_bytes().max().alias(f"{name}_bytes")
            yield texts.str.len_chars().max().alias(f"{name}_characters")


def _money_widths(frame: pl.DataFrame, columns: Sequence[Column]) -> dict[str, int]:
    import polars as pl

    money = [column.name for column in columns if column.kind is Kind.MONEY]
    largest = frame.select(pl.col(money).abs().max()).row(0, named=True) if money else {}
    return {name: len(f"-{value:,.3f}") for name, value in largest.items() if value is not None}


def _cells(
    column: Column,
    made: _Made,
    at: int,
    prepared: pl.DataFrame,
    facts: Mapping[str, int | bool | None],
    *,
    width: int,
    book: FormatBook,
) -> Cells:
    numbers = prepared[f"number_{at}"] if made.number is not None else None
    style = book.place(made.style) if isinstance(made.style, str) else prepared[f"style_{at}"]
    if made.text is None:
        return Cells(numbers, None, style, 0, width)
    name, count = f"text_{at}", 0
    texts = prepared[name]
    if facts[f"{name}_hidden"]:
        texts = visible_series(texts)
    if (facts[f"{name}_bytes"] or 0) > column.limit or facts[f"{name}_hidden"]:
        texts, count = _cut_texts(texts, column.limit)
    width = max(width, facts[f"{name}_characters"] or 0)
    return Cells(numbers, texts, style, count, width, bool(facts[f"{name}_markup"]))


def _cut_texts(texts: pl.Series, limit: int) -> tuple[pl.Series, int]:
    """Return `texts` with those over the limit cut, and how many those are."""
    import polars as pl

    long = (texts.str.len_bytes() > limit).fill_null(value=False)
    before = texts.filter(long).to_list()
    after = [cut(text, limit) for text in before]
    count = sum(old != new for old, new in zip(before, after, strict=True))
    return texts.scatter(long.arg_true(), pl.Series(after, dtype=pl.String)), count


def _make(column: Column, columns: Sequence[Column], *, zone: str, book: FormatBook) -> _Made:
    if column.is_number:
        return _make_number(column, book)
    if column.kind is Kind.EXACT:
        return _Made(text=_exact_figures([one for one in columns if one.kind is Kind.MONEY]))
    return _make_moment(column, zone) or _make_text(column, book)


def _make_number(column: Column, book: FormatBook) -> _Made:
    import polars as pl

    value = pl.col(column.name)
    if column.kind is Kind.MONEY:
        return _Made(number=decimal_text(value), style=_money_styles(book))
    if column.kind is Kind.PERCENTILE:
        # A number that is none has no place in a sheet: the cell stays empty.
        percent = value.cast(pl.Float64)
        return _Made(number=pl.when(percent.is_finite()).then(percent), style="percentile", width=6)
    return _Made(number=value, style=column.kind.name.lower(), width=7)


def _make_moment(column: Column, zone: str) -> _Made | None:
    import polars as pl

    value = pl.col(column.name)
    match column.kind:
        case Kind.TIME:
            return _time(value.dt.convert_time_zone(zone).dt.replace_time_zone(None))
        case Kind.DAY:
            return _day(value)
        case Kind.UTC:
            return _Made(text=value.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    return None


def _make_text(column: Column, book: FormatBook) -> _Made:
    import polars as pl

    value = pl.col(column.name)
    match column.kind:
        case Kind.SEVERITY:
            return _badge(value, SEVERITIES, book)
        case Kind.STATUS:
            return _badge(value, STATUSES, book)
        case Kind.DECISION:
            return _Made(text=value.replace(dict(DECISION_WORDS)), style="input")
        case Kind.WORD:
            return _Made(text=value.replace(dict(column.words)))
        case Kind.RULES:
            names = pl.element().replace(dict(column.words))
            return _Made(text=value.str.split(", ").list.eval(names).list.join(", "))
    return _Made(text=value, style=_TEXT_STYLES.get(column.kind, "text"))


def decimal_text(value: pl.Expr) -> pl.Expr:
    """Return a decimal (of scale 18) as text with all its digits and no trailing zeros."""
    import polars as pl

    return value.cast(pl.Decimal(38, 18)).cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")


def _money_styles(book: FormatBook) -> pl.Expr:
    import polars as pl

    places = {decimals: book.place(money_style(decimals)) for decimals in MONEY_DECIMALS}
    return pl.col("minor_unit").replace_strict(places, default=places[2], return_dtype=pl.Int32)


def _badge(value: pl.Expr, words: Mapping[str, str], book: FormatBook) -> _Made:
    import polars as pl

    places = {name: book.place(name) for name in words}
    style = value.replace_strict(places, default=book.place("text"), return_dtype=pl.Int32)
    return _Made(text=value.replace(dict(words)), style=style)


def _time(local: pl.Expr) -> _Made:
    import polars as pl

    days = local.dt.timestamp("ms") / 86_400_000
    shown = days.is_between(_FIRST_EXCEL_DAY, _LAST_EXCEL_DAY + 1, closed="left")
    number = pl.when(shown).then(days + DAY_OF_EPOCH)
    return _Made(number, pl.when(~shown).then(local.dt.strftime("%Y-%m-%d %H:%M:%S")), "time", 19)


def _day(value: pl.Expr) -> _Made:
    import polars as pl

    days = value.cast(pl.Int32)
    shown = days.is_between(_FIRST_EXCEL_DAY, _LAST_EXCEL_DAY)
    return _Made(
        pl.when(shown).then(days + DAY_OF_EPOCH), pl.when(~shown).then(value.cast(pl.String)), "day", 10
    )


def _exact_figures(money: Sequence[Column]) -> pl.Expr:
    """Return, a row, the figures with more digits than a spreadsheet keeps: ``Amount 36.800000000000004``."""
    import polars as pl

    figures = []
    for column in money:
        text = decimal_text(pl.col(column.name))
        digits = text.str.replace_all(r"^-?[0.]*|\.", "").str.len_bytes()
        figures.append(pl.when(digits > EXACT_DIGITS).then(pl.lit(f"{column.header('')} ") + text))
    joined = pl.concat_str(figures, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)
