from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest
from golden_files import check_golden
from made_up_run import HOSTILE, made_up_run, transaction
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from workbook_dump import dump_workbook

from balance_sync.errors import DeliveryError
from balance_sync.reports.data import build_report_data
from balance_sync.reports.sheets import row_xml
from balance_sync.reports.sheets.columns import Column, Kind
from balance_sync.reports.sheets.formats import money_format
from balance_sync.reports.sheets.row_xml import check_code
from balance_sync.reports.visible_text import visible
from balance_sync.reports.workbook import write_workbook

SUBTOTAL = r"SUBTOTAL\(\d+,[A-Z]+\d+(?::[A-Z]+\d+)?\)"
TOTAL = rf'={SUBTOTAL}|=IF\({SUBTOTAL}={SUBTOTAL},(""|{SUBTOTAL}),("several"|"")\)'


@pytest.fixture(scope="module")
def written(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("workbook") / "report.xlsx"
    write_workbook(path, data)
    return path


@pytest.fixture(scope="module")
def workbook(written):
    return load_workbook(written)


def header_row(sheet):
    return next(row for row in range(1, 30) if sheet.cell(row, 1).fill.fgColor.rgb == "FF243B53")


def records(sheet):
    """Give the rows between the header and the totals as dicts of cells."""
    first = header_row(sheet)
    names = [cell.value for cell in sheet[first]]
    last = range_boundaries(next(iter(sheet.tables.values())).autoFilter.ref)[3] if sheet.tables else None
    return [
        dict(zip(names, row, strict=True))
        for row in sheet.iter_rows(min_row=first + 1, max_row=last)
        if any(c.value for c in row)
    ]


def totals(sheet):
    """Give the cells of the row of totals by header."""
    table = next(iter(sheet.tables.values()))
    first, last = header_row(sheet), range_boundaries(table.ref)[3]
    return dict(zip([cell.value for cell in sheet[first]], sheet[last], strict=True))


def test_cells_and_formats_are_as_agreed(written):
    check_golden("report.xlsx.txt", dump_workbook(written))


def test_first_sheet_is_readme_and_rules_with_findings_have_a_sheet(workbook):
    assert workbook.sheetnames[:2] == ["README", "Charts"]
    assert {"Overdrafts", "Discrepancies", "Lost updates", "Negative amounts"} <= set(workbook.sheetnames)
    assert workbook.sheetnames[-12:] == [
        *("Episodes", "Anomalies", "Unusual nights", "Change points", "Model drift", "Roll-forward"),
        *("Transactions", "Rejects", "Sources", "Completeness", "Rules", "Sign-off"),
    ]
    assert "Failed syncs" not in workbook.sheetnames


def test_money_has_the_decimals_of_its_currency(workbook):
    formats = {
        row["Currency"].value: row["Amount"].number_format for row in records(workbook["Transactions"])
    }
    assert formats["BHD"] == formats["KWD"] == money_format(3)
    assert formats["SAR"] == formats[None] == money_format(2)
    assert formats["JPY"] == money_format(0)


def test_times_are_local_dates_with_utc_beside(workbook):
    row = records(workbook["Transactions"])[0]
    assert row["Time (Asia/Bahrain)"].value == datetime(2024, 1, 1, 10, 0)  # noqa: DTZ001 (a sheet's times have no zone)
    assert row["Time (UTC)"].value == "2024-01-01T07:00:00.000Z"


def test_time_that_no_sheet_can_show_is_text(tmp_path):
    with made_up_run([transaction(1, logged_at=datetime(1, 1, 2, tzinfo=UTC))], sync_errors=()) as (
        connection,
        context,
    ):
        write_workbook(tmp_path / "old.xlsx", build_report_data(connection, context))
    row = records(load_workbook(tmp_path / "old.xlsx")["Transactions"])[0]
    assert row["Time (Asia/Bahrain)"].data_type == "s"
    assert row["Time (UTC)"].value.startswith("0001-01-02T00:00:00")


def test_figure_beyond_fifteen_digits_stands_exactly_beside(workbook):
    row = next(row for row in records(workbook["Transactions"]) if row["Transaction"].value == "tx-0007")
    exact = row["Exact figures (where a spreadsheet rounds)"].value
    assert "Amount 36.800000000000004" in exact
    assert "New balance 13.199999999999996" in exact


def test_hostile_text_is_text(workbook):
    rows = records(workbook["Transactions"])
    by_user = {row["Subscriber"].value: row["Subscriber"] for row in rows}
    # openpyxl leaves Excel's escape of an escape as it stands in the file.
    expected = {visible(text).replace("_x", "_x005F_x") for text in HOSTILE}
    assert expected <= set(by_user)
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f" and sheet.title == "README":
                    assert re.fullmatch(r"=(ROWS\(|SUMPRODUCT\(--\(|C\d+-D\d+|ROUND\().*", cell.value)
                elif cell.data_type == "f":
                    assert cell.row == range_boundaries(next(iter(sheet.tables.values())).ref)[3]
                    assert re.fullmatch(TOTAL, cell.value)
                assert cell.hyperlink is None or cell.hyperlink.target is None


def test_first_sheet_escapes_hostile_text(tmp_path):
    rows = [
        transaction(1, "<r><t>x</t></r>", old_balance=Decimal(0), new_balance=Decimal(-9), currency="<r></r>")
    ]
    with made_up_run(rows, sync_errors=()) as (connection, context):
        write_workbook(tmp_path / "hostile.xlsx", build_report_data(connection, context))
    sheet = load_workbook(tmp_path / "hostile.xlsx")["README"]
    assert " <r><t>x</t></r>" in {cell.value for row in sheet.iter_rows() for cell in row}


def test_finding_leads_to_its_transaction(workbook):
    transactions = workbook["Transactions"]
    column = [cell.value for cell in transactions[header_row(transactions)]].index("Transaction") + 1
    seen = 0
    for name in ("Overdrafts", "Lost updates", "Anomalies"):
        for row in records(workbook[name]):
            sheet, cell = row["Transaction"].hyperlink.location.split("!")
            assert sheet == "'Transactions'"
            assert transactions.cell(int(cell[1:]), column).value == row["Transaction"].value
            seen += 1
    assert seen > 4


def test_readme_leads_to_every_sheet(workbook):
    targets = {
        cell.hyperlink.location.split("!")[0].strip("'")
        for row in workbook["README"].iter_rows()
        for cell in row
        if cell.hyperlink
    }
    assert targets == set(workbook.sheetnames) - {"README"}


def test_rows_are_a_table_with_totals(workbook):
    for sheet in workbook.worksheets:
        names = [cell.value for cell in sheet[header_row(sheet)]] if sheet.tables else []
        assert len({name.lower() for name in names}) == len(names)
        for table in sheet.tables.values():
            assert [column.name for column in table.tableColumns] == names
            first, last = (range_boundaries(table.ref)[at] for at in (1, 3))
            assert (first, last - 1) == (header_row(sheet), range_boundaries(table.autoFilter.ref)[3])
            assert [
                column.totalsRowFormula.attr_text for column in table.tableColumns if column.totalsRowFormula
            ] == [cell.value[1:] for cell in totals(sheet).values() if cell.value]
            assert sheet.auto_filter.ref is None
    tables = [name for sheet in workbook for name in sheet.tables]
    assert {"Transactions", "Episodes", "Sources"} <= {name.rpartition("_")[0] for name in tables}
    assert len(set(tables)) == len(tables)


def test_totals_are_sums_of_one_currency(workbook, tmp_path):
    shown = totals(workbook["Transactions"])
    assert shown["Amount"].value.endswith(',"")')
    rows = [transaction(number, amount=Decimal("0.1"), currency="KWD") for number in range(1, 11)]
    with made_up_run(rows, sync_errors=()) as (connection, context):
        write_workbook(tmp_path / "one.xlsx", build_report_data(connection, context))
    shown = totals(load_workbook(tmp_path / "one.xlsx", data_only=True)["Transactions"])
    assert (shown["Amount"].value, shown["Time (Asia/Bahrain)"].value) == (1.0, 10)
    assert shown["Amount"].number_format == money_format(3)
    assert "Currency no." not in shown


def test_sum_of_several_currencies_says_so(written):
    sheet = load_workbook(written, data_only=True)["Transactions"]
    shown = totals(sheet)
    assert (shown["Amount"].value, shown["Currency"].value) == (None, "several")
    numbers = {row["Currency"].value: row["Currency no."].value for row in records(sheet)}
    assert len(set(numbers.values())) == len(numbers)
    assert numbers[None] == 0


def test_headers_in_utc_are_no_two_alike(data, tmp_path):
    from dataclasses import replace

    context = replace(data.context, timezone="UTC")
    write_workbook(tmp_path / "utc.xlsx", replace(data, context=context))
    sheet = load_workbook(tmp_path / "utc.xlsx")["Transactions"]
    names = [cell.value for cell in sheet[header_row(sheet)]]
    assert {"Time (UTC)", "Time (UTC) 2"} <= set(names)
    assert [column.name for column in next(iter(sheet.tables.values())).tableColumns] == names


def test_without_the_list_of_tables_there_is_a_plain_filter(data, tmp_path, monkeypatch):
    import balance_sync.reports.sheets.table_object as module

    monkeypatch.setattr(module, "_PRIVATE", "no_such_member")
    write_workbook(tmp_path / "plain.xlsx", data)
    sheet = load_workbook(tmp_path / "plain.xlsx")["Transactions"]
    assert not sheet.tables
    assert sheet.auto_filter.ref.startswith(f"A{header_row(sheet)}:")


def test_severity_is_a_word_and_a_colour(workbook):
    cell = records(workbook["Overdrafts"])[0]["Severity"]
    assert (cell.value, cell.fill.fgColor.rgb) == ("Critical", "FF9B1C1C")


def test_long_section_continues_on_further_sheets(data, tmp_path):
    path = tmp_path / "split.xlsx"
    write_workbook(path, data, max_rows=20)
    workbook = load_workbook(path)
    parts = [name for name in workbook.sheetnames if name.startswith("Transactions")]
    assert parts[:2] == ["Transactions", "Transactions (2)"]
    ids = [row["Transaction"].value for name in parts for row in records(workbook[name])]
    assert len(ids) == data.rows["ledger"] == len(set(ids))
    said = [workbook[name].cell(header_row(workbook[name]) - 2, 1).value for name in parts]
    assert said[0].startswith(f"Part 1 of {len(parts)}: rows 1 to ")
    assert all(sheet.max_row <= 20 for sheet in (workbook[name] for name in parts))
    linked = [row["Transaction"] for row in records(workbook["Overdrafts"])]
    for cell in linked:
        name, target = cell.hyperlink.location.rsplit("!", 1)
        sheet = workbook[name.strip("'")]
        assert cell.value in {one.value for one in sheet[int(target[1:])]}


def test_too_long_text_is_cut_and_says_so(workbook):
    sheet = workbook["Rejects"]
    text = records(sheet)[0]["Text as kept (personal data removed)"].value
    assert len(text) == 1000
    assert text.endswith("[cut: 3,019 characters in all]")
    said = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]
    assert said[-1].endswith("each says so. In full: csv/rejects.csv of a run with --format csv.")
    assert said[-1].startswith("1 text(s) too long for a cell are cut;")


