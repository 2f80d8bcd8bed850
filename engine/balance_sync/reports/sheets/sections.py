"""Which columns and notes each section's sheet has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.reports.data import ANOMALY_RULE
from balance_sync.reports.labels import (
    CHANGES,
    DECIDE,
    NOTHING,
    OUTCOMES,
    SECTION_NOTES,
    SET_ASIDE,
    SEVERITIES,
    SOURCE_STATUSES,
    WALLETS,
    RuleWords,
    rule_words,
)
from balance_sync.reports.phrases import counted
from balance_sync.reports.sheets.columns import Column, Kind
from balance_sync.reports.sheets.plan import EXCEL_ROWS, SHEET_NAME_CHARACTERS, SheetPlan
from balance_sync.reports.visible_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from balance_sync.reports.data import ReportData, RuleResult
    from balance_sync.reports.figures import RuleFindings

REJECT_CHARACTERS = 1_000
"""Of a rejected event's text the sheet shows so much; the CSV has what was kept of it."""

_TIME = Column("logged_at", Kind.TIME)
_USER = Column("user_id")
_CURRENCY = Column("currency")
_SEVERITY = Column("severity", Kind.SEVERITY)
_DECIDED = (Column("decision", Kind.DECISION), Column("note", Kind.NOTE), Column("decided_by"))
_ENTRY = Column("entry_id", Kind.PLAIN_COUNT, printed=False)
"""Which decision a row was written with, so that what was not touched reads back as nothing new."""


def _proof(*, finding: bool = True) -> tuple[Column, ...]:
    """Return the columns that lead back to the log line, which are not in print."""
    columns = (
        Column("logged_at", Kind.UTC, printed=False),
        Column("request_id", printed=False),
        Column("finding_id", printed=False),
        Column("source_id", printed=False),
        Column("line", Kind.PLAIN_COUNT, printed=False),
    )
    return (
        columns if finding else tuple(one for one in columns if one.name not in {"finding_id", "request_id"})
    )


