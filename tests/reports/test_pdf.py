from __future__ import annotations

import subprocess
import sys
from datetime import UTC, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
from golden_files import check_golden
from made_up_run import START, made_up_run, transaction
from pypdf import PdfReader
from pypdf.generic import ContentStream

from balance_sync.errors import UsageError
from balance_sync.reports.changes import EarlierRun
from balance_sync.reports.data import build_report_data
from balance_sync.reports.formats import require_formats
from balance_sync.reports.labels import CHANGES
from balance_sync.reports.paper.document import write_pdf
from balance_sync.reports.paper.glyphs import printable

MARKUP = '#eval("1+1") $x^2$ ] [ @ref // c /* *b* _i_ `r` \\ <l> #let'
ARABIC = "مشترك رقم ١٢ user-12 (الرياض)"


def write(folder, transactions=None, **options):
    path = folder / "report.pdf"
    with made_up_run(transactions, **options) as (connection, context):
        write_pdf(path, build_report_data(connection, context))
    return PdfReader(path)


def text_of(reader):
    return "\n".join(page.extract_text() for page in reader.pages)


def overdrawn(users):
    return [
        transaction(number, user, new_balance=Decimal(-5), old_balance=Decimal(4))
        for number, user in enumerate(users, start=1)
    ]


@pytest.fixture(scope="module")
def reader(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    write_pdf(path, data)
    return PdfReader(path)


def test_pdf_is_as_agreed(reader):
    pages = [
        f"=== page {number}\n{page.extract_text()}\n" for number, page in enumerate(reader.pages, start=1)
    ]
    check_golden("report.pdf.txt", "".join(pages))


def test_every_page_names_its_number_the_run_and_the_time_zone(reader):
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        assert f"Page {number} of {len(reader.pages)}" in text
        assert "Run 0123456789abcdef, balance-sync 1.2.3" in text
        assert "Asia/Bahrain (UTC+03:00)" in text


def test_document_is_dated_by_the_archive_and_tagged_for_readers(reader):
    assert reader.metadata.creation_date.astimezone(UTC) == START + timedelta(hours=29)
    assert reader.metadata.title == "balance-sync reconciliation report"
    assert reader.root_object["/Lang"] == "en"
    assert reader.root_object["/MarkInfo"]["/Marked"]
    assert b"pdfaid:part" in reader.root_object["/Metadata"].get_object().get_data()


def test_fonts_are_the_projects_own_and_embedded(reader):
    fonts = [
        font.get_object()["/DescendantFonts"][0].get_object()
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    ]
    assert fonts
    assert all("+NotoSans" in font["/BaseFont"] for font in fonts)
    assert all({"/FontFile2", "/FontFile3"} & set(font["/FontDescriptor"].get_object()) for font in fonts)


@pytest.mark.parametrize("text", [MARKUP, ARABIC, '=HYPERLINK("http://evil.example","x")'])
def test_untrusted_text_is_shown_as_it_is_wherever_it_stands(tmp_path, text):
    rejects = [{"source_id": text, "line": 7, "reason": text, "text": text}]
    errors = [(text, "1", "2", 1, 1)]
    reader = write(tmp_path, overdrawn([text]), sync_errors=errors, rejects=rejects)
    # Where a line ends, extraction cannot tell a blank from none.
    shown = "".join(text_of(reader).split())
    if text is not ARABIC:
        assert shown.count("".join(text.split())) >= 4
    assert "Nothing was found" not in shown


def test_nothing_in_the_document_acts(tmp_path):
    reader = write(tmp_path, overdrawn(["http://evil.example/a", "mailto:a@example.com"]))
    assert all("/Annots" not in page for page in reader.pages)
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(reader.root_object)
    assert not {"/JavaScript", "/EmbeddedFiles"} & set(reader.root_object.get("/Names", {}))


def test_hidden_and_shapeless_characters_are_shown_by_their_numbers(tmp_path):
    text = text_of(write(tmp_path, overdrawn(["a\u202eb", "\u4e2d\U0001f642", "nul\x00"])))
    assert "a⟨U+202E⟩b" in text
    assert "⟨U+4E2D⟩⟨U+1F642⟩" in text
    assert "nul␀" in text


def test_arabic_letters_join(tmp_path):
    reader = write(tmp_path, overdrawn(["ببب"]))
    words = [glyphs for page in reader.pages for glyphs in _glyphs(reader, page, "NotoSansArabic")]
    # The same letter has another shape at the beginning, in the middle and at the end of a word.
    assert {len(set(word)) for word in words if len(word) == 3} == {3}


def _glyphs(reader, page, family):
    """Give the glyph numbers of each string set in a font of `family`."""
    fonts = page["/Resources"]["/Font"]
    font = None
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator == b"Tf":
            font = fonts[operands[0]].get_object()["/BaseFont"]
        elif operator in {b"Tj", b"TJ"} and f"+{family}" in (font or ""):
            parts = operands[0] if operator == b"TJ" else operands
            raw = b"".join(part.original_bytes for part in parts if hasattr(part, "original_bytes"))
            yield [raw[place : place + 2] for place in range(0, len(raw), 2)]


def test_every_character_of_the_coverage_has_a_shape(tmp_path):
    import typst

    fonts = files("balance_sync.reports").joinpath("fonts")
    ends = [line.split("-") for line in fonts.joinpath("coverage.txt").read_text().split()]
    covered = "".join(chr(code) for first, last in ends for code in range(int(first, 16), int(last, 16) + 1))
    assert printable(covered) == covered
    families = '("Noto Sans", "Noto Sans Arabic", "Noto Sans Math", "Noto Sans Symbols 2")'
    source = f"#set text(font: {families})\n#set document(title: [t])\n#sys.inputs.t\n#strong(sys.inputs.t)"

    def compiled(text):
        own = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])
        # This standard refuses a character that no font has.
        return typst.compile(
            source.encode(), font_paths=own, sys_inputs={"t": text}, pdf_standards=["a-2u"], format="pdf"
        )

    assert compiled(" ".join(covered)).startswith(b"%PDF")
    with pytest.raises(typst.TypstError, match="could not be displayed"):
        compiled("\u4e2d")