def test_text_longer_than_a_cell_is_cut_to_what_excel_holds(tmp_path):
    with made_up_run([transaction(1, action="😀" * 20_000)], sync_errors=()) as (connection, context):
        write_workbook(tmp_path / "long.xlsx", build_report_data(connection, context))
    action = records(load_workbook(tmp_path / "long.xlsx")["Transactions"])[0]["Action"].value
    assert len(action.encode("utf-16-le")) // 2 <= 32_767
    assert action.endswith("[cut: 40,000 characters in all]")


def test_empty_run_says_so(tmp_path):
    with made_up_run([], sync_errors=(), anomalies=False) as (connection, context):
        write_workbook(tmp_path / "empty.xlsx", build_report_data(connection, context))
    workbook = load_workbook(tmp_path / "empty.xlsx")
    shown = {cell.value for sheet in workbook for row in sheet.iter_rows() for cell in row}
    assert {
        "Nothing was reconciled.",
        "No transactions were logged.",
        "Nothing was flagged as unusual.",
    } <= shown


def test_two_writes_are_the_same_bytes(data, written, tmp_path):
    write_workbook(tmp_path / "again.xlsx", data)
    assert (tmp_path / "again.xlsx").read_bytes() == written.read_bytes()


def test_fast_and_plain_rows_are_the_same_cells(data, written, tmp_path, monkeypatch):
    monkeypatch.setattr(row_xml, "_PRIVATE", ("no_such_member",))
    write_workbook(tmp_path / "plain.xlsx", data)

    def without_marks(path):
        # The plain way cannot write text from <r> to </r> as it is, nor escape two escapes that share a line.
        # xlsxwriter itself writes one digit less.
        text = dump_workbook(path, digits=15)
        return [line for line in text.splitlines() if "<r>" not in line and "_x005F_" not in line]

    assert without_marks(tmp_path / "plain.xlsx") == without_marks(written)