def rule_plan(result: RuleResult, name: str, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of a rule's sheet; columns that none of its findings fill are left out."""
    run, found = result.run, result.found
    words = rule_words(run.rule, run.title)
    facts = f"{SEVERITIES.get(run.severity, run.severity)} · {counted(result.findings, 'finding')}"
    if found and found.first_day:
        facts += f" for {counted(found.subscribers, 'subscriber')}, {found.first_day} to {found.last_day}"
    return SheetPlan(
        name=name,
        title=f"{words.name}: {visible(run.title)}",
        notes=(" ".join(run.description.split()), f"{facts} · rule {run.rule}@{run.version}", DECIDE),
        rows=result.findings,
        columns=_finding_columns(found, words),
        frozen=2 if found and found.has_user else 1,
        full_file="csv/findings.csv",
        max_rows=max_rows,
    )


def _finding_columns(found: RuleFindings | None, words: RuleWords) -> tuple[Column, ...]:
    if found is None:
        return (_SEVERITY, _TIME)
    # What is found again every night does not add up to anything.
    difference = Column("difference", Kind.MONEY, words.difference, summed=not found.is_condition)
    wanted = (
        (True, _SEVERITY),
        (found.has_user, _USER),
        (True, _TIME),
        (found.has_currency, _CURRENCY),
        (found.has_wallets, Column("wallet", Kind.WORD, words=WALLETS)),
        (found.has_expected, Column("expected", Kind.MONEY, words.expected)),
        (found.has_actual, Column("actual", Kind.MONEY, words.actual)),
        (found.has_difference, difference),
        (True, Column("explanation", Kind.WRAPPED)),
        *((True, column) for column in _DECIDED),
        (found.has_transaction, Column("transaction_id", Kind.LINK, printed=False)),
        (found.has_transaction, Column("action", printed=False)),
    )
    path = Column("path", printed=False, limit=REJECT_CHARACTERS)
    return (*(column for used, column in wanted if used), *_proof(), path, _ENTRY)


def _rule_names(data: ReportData) -> dict[str, str]:
    return {result.run.rule: rule_words(result.run.rule, result.run.title).name for result in data.rules}


def episodes_plan(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of the episodes."""
    columns = (
        _SEVERITY,
        Column("rule", Kind.WORD, words=_rule_names(data)),
        Column("status", Kind.STATUS),
        _USER,
        _CURRENCY,
        Column("wallet", Kind.WORD, words=WALLETS),
        Column("first_day", Kind.DAY),
        Column("last_day", Kind.DAY),
        Column("days", Kind.COUNT),
        Column("findings", Kind.COUNT, summed=True),
        Column("worst", Kind.MONEY),
        Column("amount_at_risk", Kind.MONEY, summed=True),
    )
    return _plan("Episodes", data.rows["episodes"], columns, max_rows, frozen=4)


def anomalies_plan(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of what the detector flagged."""
    columns = (
        Column("rank", Kind.COUNT),
        _USER,
        _TIME,
        _CURRENCY,
        Column("type"),
        Column("action"),
        Column("amount", Kind.MONEY, summed=True),
        Column("old_balance", Kind.MONEY),
        Column("new_balance", Kind.MONEY),
        Column("reasons", Kind.WRAPPED),
        Column("percentile", Kind.PERCENTILE),
        *_DECIDED,
        Column("transaction_id", Kind.LINK, printed=False),
        *(column for column in _proof() if column.name != "request_id"),
        _ENTRY,
    )
    set_aside = data.rows["anomalies_set_aside"]
    rows = data.rows["anomalies"] + set_aside
    notes = (*((SET_ASIDE,) if set_aside else ()), *((DECIDE,) if rows else ()))
    return _plan("Anomalies", rows, columns, max_rows, frozen=2, more_notes=notes)


def transactions_plan(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of all transactions, in the order that `place` in other sections counts in."""
    money = ("amount", "vat", "net_amount", "old_balance", "new_balance", "expected_balance", "balance_error")
    flows = {"amount", "vat", "net_amount", "balance_error"}
    columns = (
        _TIME,
        _USER,
        Column("type"),
        Column("action"),
        _CURRENCY,
        *(Column(name, Kind.MONEY, summed=name in flows) for name in money),
        Column("payment_balance", Kind.MONEY),
        Column("outcome", Kind.WORD, words=OUTCOMES),
        Column("rules", Kind.RULES, words=_rule_names(data)),
        Column("transaction_id", printed=False),
        Column("delivery_id", printed=False),
        Column("plan_type", printed=False),
        *_proof(finding=False)[:1],
        Column("request_id", printed=False),
        *_proof(finding=False)[1:],
        Column("exact", Kind.EXACT, printed=False),
    )
    return _plan("Transactions", data.rows["ledger"], columns, max_rows, frozen=2)


def roll_forward_plan(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of the roll-forward of each subscriber."""
    money = ("opening", "credits", "debits", "unexplained_continuity", "unexplained_arithmetic", "rounding")
    columns = (
        _USER,
        _CURRENCY,
        *(Column(name, Kind.MONEY, summed=True) for name in (*money, "closing", "check_difference")),
        Column("transactions", Kind.COUNT, summed=True),
        Column("first_at", Kind.TIME),
        Column("last_at", Kind.TIME),
        Column("exact", Kind.EXACT, printed=False),
    )
    return _plan("Roll-forward", data.rows["roll_forward"], columns, max_rows, frozen=2)


def rejects_plan(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of what could not be read."""
    columns = (
        Column("reason", Kind.WRAPPED),
        Column("text", Kind.WRAPPED, limit=REJECT_CHARACTERS),
        Column("source_id"),
        Column("line", Kind.PLAIN_COUNT),
        Column("path", printed=False, limit=REJECT_CHARACTERS),
    )
    return _plan("Rejects", data.rows["rejects"], columns, max_rows)


def sources_plan(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of the log files."""
    counts = ("size_bytes", "text_bytes", "events", "repeated_events")
    columns = (
        Column("status", Kind.WORD, words=SOURCE_STATUSES),
        Column("path", limit=REJECT_CHARACTERS),
        Column("reason"),
        *(Column(name, Kind.COUNT, summed=True) for name in counts),
        Column("first_at", Kind.TIME),
        Column("last_at", Kind.TIME),
        Column("source_id"),
        Column("content_hash", printed=False),
    )
    return _plan("Sources", data.rows["sources"], columns, max_rows)


def changes_plan(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of what is not as it was in the run before."""
    columns = (
        Column("change", Kind.WORD, words=CHANGES),
        _SEVERITY,
        Column("rule", Kind.WORD, words=_rule_names(data)),
        _USER,
        _TIME,
        _CURRENCY,
        Column("wallet", Kind.WORD, words=WALLETS),
        Column("difference_before", Kind.MONEY),
        Column("difference", Kind.MONEY, summed=True),
        Column("explanation", Kind.WRAPPED),
        Column("transaction_id", printed=False),
        *(one for one in _proof() if one.name != "request_id"),
    )
    return _plan("Changes", data.rows["changes"], columns, max_rows, frozen=4)


def rules_plan(data: ReportData, *, max_rows: int = EXCEL_ROWS) -> SheetPlan:
    """Return the plan of the rules that ran."""
    columns = (
        _SEVERITY,
        Column("rule"),
        Column("version", Kind.PLAIN_COUNT),
        Column("findings", Kind.COUNT, summed=True),
        Column("title", Kind.WRAPPED),
        Column("description", Kind.WRAPPED),
        Column("sha256", printed=False),
    )
    return _plan("Rules", len(data.rules), columns, max_rows)


def _plan(
    name: str,
    rows: int,
    columns: tuple[Column, ...],
    max_rows: int,
    *,
    frozen: int = 0,
    more_notes: tuple[str, ...] = (),
) -> SheetPlan:
    return SheetPlan(
        name=name,
        title=name,
        notes=(SECTION_NOTES[name], *more_notes),
        rows=rows,
        columns=columns,
        frozen=frozen,
        nothing=NOTHING[name],
        full_file=f"csv/{name.lower().replace('-', '_')}.csv",
        max_rows=max_rows,
    )


def shown_rules(data: ReportData) -> tuple[RuleResult, ...]:
    """Return the rules that get a sheet: those with findings, but the detector, whose sheet is Anomalies."""
    return tuple(one for one in data.rules if one.findings and one.run.rule != ANOMALY_RULE)


def sheet_names(data: ReportData, taken: Iterable[str]) -> dict[str, str]:
    """Return the name of each shown rule's sheet: legal in Excel, and no two alike."""
    # Excel keeps the name History for itself.
    used = {"history", *(name.lower() for name in taken)}
    names = {}
    for result in shown_rules(data):
        words = rule_words(result.run.rule, result.run.title).name
        base = "".join("-" if character in r"[]:*?/\'" else character for character in words)
        # Room for the number of a part, and for one that tells it from another rule's.
        base = cut_name(base, SHEET_NAME_CHARACTERS - 8)
        name, number = base, 2
        while name.lower() in used:
            name, number = f"{base} {number}", number + 1
        used.add(name.lower())
        names[result.run.rule] = name
    return names


def cut_name(name: str, limit: int) -> str:
    """Return `name` without its end where it is longer than `limit` UTF-16 units, and never empty."""
    short = name.encode("utf-16-le", "surrogatepass")[: limit * 2].decode("utf-16-le", "ignore").strip()
    return short or "Rule"
