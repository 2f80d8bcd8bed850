"""The page in a real browser: what it does there, and that it does nothing else."""

from __future__ import annotations

import io
import os
import re
import shutil
from pathlib import Path

import pytest
from made_up_run import made_up_run, transaction, usual_transactions

from balance_sync.reports.data import build_report_data
from balance_sync.reports.labels import QUESTIONS
from balance_sync.reports.log_lines import LogText
from balance_sync.reports.page import write_page
from balance_sync.reports.visible_text import visible

FONTS = Path("/usr/share/fonts/truetype/dejavu")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium, which .ci/run installs"),
    pytest.mark.skipif(not FONTS.is_dir(), reason="needs the fonts DejaVu, which .ci/run installs"),
]

GOLDEN = Path(__file__).parent / "golden"
TORTURE = "</script><script>hit = 1</script><img src=x onerror='hit = 1'>\u2028\u202e${hit = 1}\ttab"


def read_torture(places):
    return {
        place: LogText(f"2024-01-01T00:00:00.000Z {TORTURE}", f"logs/{place.source_id}.gz")
        for place in places
    }


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Give the page of a run in which everything that can be hostile is."""
    discrepancies = [("subscriber-1", "82", f"{number}.5", number, 1000 + number) for number in range(1, 60)]
    rows = [*usual_transactions(), transaction(60, TORTURE, old_balance=5, new_balance=-9)]
    path = tmp_path_factory.mktemp("browser") / "report.html"
    with made_up_run(rows, sync_errors=discrepancies) as (connection, context):
        write_page(path, build_report_data(connection, context), read_torture)
    return path


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """Give a browser that knows one family of fonts, whatever else its machine has."""
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("fonts")
    known = folder / "fonts.conf"
    known.write_text(f"<fontconfig><dir>{FONTS}</dir><cachedir>{folder}</cachedir></fontconfig>")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--font-render-hinting=none"],
            env={**os.environ, "FONTCONFIG_FILE": str(known)},
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, report):
    """Give a function that opens the page; in the end nothing may have gone wrong in it."""
    contexts, complaints = [], []

    def opened(width=1280, scheme="light", address="", **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", note_request)
        page.goto(f"{report.as_uri()}{address}")
        return page

    def note_request(request):
        if not request.url.startswith(report.as_uri()):
            complaints.append(request.url)

    yield opened
    hits = [page.evaluate("globalThis.hit ?? null") for context in contexts for page in context.pages]
    for context in contexts:
        context.close()
    assert complaints == []
    assert set(hits) <= {None}


def column(page, table, number):
    cells = page.locator(f"{table} > tbody > tr:not(.opened):visible > td:nth-child({number})")
    return cells.all_inner_texts()


def rule_table(page, name):
    """Open the rule of that name and give the selector of its table."""
    rule = page.locator("details.rule", has=page.locator(f".name:text-is('{name}')"))
    rule.locator("> summary").click()
    return f"#{rule.locator('table').first.get_attribute('id')}"


def test_everything_is_drawn_and_the_still_charts_step_back(open_page):
    page = open_page()
    page.wait_for_selector("figure[data-chart=findings] .live svg path")
    assert page.locator("figure[data-chart] .still:visible").count() == 0
    assert (
        page.locator("figure[data-chart] .live svg").count() == page.locator("figure[data-chart]").count() > 2
    )
    assert page.locator("#subscriber .live svg .mark-line path").count() > 0


def test_sorting_goes_by_value_and_back(open_page):
    page = open_page()
    table = rule_table(page, "Discrepancies")
    head = page.locator(f"{table} > thead th:nth-child(6)")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    rising = [float(text.replace(",", "").replace("−", "-")) for text in column(page, table, 6)]
    assert rising == sorted(rising)
    assert len(rising) == 40
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(page, table, 6)[0] == max(rising).__format__(",.3f").replace("-", "−")


def test_filtering_by_words_and_by_choice(open_page):
    page = open_page()
    controls = page.locator("#episodes .controls")
    rows = page.locator("#t-episodes > tbody > tr:visible")
    everything = rows.count()
    controls.get_by_label("Filter").fill("subscriber-2 overdrafts")
    assert set(column(page, "#t-episodes", 4)) == {"subscriber-2"}
    assert set(column(page, "#t-episodes", 2)) == {"Overdrafts"}
    assert re.fullmatch(r"\d+ of \d+ rows", controls.locator("output").inner_text())
    controls.get_by_label("Filter").fill("")
    controls.get_by_label("Severity", exact=True).select_option("Error")
    assert set(column(page, "#t-episodes", 1)) == {"Error"}
    controls.get_by_label("Severity", exact=True).select_option(index=0)
    assert rows.count() == everything


def test_a_finding_opens_on_its_proof_from_the_keyboard(open_page):
    page = open_page()
    table = rule_table(page, "Lost updates")
    button = page.locator(f"{table} button.opens").first
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    proof = page.locator(f"{table} .proof")
    own = proof.locator("tr[aria-current=true]")
    assert "tx-0003" in own.inner_text()
    before = proof.locator("tbody tr").nth(1)
    said = [before.locator("td").nth(place).inner_text() for place in (10, 7, 8)]
    assert said == ["tx-0002", "82.000", "−5.250"]
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "false"
    assert proof.count() == 0


def test_hostile_text_is_shown_as_it_is(open_page):
    page = open_page()
    table = rule_table(page, "Overdrafts")
    row = page.locator(f"{table} > tbody > tr", has_text="onerror")
    assert visible(TORTURE) in row.locator("td").nth(1).text_content()
    row.locator("button.opens").click()
    assert visible("</script><script>hit = 1</script>") in page.locator(".proof pre").first.text_content()
    assert page.locator(".proof pre").first.text_content().endswith("⟨U+2028⟩⟨U+202E⟩${hit = 1}\ttab")
    names = page.locator("#picker option").all_text_contents()
    assert visible(TORTURE) in names
    page.locator("#picker").select_option(label=visible(TORTURE))
    assert page.locator("#subscriber h3 code").text_content() == visible(TORTURE)


def test_a_subscriber_opens_from_an_exposure_and_leads_back_to_a_finding(open_page):
    page = open_page()
    page.locator("#t-open").get_by_role("link", name="subscriber-2").first.click()
    # A click returns before the page has followed its link.
    page.locator("#subscriber h3").get_by_text("Subscriber subscriber-2", exact=True).wait_for()
    page.wait_for_selector("#subscriber .live svg .mark-symbol path")
    page.locator("#subscriber").get_by_role("link", name="Show").first.click()
    page.wait_for_selector("button.opens[aria-expanded=true]")
    assert page.locator(".proof:visible").count() == 1
    assert page.locator("details.rule[open] button.opens[aria-expanded=true]:focus").count() == 1


def test_an_address_of_the_page_opens_what_it_names(open_page):
    page = open_page(address="#subscriber-1")
    assert page.locator("#picker").input_value() == "1"
    page = open_page(address="#rule-3")
    assert page.locator("#rule-3").get_attribute("open") is not None


def test_charts_answer_and_have_their_figures_as_a_table(open_page):
    page = open_page()
    figure = page.locator("figure[data-chart=findings]")
    bar = figure.locator(".live .mark-rect path").first
    bar.hover()
    assert re.fullmatch(r"2024-01-01 to 2024-01-07: \d+ \w+", page.locator(".tip").text_content())
    bars = figure.locator(".live .mark-rect path").count()
    figure.get_by_role("button", name="Critical").click()
    page.wait_for_function(
        "bars => document.querySelectorAll('figure[data-chart=findings] .mark-rect path').length < bars",
        arg=bars,
    )
    figure.get_by_role("button", name="Show the figures").click()
    assert figure.locator("table tbody tr").count() == bars


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_goes_sideways_on_a_phone(open_page, scheme):
    page = open_page(width=390, scheme=scheme)
    table = rule_table(page, "Lost updates")
    page.locator(f"{table} button.opens").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    wide = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1)"
        ".map(one => one.getAttribute('aria-label'))"
    )
    assert wide == []


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
def test_no_barrier_is_known(open_page, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(width=width, scheme=scheme, bypass_csp=True)
    table = rule_table(page, "Lost updates")
    page.locator(f"{table} button.opens").first.click()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_without_scripts_the_tables_and_still_charts_are_there(open_page):
    page = open_page(java_script_enabled=False)
    assert page.locator("figure[data-chart] .still svg:visible").count() > 2
    assert page.locator("#t-episodes tbody tr:visible").count() > 10


def test_print_has_every_row_and_the_still_charts(open_page):
    page = open_page()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("figure[data-chart] .live:visible").count() == 0
    assert page.locator("figure[data-chart] .still svg:visible").count() > 2
    assert page.locator("details.rule:not([open])").count() == 0
    assert page.locator(".controls:visible").count() == 0


def test_page_looks_as_agreed(open_page):
    """Compare a small picture: how letters are drawn differs between machines, what is where does not."""
    from PIL import Image, ImageChops, ImageStat

    page = open_page()
    page.wait_for_selector("#subscriber .live svg .mark-line path")
    taken = Image.open(
        io.BytesIO(page.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": 1600}, full_page=True))
    )
    small = taken.convert("L").resize((160, 200))
    agreed = GOLDEN / "report.html.png"
    if os.environ.get("UPDATE_GOLDEN"):
        small.save(agreed)
    difference = ImageStat.Stat(ImageChops.difference(small, Image.open(agreed))).mean[0]
    assert difference < 6


def in_first_screen(page, question):
    """Give the link of a question, which nobody has to look for."""
    link = page.locator("#questions a", has_text=QUESTIONS[question])
    box = link.bounding_box()
    assert box["y"] + box["height"] <= 900
    return link


@pytest.mark.parametrize(("question", "rule"), [("overdrawn", "Overdrafts"), ("disagree", "Discrepancies")])
def test_who_is_concerned_now_is_one_click_away(open_page, question, rule):
    page = open_page()
    everything = column(page, "#t-open", 1)
    in_first_screen(page, question).click()
    assert page.url.endswith("#open")
    assert set(column(page, "#t-open", 1)) == {rule} < set(everything)
    assert len(column(page, "#t-open", 1)) == everything.count(rule)
    assert page.locator("#open").bounding_box()["y"] < 900
    amounts, since = column(page, "#t-open", 5), column(page, "#t-open", 7)
    assert all(amounts)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in since)


def test_what_is_owed_is_told_at_once_and_in_full_one_click_away(open_page):
    page = open_page()
    in_first_screen(page, "owed").click()
    told = page.locator("#questions dd", has_text="we owe").all_inner_texts()
    closings = dict(zip(column(page, "#t-roll", 1), column(page, "#t-roll", 10), strict=True))
    for line in told:
        currency, owed = line.split(":")[0], line.split("are owed ")[1].split(" ")[0]
        below_zero = closings[currency].lstrip("−")
        assert owed == ("nothing" if not float(below_zero.replace(",", "")) else below_zero)
    assert page.locator("#t-roll").bounding_box()["y"] < 900


def test_the_proof_of_a_line_is_two_clicks_away(open_page):
    page = open_page()
    in_first_screen(page, "proof").click()
    rule = page.locator("details.rule[open]")
    rule.locator("button.opens").first.click()
    assert page.locator(".proof pre:visible").count() > 0
    assert page.locator(".proof tr[aria-current=true]:visible").count() == 1


def test_the_proof_of_what_is_still_open_is_two_clicks_away(open_page):
    page = open_page()
    page.locator("#t-open").get_by_role("link", name="subscriber-2").first.click()
    page.locator("#subscriber").get_by_role("link", name="Show").first.click()
    page.wait_for_selector(".proof pre:visible")


def test_every_row_of_what_is_still_open_opens_on_its_proof(open_page):
    page = open_page()
    rows = page.locator("#t-open > tbody > tr")
    shown = rows.count()
    assert shown > 1
    for place in range(shown):
        row = rows.nth(place)
        row.locator("button.opens").click()
        proof = page.locator("#t-open .proof")
        assert row.get_attribute("data-proof") in proof.inner_text()
        assert proof.locator("tbody tr").count() > 0
        assert proof.locator("pre").count() > 0
        # What two records of balances disagree about is no transaction.
        is_overdraft = row.locator("td").first.inner_text().strip() == "Overdrafts"
        assert proof.locator("tr[aria-current=true]").count() == is_overdraft
        row.locator("button.opens").click()
        assert proof.count() == 0
    addresses = page.eval_on_selector_all("[id]", "found => found.map((one) => one.id)")
    assert len(addresses) == len(set(addresses))
