"""What is wrong, as it is printed: what to look at first, what still stands, the worst of each rule."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from balance_sync.reports.attention import points_of_attention
from balance_sync.reports.cells import first_rows
from balance_sync.reports.context import Section
from balance_sync.reports.data import ANOMALY_RULE
from balance_sync.reports.decided import decision_counts, decision_words
from balance_sync.reports.labels import COLUMNS, SEVERITIES, WALLETS, rule_words
from balance_sync.reports.paper import blocks
from balance_sync.reports.paper.words import DOUBTS_TO_DO, PRINTED
from balance_sync.reports.phrases import counted, local_time, rounded_money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from balance_sync.reports.attention import Attention
    from balance_sync.reports.data import ReportData, RuleResult

OPEN_SHOWN = 3
MANY_GROUPS = 12
"""With more rules, wallets and currencies than that only the largest of each is shown: it is a summary."""

WORST_SHOWN = 3


def attention(data: ReportData) -> list[dict[str, Any]]:
    """Return what to look at first: what, how much, for how many, since when, and what to do."""
    results = {result.run.rule: result for result in data.rules}
    return [_point(point, results) for point in points_of_attention(data)]


def _point(point: Attention, results: dict[str, RuleResult]) -> dict[str, Any]:
    result = results.get(ANOMALY_RULE if point.section == "Anomalies" else point.section)
    found = result.found if result else None
    to_do = result.run.triage if result else DOUBTS_TO_DO.get(point.section, "")
    facts = [
        (PRINTED["concerned"], f"{found.subscribers:,}" if found and found.subscribers else ""),
        (PRINTED["since"], str(found.first_day) if found and found.first_day else ""),
        (PRINTED["until"], str(found.last_day) if found and found.last_day else ""),
    ]
    return {
        "severity": point.severity,
        "word": SEVERITIES.get(point.severity, point.severity),
        "what": f"{point.what}.",
        "detail": point.detail,
        "facts": [[label, text] for label, text in facts if text],
        "to_do": " ".join(to_do.split()),
    }


def open_shown(data: ReportData) -> int:
    """Return how many open episodes of each rule, wallet and currency are shown."""
    groups = {(one.rule, one.wallet, one.currency) for one in data.exposures}
    return data.most(OPEN_SHOWN if len(groups) <= MANY_GROUPS else 1)


def still_open(data: ReportData) -> dict[str, Any]:
    """Return the largest open episodes of each rule, wallet and currency, under a heading for each."""
    rows: list[Any] = []
    cap = open_shown(data)
    for (rule, severity, wallet, currency), group in groupby(
        data.exposures, key=lambda one: (one.rule, one.severity, one.wallet, one.currency)
    ):
        shown = list(islice(group, cap))
        worst = shown[0]
        name = rule_words(rule).name + (f", {WALLETS.get(wallet, wallet).lower()}" if wallet else "")
        standing = PRINTED["open"].format(count=worst.open_episodes)
        amount = f"{currency} {rounded_money(worst.total_at_risk, worst.minor_unit)}"
        rows.append(blocks.group(f"{name}: {amount}", standing, severity))
        rows += [
            [
                blocks.identifier(one.user_id),
                blocks.money(one.amount_at_risk, one.minor_unit),
                blocks.money(one.worst, one.minor_unit),
                blocks.cell(str(one.first_day)),
                blocks.cell(str(one.last_day)),
                blocks.count(one.findings),
            ]
            for one in shown
        ]
    columns = (
        blocks.column(COLUMNS["user_id"], 2.4),
        blocks.column(COLUMNS["amount_at_risk"], 1.4, number=True),
        blocks.column(COLUMNS["worst"], 1.4, number=True),
        blocks.column(COLUMNS["first_day"]),
        blocks.column(COLUMNS["last_day"]),
        blocks.column(COLUMNS["findings"], number=True),
    )
    return blocks.table(columns, rows)


def worst_shown(data: ReportData) -> int:
    """Return how many findings of each rule are shown."""
    return data.most(WORST_SHOWN)


def decisions(data: ReportData) -> dict[str, Any]:
    """Return what people decided, in figures."""
    rows = [[blocks.cell(label), blocks.count(count)] for label, count in decision_counts(data.feedback)]
    columns = (blocks.column(COLUMNS["decision"], 2), blocks.column(COLUMNS["findings"], 1, number=True))
    return blocks.table(columns, rows)


def worst_findings(data: ReportData) -> dict[str, Any]:
    """Return the largest findings of each rule in words, and the most unusual transactions."""
    zone = ZoneInfo(data.context.timezone)
    found: dict[str, list[dict[str, Any]]] = {}
    if data.shows(Section.FINDINGS):
        for row in first_rows(data.frames("worst_findings", cap=worst_shown(data))):
            found.setdefault(row["rule"], []).append(row)
    if data.rows["anomalies"] and data.shows(Section.ANOMALIES):
        odd = first_rows(data.frames("anomalies"), worst_shown(data))
        found[ANOMALY_RULE] = [{**row, "explanation": row["reasons"]} for row in odd]
    rows = [one for result in data.rules for one in _of_rule(result, found, zone)]
    columns = (
        blocks.column(f"{COLUMNS['logged_at']} ({zone.key})", 1.35),
        blocks.column(COLUMNS["user_id"], 1.55),
        blocks.column(COLUMNS["explanation"], 3.8),
        blocks.column(COLUMNS["difference"], 1.5, number=True),
    )
    return blocks.table(columns, rows)


def _of_rule(result: RuleResult, found: dict[str, list[dict[str, Any]]], zone: ZoneInfo) -> Iterator[Any]:
    own = found.get(result.run.rule)
    if not own:
        return
    words = rule_words(result.run.rule, result.run.title)
    severity = result.run.severity
    yield blocks.group(f"{words.name}: {counted(result.findings, 'finding')}", result.run.title, severity)
    for row in own:
        proof = PRINTED["proof"].format(line=row["line"], source=row["source_id"] or "–")
        if "finding_id" in row:
            proof = f"{PRINTED['finding'].format(finding=row['finding_id'])}, {proof}"
        decided = decision_words(row)
        if decided:
            proof = f"{PRINTED['decision'].format(decision=decided)} {proof}"
        yield [
            blocks.cell(local_time(row["logged_at"], zone)),
            blocks.identifier(row["user_id"]),
            blocks.cell(row["explanation"], "long", proof),
            blocks.difference(row.get("difference"), row["minor_unit"] or 0, row["currency"]),
        ]