def test_user_rules_get_legal_sheet_names_of_their_own(data):
    from dataclasses import replace

    from balance_sync.reports.sheets.sections import sheet_names

    found = next(one for one in data.rules if one.found)
    titles = ("History", "a/b[c]:*?\\d", "x" * 50, "x" * 60, "Overdrafts", "episodes")
    rules = tuple(
        replace(found, run=replace(found.run, rule=f"own_{number}", title=title))
        for number, title in enumerate(titles)
    )
    names = list(sheet_names(replace(data, rules=(*data.rules, *rules)), ["README", "Episodes"]).values())
    assert len({name.lower() for name in names} | {"history", "readme", "episodes"}) == len(names) + 3
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\']", name) for name in names)


def test_workbook_is_well_formed_where_text_cannot_be_xml(tmp_path):
    with made_up_run([transaction(1, "\ufffe\uffff\x1b", action="a&b<c>")], sync_errors=()) as (
        connection,
        context,
    ):
        write_workbook(tmp_path / "odd.xlsx", build_report_data(connection, context))
    with zipfile.ZipFile(tmp_path / "odd.xlsx") as archive:
        assert archive.testzip() is None
    row = records(load_workbook(tmp_path / "odd.xlsx")["Transactions"])[0]
    assert row["Subscriber"].value == "⟨U+FFFE⟩⟨U+FFFF⟩␛"
    assert row["Action"].value == "a&b<c>"


