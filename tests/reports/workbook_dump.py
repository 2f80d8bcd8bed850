"""What a workbook holds, as text: for people to compare, and for tests to."""

from __future__ import annotations

from openpyxl import load_workbook


def dump_workbook(path, *, digits=17):
    """Give the cells of every sheet with number format, fill and link, and what holds for the sheet."""
    lines = []
    for sheet in load_workbook(path).worksheets:
        lines.append(f"=== {sheet.title}")
        foot = sheet.oddFooter
        widths = " ".join(
            f"{name}:{'hidden' if column.hidden else f'{column.width:g}'}"
            for name, column in sorted(sheet.column_dimensions.items())
        )
        lines.append(f"frozen {sheet.freeze_panes}, filter {sheet.auto_filter.ref}, widths {widths}")
        lines += [_table(table) for table in sheet.tables.values()]
        lines.append(
            f"print {sheet.print_area}, rows {sheet.print_title_rows}, {sheet.page_setup.orientation}, "
            f"footer {' | '.join(part.text for part in (foot.left, foot.center, foot.right))}"
        )
        lines += [
            _cell(cell, digits) for row in sheet.iter_rows() for cell in row if cell.value not in (None, "")
        ]
    return "\n".join(lines) + "\n"


def _table(table):
    totals = [one.name for one in table.tableColumns if one.totalsRowFunction]
    return (
        f"table {table.name} {table.ref}, filter {table.autoFilter.ref}, {table.tableStyleInfo.name}, "
        f"{table.totalsRowCount} row of totals of {' | '.join(totals)}"
    )


def _cell(cell, digits):
    extras = []
    if cell.number_format != "General":
        extras.append(cell.number_format)
    if cell.fill.fgColor.rgb not in ("00000000", "FF243B53"):
        extras.append(f"fill {cell.fill.fgColor.rgb}")
    if cell.hyperlink:
        extras.append(f"-> {cell.hyperlink.location}")
    marks = "".join(f" [{extra}]" for extra in extras)
    value = float(f"{cell.value:.{digits}g}") if isinstance(cell.value, float) else cell.value
    return f"{cell.coordinate} {cell.data_type} {value!r}{marks}"