def test_run_without_findings_says_so(tmp_path):
    text = text_of(write(tmp_path, [], sync_errors=(), anomalies=False))
    assert "Nothing was reconciled." in text
    assert "No sources were read." in text
    assert "No transactions were applied" in text


def test_doubts_come_first_with_what_to_do(reader):
    first = reader.pages[0].extract_text()
    assert first.index("could not be read in full") < first.index("Lost updates")
    assert "Export these files again" in first


def test_large_figures_and_long_ids_are_whole_or_say_that_they_are_cut(tmp_path):
    amount = Decimal("12345678901234567890.123456789012345678")
    rows = [
        transaction(1, "0123456789abcdef" * 20, "SAR", amount=amount, old_balance=amount, new_balance=-amount)
    ]
    shown = "".join(text_of(write(tmp_path, rows, sync_errors=())).split())
    assert "−12,345,678,901,234,567,890.12" in shown
    assert "−12,345,678,901,234,567,890.123456789012345678" in shown
    assert "[cut:320charactersinall]" in shown


@pytest.mark.slow
def test_many_currencies_stay_a_summary(tmp_path):
    names = ("AED", "BHD", "EGP", "EUR", "GBP", "JOD", "JPY", "KWD", "OMR", "QAR", "SAR", "USD")
    rows = [
        transaction(
            3 * number + part, f"s-{number}-{part}", name, old_balance=Decimal(4), new_balance=Decimal(-5)
        )
        for number, name in enumerate(names)
        for part in range(3)
    ]
    errors = [(row["user_id"], "1", "9", 100, place) for place, row in enumerate(rows, start=1)]
    reader = write(tmp_path, rows, sync_errors=errors)
    assert len(reader.pages) <= 10
    assert all(f"Overdrafts, subscription balance: {name}" in text_of(reader) for name in names)


def test_what_is_left_out_is_counted(tmp_path):
    rejects = [
        {"source_id": "source-a", "line": line, "reason": "no id", "text": "{}"} for line in range(1, 40)
    ]
    assert "The first 6 of 39." in text_of(write(tmp_path, rejects=rejects)).replace("\n", " ")


def test_balance_gap_ends_at_what_stands_open(tmp_path):
    rows = [transaction(1, "a", "BHD"), transaction(2, "a", "SAR"), transaction(3, "b", "BHD")]
    # Equal balances in a later transaction close what stood before.
    rows.append(transaction(90, "b", "BHD", payment_balance=Decimal(91)))
    errors = [
        *(("a", "10", amount, hours, hours) for amount, hours in (("12", 30), ("19", 55), ("4.5", 80))),
        *(("b", "1", amount, hours, hours) for amount, hours in (("2", 31), ("3", 60))),
        ("c", "1", "41", 70, 70),
    ]
    with made_up_run(rows, sync_errors=errors) as (connection, context):
        data = build_report_data(connection, context)
    standing = {one.currency: one.total_at_risk for one in data.exposures if one.rule == "discrepancy"}
    ends = {point.currency: point.gap for point in data.gap_days}
    assert ends.pop(None) == 40
    assert standing
    assert {currency: gap for currency, gap in ends.items() if gap} == standing


