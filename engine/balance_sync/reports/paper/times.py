"""How old the findings are, and what became of those of earlier runs, as it is printed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from balance_sync.reports.labels import AGES, CHANGE_MEANINGS, CHANGES, COLUMNS, UNSTATED, rule_words
from balance_sync.reports.paper import blocks
from balance_sync.reports.paper.words import PRINTED
from balance_sync.reports.phrases import counted

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData


def ages(data: ReportData) -> dict[str, Any]:
    """Return the findings of each rule and currency by age, the worst rules first."""
    shown = AGES if any(one.undated for one in data.ages) else AGES[:-1]
    rows = [
        [
            blocks.cell(rule_words(one.rule).name, "strong"),
            blocks.cell(one.currency or UNSTATED),
            blocks.money(one.amount_at_risk, one.minor_unit),
            *(blocks.cell(f"{count:,}" if count else "", "number") for count in one.by_age[: len(shown)]),
        ]
        for one in data.ages
    ]
    columns = (
        blocks.column(COLUMNS["rule"], 1.6),
        blocks.column(COLUMNS["currency"]),
        blocks.column(PRINTED["at_risk"], 1.2, number=True),
        *(blocks.column(age, number=True) for age in shown),
    )
    return blocks.table(columns, _once(rows))


def _once(rows: list[list[blocks.Cell]]) -> list[list[blocks.Cell]]:
    """Let the first cell of rows that begin alike reach over all of them."""
    merged = []
    for _, group in groupby(rows, key=lambda row: row[0]["text"]):
        first, *others = group
        merged += [[{**first[0], "rows": len(others) + 1}, *first[1:]], *(row[1:] for row in others)]
    return merged


def changes(data: ReportData) -> dict[str, Any]:
    """Return what became of the findings of earlier runs, by kind of change; no rows without such a run."""
    rows: list[Any] = []
    for change, group in groupby(data.changes.counts if data.changes else (), key=lambda one: one.change):
        counts = list(group)
        total = counted(sum(one.findings for one in counts), "finding")
        rows.append(blocks.group(f"{CHANGES[change]}: {total}", CHANGE_MEANINGS[change]))
        rows += [
            [
                blocks.cell(rule_words(one.rule).name),
                blocks.cell(one.currency or UNSTATED),
                blocks.count(one.findings),
                blocks.count(one.subscribers),
                blocks.money(one.amount, one.minor_unit),
            ]
            for one in counts
        ]
    columns = (
        blocks.column(COLUMNS["rule"], 2),
        blocks.column(COLUMNS["currency"], 1),
        blocks.column(COLUMNS["findings"], 1, number=True),
        blocks.column(PRINTED["concerned"], 1, number=True),
        blocks.column(PRINTED["sum"], 1.4, number=True),
    )
    return blocks.table(columns, rows)


def compared_with(data: ReportData) -> str:
    """Return which runs this one is compared with; nothing where there is none."""
    if data.changes is None:
        return ""
    runs = data.changes.earlier
    others = len(runs) - 1
    more = PRINTED["compared_more"].format(runs=counted(others, "run")) if others else ""
    return PRINTED["compared"].format(run=runs[-1].run_id) + more + "."
