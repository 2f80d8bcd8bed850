"""An archive whose texts try everything that a spreadsheet, a browser or a printer might fall for."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from archive_text import (
    PUBLISHED,
    STREAM,
    SYNC_NOTICE,
    end,
    line,
    processing,
    report,
    request,
    start,
    sync_error,
    transaction,
    write_export,
)
from balance_sync.config import RunOptions
from balance_sync.pipeline.run import run
from balance_sync.reports.visible_text import cut, utf16_length, visible

CELL = 32_767
HOSTILE = (
    '=HYPERLINK("http://127.0.0.1:9/x","click")',
    "=cmd|' /C calc'!A1",
    '=WEBSERVICE("http://127.0.0.1:9/")',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "'=1",
    "</script><script>globalThis.hit = 1</script>",
    '<img src=x onerror="globalThis.hit = 1">',
    '" onmouseover="globalThis.hit = 1',
    "javascript:globalThis.hit = 1",
    "{{7*7}}${7*7}#{7*7}",
    "&amp;&#65;",
    "]]><!--",
    "#set page(fill: red)",
    "*bold* _it_ $x$ `raw`",
    "\\u0041",
    "_x0041_",
    "<r><t>rich</t></r>",
    "\u202etxt.exe\u202c",
    "\u2066isolated\u2069",
    "nul\x00bell\x07escape\x1b[31m",
    "\ufeffmark",
    "zero\u200bwidth",
    "\u2028line\u2029paragraph",
    "e\u0301\u0300" * 50,
    "خدمة توصيل",
    "x" * 40_000,
    "😀" * 17_000,
)


def quoted(text):
    """Write a text as Node does."""
    escapes = {"'": "\\'", "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\b": "\\b"}
    return (
        "'"
        + "".join(
            escapes.get(one) or (f"\\x{ord(one):02X}" if ord(one) < 0x20 or 0x7F <= ord(one) < 0xA0 else one)
            for one in text
        )
        + "'"
    )


def events(number, text):
    """Give an invocation in which everything that a text can stand in has this one."""
    at, one = number * 60_000, request(number)
    metadata = json.dumps({"deliveryId": text[:200], "planType": text[:50]}, ensure_ascii=False)
    own = {"id": quoted(f"T{number}"), "userId": quoted(text), "action": quoted(text[:300])}
    figures = {"oldBalance": "5", "newBalance": "-4", "amount": "9", "paymentBalance": "-4"}
    yield start(at, one)
    yield processing(at + 10, one, f"M{number}")
    yield transaction(at + 20, one, **own, metadata=quoted(metadata), **figures)
    yield line(at + 30, one, PUBLISHED)
    yield sync_error(at + 40, one, user=quoted(text), subscription="-4", payment="10")
    yield end(at + 50, one)
    yield report(at + 50, one)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("torture")
    text = [event for number, hostile in enumerate(HOSTILE, 1) for event in events(number, hostile)]
    for number, name in enumerate(("=1+1", "<b>x</b>", "\u202eid"), 200):
        at = number * 60_000
        text += [transaction(at, name, id=quoted(f"=T{number}"), userId=quoted(f"request-{number}"))]
    text += [line(15_000_000, request(300), f"{SYNC_NOTICE} {{ transaction: {{ id: =1+1, <b>\u202e }} }}")]
    logs = write_export(folder / "logs", {STREAM: "".join(text)})
    run(RunOptions((str(logs),), output=folder / "out", formats=("xlsx", "html", "pdf", "csv", "json")))
    return folder / "out"


def cells(path, *, escaped=True):
    """Give each text of a workbook with its sheet, Excel's escapes undone, which openpyxl leaves."""
    for sheet in load_workbook(path).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "s" and cell.value:
                    plain = re.sub(r"_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), cell.value)
                    yield (sheet.title, cell.coordinate), plain if escaped else cell.value


def test_nothing_is_dropped_on_the_way_into_the_workbook(reports):
    texts = dict(cells(reports / "report.xlsx"))
    users = {text for (sheet, at), text in texts.items() if (sheet, at[0]) == ("Transactions", "B")}
    assert {cut(visible(text), CELL) for text in HOSTILE} <= users
    assert all(utf16_length(text) <= CELL for text in users)
    said = [text for (sheet, _), text in texts.items() if sheet == "Transactions"][-1]
    assert said.startswith("2 text(s) too long for a cell are cut")


def test_nothing_in_the_workbook_calculates_links_or_includes(reports):
    ours = re.compile(r"=(ROWS|SUMPRODUCT|SUBTOTAL|ROUND|IF)\(.*|=C\d+-D\d+")
    for sheet in load_workbook(reports / "report.xlsx").worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert ours.fullmatch(cell.value)
                    assert not re.search("HYPERLINK|WEBSERVICE|cmd|http", cell.value)
                assert cell.hyperlink is None or cell.hyperlink.target is None


def test_two_readers_read_the_same_texts(reports):
    book = CalamineWorkbook.from_path(str(reports / "report.xlsx"))
    read = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    seen = 0
    for (sheet, place), text in cells(reports / "report.xlsx"):
        column, row = re.fullmatch(r"([A-Z]+)(\d+)", place).groups()
        at = sum((ord(letter) - 64) * 26**power for power, letter in enumerate(reversed(column))) - 1
        assert read[sheet][int(row) - 1][at] == text
        seen += 1
    assert seen > 1_000


def test_csv_has_all_of_it_and_no_formula(reports):
    csv.field_size_limit(10**6)
    with (reports / "csv" / "transactions.csv").open(encoding="utf-8-sig", newline="") as file:
        users = [row["user_id"] for row in csv.DictReader(file)]
    assert not [text for text in users if text[:1] in "=+-@\t\r"]
    assert {visible(text) for text in HOSTILE} <= {text.removeprefix("'") for text in users} | set(users)


def test_the_page_says_what_it_cuts_and_holds_no_markup(reports):
    page = (reports / "report.html").read_text(encoding="utf-8")
    shown = page.split('<script type="application/json"')[0]
    assert "<img" not in shown
    assert "<script>" not in shown
    assert "[cut: 40,000 characters in all]" in shown
    assert "x" * 200 not in page.partition("<main>")[2].partition("<pre")[0].partition("<script")[0]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\u2028\u2029]", shown)