def test_return_code_of_a_dropped_cell_is_an_error(tmp_path):
    from xlsxwriter import Workbook

    with Workbook(str(tmp_path / "codes.xlsx")) as workbook:
        sheet = workbook.add_worksheet("one")
        with pytest.raises(DeliveryError, match="a cell could not be written"):
            check_code(sheet.write_string(0, 0, "x" * 40_000), sheet)
        with pytest.raises(DeliveryError):
            check_code(sheet.write_number(1_048_576, 0, 1), sheet)


def test_failed_write_leaves_no_row_files(data, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("balance_sync.reports.workbook._rules_frame", fail)
    with pytest.raises(RuntimeError):
        write_workbook(tmp_path / "never.xlsx", data)
    assert list(tmp_path.iterdir()) == []


def test_not_a_number_leaves_its_cell_empty():
    from xlsxwriter import Workbook

    from balance_sync.reports.sheets.columns import frame_cells
    from balance_sync.reports.sheets.formats import FormatBook

    book = FormatBook(Workbook("never-written.xlsx"))
    frame = pl.DataFrame({"percentile": [1.5, float("nan"), float("inf"), None]})
    (cells,) = frame_cells(frame, [Column("percentile", Kind.PERCENTILE)], zone="UTC", book=book)
    assert cells.numbers.to_list() == ["1.5", None, None, None]
