"""Says what to look at first, worst first: a report is read from here."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.reports.data import ANOMALY_RULE
from balance_sync.reports.labels import COMPLETENESS, CONTROL_TOTALS, WALLETS, rule_words
from balance_sync.reports.phrases import counted, rounded_money
from balance_sync.reports.visible_text import visible
from balance_sync.vocabulary import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from balance_sync.reports.data import ReportData, RuleResult
    from balance_sync.reports.figures import CompletenessTotal, Exposure

WHOLE_STATUSES = frozenset({"read", "empty", "duplicate", "archive"})
"""Statuses of sources of which nothing is missing."""

_TOLD_OTHERWISE = frozenset({"unread_sources", "messages_without_outcome"})


@dataclass(frozen=True)
class Attention:
    """One thing to look at.

    Parameters
    ----------
    severity
        How bad it is.
    what, detail
        A clause, and the figures behind it.
    section
        The rule or section (a key of `labels.SECTION_NOTES`) that shows it.
    """

    severity: str
    what: str
    detail: str
    section: str


def points_of_attention(data: ReportData) -> tuple[Attention, ...]:
    """Return what to look at first: doubts about the report itself, then findings, worst first."""
    return (*_doubts(data), *_gaps(data), *_findings(data))


def _doubts(data: ReportData) -> Iterator[Attention]:
    if not data.totals.events:
        detail = "There is no log event in it: no figure of this report says anything about the books."
        yield Attention(Severity.CRITICAL, "Nothing was reconciled", detail, "Sources")
    broken = sorted({CONTROL_TOTALS[total.name][0] for total in data.broken_totals})
    if broken:
        detail = f"{', '.join(broken)}: read no figure before this is explained."
        yield Attention(Severity.CRITICAL, "Control totals do not add up", detail, "Control totals")
    unread = sum(row.sources for row in data.source_statuses if row.status not in WHOLE_STATUSES)
    if unread:
        what = f"{counted(unread, 'log file')} could not be read in full"
        yield Attention(Severity.ERROR, what, "Transactions of the missing part are unknown.", "Sources")
    if data.totals.rejects:
        what = f"{counted(data.totals.rejects, 'record')} could not be read"
        yield Attention(Severity.ERROR, what, "They are in no figure of this report.", "Rejects")


def _gaps(data: ReportData) -> Iterator[Attention]:
    """Tell of gaps in the logs, but for those that are told of as damage or as findings."""
    since, first = data.context.since, data.totals.first_at
    if since and first and first < since:
        detail = (
            "Findings and opening balances rest on what was logged before it, too. Episodes that are older "
            "begin in it, and what is unusual is so within it."
        )
        yield Attention(Severity.WARNING, "The period begins within the archive", detail, "Roll-forward")
    told = [row for row in data.completeness if row.kind not in _TOLD_OTHERWISE]
    if told:
        zone = ZoneInfo(data.context.timezone)
        parts = "; ".join(_gap(row, zone) for row in told)
        detail = f"{parts.capitalize()}. What happened in them is in no figure."
        yield Attention(Severity.WARNING, "The logs have gaps", detail, "Completeness")


def _gap(total: CompletenessTotal, zone: ZoneInfo) -> str:
    when = ""
    if total.kind == "days_without_logs" and total.places == 1 and total.first_at:
        first = total.first_at.astimezone(zone).date()
        when = f" ({first})" if total.cases == 1 else f" (from {first} on)"
    return f"{COMPLETENESS[total.kind][0].lower()}: {total.cases:,}{when}"


def _findings(data: ReportData) -> Iterator[Attention]:
    standing = {rule: tuple(rows) for rule, rows in groupby(data.exposures, key=lambda one: one.rule)}
    for result in sorted(data.rules, key=lambda one: _urgency(one, standing)):
        rule = result.run.rule
        if result.found is None:
            continue
        if rule == ANOMALY_RULE:
            what = f"{counted(result.findings, 'transaction')} unusual without breaking a rule"
            detail = "The most unusual first, each with its reasons."
            yield Attention(result.run.severity, what, detail, "Anomalies")
        elif rule in standing:
            yield _standing(result, standing[rule])
        else:
            yield Attention(result.run.severity, _headline(result), _when(result), rule)


def _urgency(result: RuleResult, standing: Mapping[str, object]) -> tuple[int, bool, int, str]:
    """Return what rules are ordered by: of equal severity first what still stands, then what is most."""
    rule = result.run.rule
    return -Severity(result.run.severity).rank, rule not in standing, -result.findings, rule


def _headline(result: RuleResult) -> str:
    return f"{rule_words(result.run.rule, result.run.title).name}: {counted(result.findings, 'finding')}"


def _when(result: RuleResult) -> str:
    found = result.found
    if found is None or found.first_day is None:
        return ""
    words = [f"{counted(found.subscribers, 'subscriber')}, " if found.subscribers else ""]
    if found.first_day == found.last_day:
        words.append(f"all on {found.first_day}")
    else:
        words.append(f"{found.first_day} to {found.last_day}")
        if found.worst_day_findings and found.worst_day_findings > 1:
            words.append(f", {found.worst_day_findings:,} of the findings on {found.worst_day}")
    return "".join(words) + "."


def _standing(result: RuleResult, exposures: tuple[Exposure, ...]) -> Attention:
    """Say what of a condition still stands when the period ends: how many, how much, the largest."""
    parts = []
    total = 0
    for (wallet, currency), group in groupby(exposures, key=lambda one: (one.wallet, one.currency)):
        worst = next(iter(group))
        total += worst.open_episodes
        amount = rounded_money(worst.total_at_risk, worst.minor_unit)
        who = counted(worst.open_episodes, "subscriber")
        parts.append(f"{visible(currency)} {amount} for {who}{_of_wallet(wallet)}")
    what = f"{_headline(result)}, {total:,} still open"
    detail = f"Standing when the period ends: {'; '.join(parts)}."
    return Attention(result.run.severity, what, detail, result.run.rule)


def _of_wallet(wallet: str | None) -> str:
    return f" ({WALLETS.get(wallet, wallet).lower()})" if wallet else ""