def test_the_summary_is_set_from_it_all_the_same(reports):
    assert (reports / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
@pytest.mark.filterwarnings("ignore:Unable to read chart")
def test_libreoffice_keeps_every_text_as_text(reports, tmp_path):
    command = ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"]
    command += ["--convert-to", "xlsx", "--outdir", str(tmp_path), str(reports / "report.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    # It reads the escape of an escape, and writes none.
    after = dict(cells(tmp_path / "report.xlsx", escaped=False))
    before = dict(cells(reports / "report.xlsx"))
    assert len(before) > 1_000
    assert {place: text for place, text in before.items() if after.get(place) != text} == {}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium, which .ci/run installs")
def test_nothing_runs_in_a_browser_whatever_is_opened(reports):
    from playwright.sync_api import sync_playwright

    address, complaints = (reports / "report.html").as_uri(), []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.append(asked.url) if asked.url != address else None)
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        page.evaluate("document.querySelectorAll('button.opens').forEach(one => one.click())")
        options = page.locator("#picker option").count()
        for place in range(options):
            page.locator("#picker").select_option(index=place)
        heights = page.evaluate(
            "[...document.querySelectorAll('#t-open > tbody > tr:not(.opened)')].map(e => e.offsetHeight)"
        )
        assert page.evaluate("globalThis.hit ?? null") is None
        assert options > 25
        browser.close()
    assert complaints == []
    # A text as long as a book does not push everything else out of sight.
    assert max(heights) < 300
