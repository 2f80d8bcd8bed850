"""Blocks of the first sheet about time: how old findings are, and what became of earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.reports.data import ANOMALY_RULE
from balance_sync.reports.labels import AGES, CHANGE_MEANINGS, CHANGES, SEVERITIES, UNSTATED, rule_words
from balance_sync.reports.phrases import counted
from balance_sync.reports.sheets.formats import money_style

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData
    from balance_sync.reports.sheets.block_sheet import BlockSheet


def write_ages(sheet: BlockSheet, data: ReportData) -> None:
    """Write the findings by rule, currency and age."""
    if not data.ages:
        return
    sheet.heading(
        "Findings by currency and age",
        f"Age counts back from {data.as_of}, the last business day of this report. At risk is what still "
        "stands of a condition, else the sum of their sizes.",
    )
    ages = AGES if any(one.undated for one in data.ages) else AGES[:-1]
    sheet.header("Severity", "Rule", "Currency", "At risk>", *(f"{age}>" for age in ages))
    for one in data.ages:
        sheet.text(0, SEVERITIES.get(one.severity, one.severity), one.severity)
        section = "Anomalies" if one.rule == ANOMALY_RULE else one.rule
        sheet.link(1, section, rule_words(one.rule).name)
        sheet.text(2, one.currency or UNSTATED)
        sheet.value(3, one.amount_at_risk, money_style(one.minor_unit))
        for column, count in enumerate(one.by_age[: len(ages)], start=4):
            sheet.value(column, count or None, "count")
        sheet.next_row()


def write_change_counts(sheet: BlockSheet, data: ReportData) -> None:
    """Write what became of the findings of earlier runs, where there are some to compare with."""
    if data.changes is None:
        return
    runs = data.changes.earlier
    before = f"Compared with run {runs[-1].run_id}"
    if len(runs) > 1:
        before += f" and {counted(len(runs) - 1, 'run')} before it"
    sheet.heading("Since the run before", f"{before}.")
    sheet.header("Change", "Rule", "Severity", "Currency", "Findings>", "Subscribers>", "Sum>", "Meaning")
    for one in data.changes.counts:
        sheet.link(0, "Changes" if one.change != "persisting" else one.rule, CHANGES[one.change])
        sheet.text(1, rule_words(one.rule).name)
        sheet.text(2, SEVERITIES.get(one.severity, one.severity), one.severity)
        sheet.text(3, one.currency or UNSTATED)
        sheet.value(4, one.findings, "count")
        sheet.value(5, one.subscribers, "count")
        sheet.value(6, one.amount, money_style(one.minor_unit))
        sheet.text(7, CHANGE_MEANINGS[one.change])
        sheet.next_row()
