"""The five questions that people open a report with, each answered in a line or two, and where more is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.reports.data import ANOMALY_RULE
from balance_sync.reports.labels import CHANGES, QUESTIONS, UNSTATED, WALLETS, rule_words
from balance_sync.reports.phrases import counted, rounded_money
from balance_sync.reports.visible_text import cut, visible

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData
    from balance_sync.reports.figures import OpenCondition, RollForwardTotal

_CURRENCY_CHARACTERS = 20


@dataclass(frozen=True)
class Answer:
    """A question with its answer.

    Parameters
    ----------
    lines
        The answer, e.g. a line for each currency.
    section
        The rule or section (a key of `labels.SECTION_NOTES`) that shows it whole; empty for none.
    place
        Row of the section where it begins, counted from 0.
    rule
        The rule whose rows to look at, where the section has those of others, too.
    """

    question: str
    lines: tuple[str, ...]
    section: str = ""
    place: int | None = None
    rule: str = ""


def answers(data: ReportData) -> tuple[Answer, ...]:
    """Return the questions in the order in which a month is closed."""
    return (
        _standing(data, "overdrawn", rule="overdraft"),
        _standing(data, "disagree", rule="discrepancy"),
        _owed(data),
        _changed(data),
        _proof(data),
    )


def _standing(data: ReportData, question: str, *, rule: str) -> Answer:
    """Say what of a condition stands when the period ends: for how many, how much, since when."""
    if rule not in {result.run.rule for result in data.rules}:
        return Answer(QUESTIONS[question], (f"Not judged: the rule {rule} did not run.",))
    found = [one for one in data.open_conditions if one.rule == rule]
    if not found:
        return Answer(QUESTIONS[question], ("None, when the period ends.",))
    lines = tuple(_standing_line(one) for one in found)
    return Answer(QUESTIONS[question], lines, "Episodes", min(one.place for one in found), rule)


def _standing_line(one: OpenCondition) -> str:
    amount = f"{_currency(one.currency)} {rounded_money(one.amount, one.minor_unit)}"
    wallet = f" ({WALLETS.get(one.wallet, one.wallet).lower()})" if one.wallet else ""
    since = f", the oldest since {one.since}" if one.since else ""
    return f"{amount} for {counted(one.subscribers, 'subscriber')}{wallet}{since}."


def _owed(data: ReportData) -> Answer:
    lines = tuple(_owed_line(one) for one in data.roll_forward) or ("Nothing: no transaction was applied.",)
    return Answer(QUESTIONS["owed"], lines, "Roll-forward" if data.roll_forward else "")


def _owed_line(one: RollForwardTotal) -> str:
    we_owe = rounded_money(one.closing - one.overdrawn, one.minor_unit)
    they_owe = rounded_money(-one.overdrawn, one.minor_unit)
    debtors = counted(one.overdrawn_subscribers, "subscriber")
    owed = f"are owed {they_owe} by {debtors}" if one.overdrawn_subscribers else "are owed nothing"
    return (
        f"{_currency(one.currency)}: we owe {we_owe} to {counted(one.owed_subscribers, 'subscriber')}"
        f", and {owed} (subscription balances)."
    )


def _changed(data: ReportData) -> Answer:
    if data.changes is None:
        return Answer(QUESTIONS["changed"], ("Not compared with an earlier run: a run with --against is.",))
    sums: dict[str, int] = {}
    for one in data.changes.counts:
        sums[one.change] = sums.get(one.change, 0) + one.findings
    said = [f"{CHANGES[change].lower()} {count:,}" for change, count in sums.items()]
    line = f"Of the findings: {', '.join(said)}." if said else "No findings, then and now."
    return Answer(QUESTIONS["changed"], (line,), "Changes")


def _proof(data: ReportData) -> Answer:
    worst = next((one for one in data.rules if one.findings), None)
    if worst is None:
        return Answer(QUESTIONS["proof"], ("There is no finding to prove.",))
    rule = worst.run.rule
    name = rule_words(rule, worst.run.title).name
    section = "Anomalies" if rule == ANOMALY_RULE else rule
    return Answer(QUESTIONS["proof"], (f"{name}, for example: each row leads to what it rests on.",), section)


def _currency(currency: str | None) -> str:
    return cut(visible(currency or UNSTATED), _CURRENCY_CHARACTERS)