def test_ages_and_what_became_of_earlier_findings_are_told(tmp_path):
    first, second, third = overdrawn(["a", "b", "c"])
    with made_up_run([first, second], sync_errors=(), anomalies=False) as (connection, context):
        found = connection.table("findings").to_arrow_table()
        earlier = EarlierRun("before", "fedcba9876543210", "1.2.2", START, found)
    with made_up_run([first, third], sync_errors=(), anomalies=False) as (connection, context):
        data = build_report_data(connection, context, [earlier])
        write_pdf(tmp_path / "report.pdf", data)
    text = text_of(PdfReader(tmp_path / "report.pdf"))
    assert "Compared with run fedcba9876543210." in text
    assert {f"{CHANGES[kind]}: " in text for kind in ("new", "persisting", "resolved")} == {True}
    assert f"Age counts back from {data.as_of}" in text
    assert data.manifest_sha256 in "".join(text.split())


def test_missing_library_is_told_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    require_formats(["xlsx", "html", "json"])
    with pytest.raises(UsageError) as caught:
        require_formats(["json", "pdf"])
    assert "pip install 'balance-sync[pdf]'" in caught.value.help


def test_command_line_says_what_to_install(tmp_path):
    (tmp_path / "a.log").write_text("2024-01-01T00:00:00.000Z START RequestId: a\n")
    program = "import sys; sys.modules['typst'] = None; from balance_sync.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "run", "a.log", "--format", "pdf"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "balance-sync: error: --format pdf: needs typst" in done.stderr
    assert "help: pip install 'balance-sync[pdf]'" in done.stderr
    assert not (tmp_path / "reports").exists()


def test_decisions_stand_beside_findings_and_in_figures(reader):
    text = " ".join(text_of(reader).split())
    assert "Decided: Confirmed by Aisha: =1+1 <b> told the bank" in text
    assert "Decided: Accepted by Aisha: agreed in March." in text
    assert "Unusual transactions set aside 1" in text


def test_sections_and_rows_that_were_not_asked_for_are_left_out(run, tmp_path):
    from dataclasses import replace

    from balance_sync.reports.context import Section

    connection, context = run
    few = replace(context, sections=frozenset({Section.EPISODES}), most_rows=1)
    write_pdf(tmp_path / "few.pdf", build_report_data(connection, few))
    text = text_of(PdfReader(tmp_path / "few.pdf"))
    headings = (
        "Over time",
        "How old the findings are",
        "Worst findings",
        "Roll-forward per",
        "Rules that",
    )
    assert not [heading for heading in (*headings, "What was read") if heading in text]
    assert "episodes alone; the other sections were not asked for" in " ".join(text.split())
    assert all(heading in text for heading in ("Largest still open", "Control totals", "Sign-off"))
    assert "at most 1" in text
    one = replace(context, most_rows=1)
    write_pdf(tmp_path / "one.pdf", build_report_data(connection, one))
    everything = text_of(PdfReader(tmp_path / "one.pdf"))
    assert all(heading in everything for heading in (*headings, "Largest still open"))
    assert everything.count("finding ") < text_of_all(connection, context, tmp_path).count("finding ")


def text_of_all(connection, context, folder):
    write_pdf(folder / "all.pdf", build_report_data(connection, context))
    return text_of(PdfReader(folder / "all.pdf"))


@pytest.mark.parametrize("section", ["findings", "roll-forward", "sources", "rejects", "transactions"])
def test_every_section_can_stand_alone(run, tmp_path, section):
    from dataclasses import replace

    from balance_sync.reports.context import Section

    connection, context = run
    alone = replace(context, sections=frozenset({Section(section)}))
    write_pdf(tmp_path / "alone.pdf", build_report_data(connection, alone))
    text = text_of(PdfReader(tmp_path / "alone.pdf"))
    assert ("Roll-forward per currency" in text) == (section == "roll-forward")
    assert ("truncated at byte 17" in text) == (section == "sources")
    assert ("=cmd|" in text) == (section == "rejects")
