"""Writes a frame's rows into a sheet, many at a time.

xlsxwriter in ``constant_memory`` mode keeps each sheet's rows as XML in a file until the workbook is
closed. Making that XML by the column and handing it over is several times faster than a call for each
cell, and is what the fast way here does. It leans on four private members of the pinned xlsxwriter;
where one is missing the plain way writes the same cells by calls, and the tests hold the two against
each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from balance_sync.reports.sheets.columns import Cells

LINKS_A_SHEET = 65_530
"""Links that Excel lets a sheet hold."""

_PRIVATE = ("row_data_fh", "_write_single_row", "_check_dimensions", "hyperlinks")


def write_rows(
    worksheet: Worksheet,
    first_row: int,
    cells: Sequence[Cells],
    *,
    formats: Sequence[Format],
    heights: pl.Series | None = None,
    links: pl.Series | None = None,
    link_column: int = 0,
) -> None:
    """Write the rows that `cells` (one for each column) make, below everything written so far.

    Parameters
    ----------
    first_row
        0-based row of the first.
    formats
        What the styles of `cells` are places in.
    heights
        Heights of the rows in points; null for a usual one.
    links, link_column
        Places in this workbook (``'Sheet'!A1``) that the cells of a column lead to; null for none.

    Raises
    ------
    DeliveryError
        The rows do not fit on the sheet.
    """
    height = _height(cells)
    if not height:
        return
    if worksheet.constant_memory and all(hasattr(worksheet, name) for name in _PRIVATE):
        _write_fast(worksheet, first_row, cells, formats, heights)
        if links is not None:
            _link_fast(worksheet, first_row, links, link_column)
    else:
        write_plain(
            worksheet,
            first_row,
            cells,
            formats=formats,
            heights=heights,
            links=links,
            link_column=link_column,
        )


def check_code(code: int | None, worksheet: Worksheet) -> None:
    """Raise where xlsxwriter's return code says that it left a cell out, which it does without raising."""
    if code:
        raise DeliveryError(
            f"sheet {worksheet.name}",
            "a cell could not be written",
            reason=f"xlsxwriter returned {code}",
            help="please report this with the output of balance-sync info",
        )


def unmarked(text: str) -> str:
    """Return `text` so that xlsxwriter escapes it: ``<r>`` to ``</r>`` it takes for markup of its own."""
    return f" {text}" if text.startswith("<r>") and text.endswith("</r>") else text


def write_plain(
    worksheet: Worksheet,
    first_row: int,
    cells: Sequence[Cells],
    *,
    formats: Sequence[Format],
    heights: pl.Series | None = None,
    links: pl.Series | None = None,
    link_column: int = 0,
) -> None:
    """Write the same cells as `write_rows`, one call for each."""
    for offset in range(_height(cells)):
        row = first_row + offset
        if heights is not None and heights[offset] is not None:
            check_code(worksheet.set_row(row, heights[offset]), worksheet)
        for column, block in enumerate(cells):
            place = block.style if isinstance(block.style, int) else block.style[offset]
            number = None if block.numbers is None else block.numbers[offset]
            text = None if block.texts is None else block.texts[offset]
            link = links[offset] if links is not None and column == link_column else None
            code = 0
            if number is not None:
                code = worksheet.write_number(row, column, float(number), formats[place])
            elif text is not None and link is not None:
                code = worksheet.write_url(row, column, f"internal:{link}", formats[place], unmarked(text))
            elif text is not None:
                code = worksheet.write_string(row, column, unmarked(text), formats[place])
            check_code(code, worksheet)


def _height(cells: Sequence[Cells]) -> int:
    first = cells[0].numbers if cells[0].numbers is not None else cells[0].texts
    return 0 if first is None else first.len()


def _write_fast(
    worksheet: Worksheet,
    first_row: int,
    cells: Sequence[Cells],
    formats: Sequence[Format],
    heights: pl.Series | None,
) -> None:
    import polars as pl

    height = _height(cells)
    last_row = first_row + height - 1
    # Writes the row that xlsxwriter still holds back, and makes it expect what follows.
    worksheet._write_single_row(first_row)
    check_code(worksheet._check_dimensions(first_row, 0), worksheet)
    check_code(worksheet._check_dimensions(last_row, len(cells) - 1), worksheet)
    indexes = pl.Series([str(one._get_xf_index()) for one in formats], dtype=pl.String)
    rows = pl.int_range(first_row + 1, last_row + 2, eager=True).cast(pl.String)
    parts = [pl.lit('<row r="'), pl.lit(rows), *_height_xml(heights), pl.lit('">')]
    parts += [
        _cell_xml(block, column, rows, indexes)
        for column, block in enumerate(cells)
        if block.numbers is not None or block.texts is not None
    ]
    xml = pl.select(pl.concat_str([*parts, pl.lit("</row>")], ignore_nulls=True).alias("xml")).to_series()
    _append(worksheet, xml)
    worksheet._write_single_row(last_row + 1)


def _append(worksheet: Worksheet, xml: pl.Series) -> None:
    """Append texts to the row file as the octets that they are: a Python string of each would cost more."""
    import polars as pl

    texts = xml.to_arrow(compat_level=pl.CompatLevel.oldest())
    file = worksheet.row_data_fh
    file.flush()
    file.buffer.write(texts.buffers()[2])


def _height_xml(heights: pl.Series | None) -> list[pl.Expr]:
    import polars as pl

    if heights is None:
        return []
    points = pl.lit(heights.cast(pl.String))
    return [pl.concat_str([pl.lit('" ht="'), points, pl.lit('" customHeight="1')])]


def _cell_xml(block: Cells, column: int, rows: pl.Series, indexes: pl.Series) -> pl.Expr:
    import polars as pl
    from xlsxwriter.utility import xl_col_to_name

    # Not str.join by a lone index: a fixed style and a style a cell differ only in where the text comes from.
    style = (
        pl.lit(indexes[block.style]) if isinstance(block.style, int) else pl.lit(indexes.gather(block.style))
    )
    head = [pl.lit(f'<c r="{xl_col_to_name(column)}'), pl.lit(rows), pl.lit('" s="'), style]
    kinds = []
    if block.numbers is not None:
        kinds.append(pl.concat_str([*head, pl.lit('"><v>'), pl.lit(block.numbers), pl.lit("</v></c>")]))
    if block.texts is not None:
        opening = '" t="inlineStr"><is><t xml:space="preserve">'
        kinds.append(
            pl.concat_str(
                [
                    *head,
                    pl.lit(opening),
                    _escaped(pl.lit(block.texts)) if block.markup else pl.lit(block.texts),
                    pl.lit("</t></is></c>"),
                ]
            )
        )
    return kinds[0] if len(kinds) == 1 else pl.coalesce(kinds)


def _escaped(texts: pl.Expr) -> pl.Expr:
    """Return `texts` as XML content: markup escaped, and so is what Excel would read as an escape."""
    return (
        texts.str.replace_all("&", "&amp;", literal=True)
        .str.replace_all("<", "&lt;", literal=True)
        .str.replace_all(">", "&gt;", literal=True)
        # Every one of them, for two escapes may share an underscore.
        .str.replace_all("_x", "_x005F_x", literal=True)
    )


def _link_fast(worksheet: Worksheet, first_row: int, links: pl.Series, column: int) -> None:
    from xlsxwriter.url import Url

    for offset, link in enumerate(links.to_list()):
        if link is not None:
            worksheet.hyperlinks[first_row + offset][column] = Url(f"internal:{link}")
