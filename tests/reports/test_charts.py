from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from made_up_run import made_up_run

from balance_sync.reports.charts import HEIGHT, WIDTH, findings_chart, overdraft_charts
from balance_sync.reports.data import ExposurePoint, WeekFindings, build_report_data
from balance_sync.reports.shown import choose_shown
from balance_sync.reports.subscribers import subscriber_accounts

MONDAY = date(2024, 1, 1)


def test_bars_add_up_to_the_findings(data):
    weeks = tuple(
        WeekFindings(MONDAY + timedelta(weeks=3 * number), severity, number + 1)
        for number in range(5)
        for severity in ("critical", "info")
    )
    chart = ElementTree.fromstring(str(findings_chart(replace(data, weeks=weeks))))
    bars = chart.findall("g/rect")
    assert len(bars) == 10
    assert len(chart.findall("g")) == 13
    heights = [float(bar.get("height")) for bar in bars]
    # The axis of ten findings ends at ten.
    assert sum(heights) == pytest.approx((HEIGHT - 38) * 30 / 10, abs=0.1)


def test_axis_ends_with_the_last_week(data):
    weeks = tuple(WeekFindings(MONDAY + timedelta(weeks=number), "error", 1) for number in range(4))
    chart = ElementTree.fromstring(str(findings_chart(replace(data, weeks=weeks))))
    days = [text.text for text in chart.findall("text") if text.text.startswith("2024-")]
    assert days == ["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22"]


def test_many_years_still_fit(data):
    weeks = tuple(WeekFindings(MONDAY + timedelta(weeks=number), "error", 2) for number in range(1000))
    chart = ElementTree.fromstring(str(findings_chart(replace(data, weeks=weeks))))
    bars = chart.findall("g")
    assert 100 <= len(bars) <= 104
    assert all(0 <= float(bar.get("x")) <= WIDTH for bar in chart.findall("g/rect"))


def test_nothing_found_draws_nothing(data):
    assert findings_chart(replace(data, weeks=())) is None
    assert overdraft_charts(replace(data, overdraft_days=())) == []


def test_overdrafts_are_drawn_a_line_a_wallet(data):
    points = (
        ExposurePoint("subscription", "<b>", 3, MONDAY, Decimal(-2)),
        ExposurePoint("payment", "<b>", 3, MONDAY, Decimal(-1)),
        ExposurePoint("payment", "<b>", 3, MONDAY + timedelta(days=3), Decimal(0)),
    )
    (one,) = overdraft_charts(replace(data, overdraft_days=points))
    assert one.heading == "<b>: subscription balance −2.000, payment balance 0.000"
    chart = ElementTree.fromstring(str(one.chart))
    assert [path.get("class") for path in chart.findall("path")] == ["line subscription", "line payment"]
    assert "<b>" in chart.get("aria-label")


def test_a_subscribers_lines_show_the_first_the_last_and_the_largest_findings():
    """Of 20 discrepancies those in the middle are the largest, and the first and the last the smallest."""
    sizes = [min(number, 19 - number) + 1 for number in range(20)]
    errors = [
        ("subscriber-1", "82", str(82 - size), number, 1100 + number) for number, size in enumerate(sizes)
    ]
    with made_up_run(sync_errors=errors) as (connection, context):
        data = build_report_data(connection, context)
        shown = subscriber_accounts(data, choose_shown(data))
    (account,) = next(one for one in shown if one["name"] == "subscriber-1")["accounts"]
    marked = [mark for mark in account["findings"] if mark[1] == "Discrepancies"]
    times = [mark[3] for mark in marked]
    assert times == sorted(times)
    assert [int(float(mark[5])) for mark in marked] == [-1, *range(-6, -11, -1), *range(-10, -5), -1]
