"""The page's tables of findings by age, and of what became of an earlier run's findings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.reports import cells, labels
from balance_sync.reports.cells import Cell, Table
from balance_sync.reports.labels import rule_words
from balance_sync.reports.visible_text import cut

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData
    from balance_sync.reports.shown import Shown

CHANGES_SHOWN = 120
TEXT_SHOWN = 600
"""Rows, and characters of one text; the CSV file holds all."""


def ages(data: ReportData) -> Table:
    """Return the findings of each rule and currency by their age."""
    names = labels.AGES if any(one.undated for one in data.ages) else labels.AGES[:-1]
    rows = tuple(
        (
            cells.badge(labels.SEVERITIES, one.severity),
            Cell(rule_words(one.rule).name, "word"),
            Cell(one.currency),
            cells.money(one.amount_at_risk, one.minor_unit),
            *(cells.count(findings or None) for findings in one.by_age[: len(names)]),
        )
        for one in data.ages
    )
    headers = (
        *cells.headers("severity", "rule", "currency"),
        ("At risk", "number"),
        *((name, "number") for name in names),
    )
    return Table("Findings by currency and age", headers, rows, len(rows))


def change_counts(data: ReportData) -> Table:
    """Return how many findings of each rule and currency changed in which way."""
    counts = data.changes.counts if data.changes else ()
    rows = tuple(
        (
            Cell(labels.CHANGES[one.change], "word", hint=labels.CHANGE_MEANINGS[one.change]),
            cells.badge(labels.SEVERITIES, one.severity),
            Cell(rule_words(one.rule).name, "word"),
            Cell(one.currency),
            cells.count(one.findings),
            cells.count(one.subscribers),
            cells.money(one.amount, one.minor_unit),
        )
        for one in counts
    )
    headers = (
        *cells.headers("change", "severity", "rule", "currency", "findings"),
        ("Subscribers", "number"),
        ("Sum", "number"),
    )
    return Table("Findings by what became of them", headers, rows, len(rows))


def changes(data: ReportData, shown: Shown) -> Table:
    """Return the findings that are not as they were in the run before."""
    if data.changes is None:
        return Table("Changes", (), ())
    zone = ZoneInfo(data.context.timezone)
    rows = tuple(
        (
            Cell(labels.CHANGES[row["change"]], "word"),
            cells.badge(labels.SEVERITIES, row["severity"]),
            Cell(rule_words(row["rule"]).name, "word"),
            cells.subscriber(row["user_id"], shown.subscribers),
            cells.time(row["logged_at"], zone),
            Cell(row["currency"]),
            cells.money(row["difference_before"], row["minor_unit"]),
            cells.money(row["difference"], row["minor_unit"]),
            Cell(cut(row["explanation"] or "", TEXT_SHOWN), "long"),
            cells.proof(row),
        )
        for row in cells.first_rows(data.frames("changes"), data.most(CHANGES_SHOWN))
    )
    headers = (
        *cells.headers("change", "severity", "rule", "user_id", "logged_at", "currency"),
        ("Difference before", "number"),
        *cells.headers("difference", "explanation", "source_id", source_id="Source:line"),
    )
    return Table("Findings that changed", headers, rows, data.rows["changes"], "csv/changes.csv")
