from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from golden_files import check_golden
from made_up_run import made_up_run

from balance_sync.reports.data import build_report_data
from balance_sync.reports.page import write_page

VOID = {"meta", "input", "br", "link"}


class Page(HTMLParser):
    """Collects what a test asks about, and checks that tags nest."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.attributes, self.ids, self.texts = [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def html(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(path, data)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_page_is_as_agreed(html):
    text = re.sub(r"(<style>|<script>).*?(</style>|</script>)", r"\1…\2", html, flags=re.S)
    # The embedded data a line a row, the charts as they are in their own file.
    text = re.sub(r'"specifications":.*?,"findings_chart"', '"specifications":…,"findings_chart"', text)
    text = re.sub(r"(?<=[\]}]),(?=[\[{])", ",\n", text)
    check_golden("report.html.txt", re.sub(r"sha256-[\w+/=]+", "sha256-…", text))


def test_policy_allows_the_page_its_own_style_and_scripts_alone(html, page):
    policy = next(value for _, name, value in page.attributes if name == "content" and "default-src" in value)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    for tag, number in (("style", 1), ("script", 5)):
        contents = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.S)
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in contents]
        assert len(digests) == number
        assert directives[f"{tag}-src"].split() == [f"'sha256-{digest}'" for digest in digests]
    assert [name for _, name, _ in page.attributes if name == "style" or name.startswith("on")] == []


def test_page_asks_for_nothing_from_elsewhere(page):
    links = [
        value for _, name, value in page.attributes if name in {"src", "href", "action", "data", "xlink:href"}
    ]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not {"img", "iframe", "object", "link", "base", "form"} & set(page.tags)


def test_links_lead_to_sections_that_exist_and_ids_are_unique(page):
    targets = {value[1:] for _, name, value in page.attributes if name == "href"}
    assert targets <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_hostile_text_is_shown_and_does_nothing(html, page):
    assert page.tags.count("script") == 6
    shown = "".join(page.texts)
    assert "=cmd|' /C calc'!A0" in shown
    assert "amount <b>9.000</b> BHD" in shown
    assert "<b>9.000" not in html
    assert "\u202e" not in html


def test_hostile_subscriber_is_escaped(tmp_path):
    errors = [("<script>alert(1)</script>", "1", "2", 1, 1), ("\u202etxt.exe", "1", "2", 1, 2)]
    with made_up_run([], sync_errors=errors) as (connection, context):
        write_page(tmp_path / "report.html", build_report_data(connection, context))
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "⟨U+202E⟩txt.exe" in html


def test_tables_are_accessible(page):
    assert page.tags.count("table") == page.tags.count("caption") == page.tags.count("thead")
    assert {value for tag, name, value in page.attributes if tag == "th" and name == "scope"} == {"col"}
    charts = [name for tag, name, _ in page.attributes if tag == "svg"]
    assert charts.count("role") == charts.count("aria-label") > 0


def test_capped_detail_says_so_and_names_the_file(tmp_path):
    errors = [("subscriber-1", "1", f"{number}", number, number) for number in range(10, 70)]
    with made_up_run(sync_errors=errors) as (connection, context):
        write_page(tmp_path / "report.html", build_report_data(connection, context))
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "The first 40 of 60. All of them: the workbook, or <code>csv/findings.csv</code> of a run" in html


def test_empty_run_says_so(tmp_path):
    with made_up_run([], sync_errors=(), anomalies=False) as (connection, context):
        write_page(tmp_path / "report.html", build_report_data(connection, context))
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    Page(html)
    assert "Nothing was reconciled" in html


def test_rounding_noise_is_no_negative_figure():
    from decimal import Decimal

    from balance_sync.reports.cells import money

    assert money(Decimal("-0.0000001"), 3).text == "0.000"
    assert money(Decimal("-0.0000001"), 3).kind == "number"
    assert money(Decimal("-1234.5"), 3).text == "−1,234.500"


def test_decisions_stand_beside_findings_and_in_figures(html):
    shown = html.split('<script type="application/json"')[0]
    assert "Confirmed by Aisha: =1+1 &lt;b&gt; told the bank" in shown
    assert "Accepted by Aisha: agreed in March" in shown
    assert re.search(r"<td>Unusual transactions set aside</td><td[^>]*>1</td>", shown)
    proofs = html.split('<script type="application/json"')[1]
    assert '"Decision","Accepted by Aisha: agreed in March"' in proofs
