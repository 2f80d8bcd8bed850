"""The tables of the page, from the data of the report; detail is capped with the cap said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from balance_sync.reports import cells, labels
from balance_sync.reports.cells import Cell, Table
from balance_sync.reports.decided import decision_counts, decision_words
from balance_sync.reports.labels import rule_words
from balance_sync.reports.visible_text import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from balance_sync.reports.data import ReportData, RuleResult
    from balance_sync.reports.shown import Shown

REJECTS_SHOWN = 50
SOURCES_SHOWN = 50
TEXT_SHOWN = 600
"""Of each, what the page shows; the CSV files hold all."""


def _long(text: str | None) -> Cell:
    return Cell(cut(text or "", TEXT_SHOWN), "long")


def tiles(data: ReportData) -> list[tuple[str, str, str]]:
    """Return the headline figures: label, figure, class."""
    counts = dict.fromkeys(labels.SEVERITIES, 0)
    for result in data.rules:
        counts[result.run.severity] += result.findings
    return [
        *((labels.SEVERITIES[name], f"{count:,}", name) for name, count in counts.items()),
        ("Transactions", f"{data.totals.transactions:,}", ""),
        ("Subscribers", f"{data.totals.users:,}", ""),
        ("Log events", f"{data.totals.events:,}", ""),
        ("Unreadable records", f"{data.totals.rejects:,}", "error" if data.totals.rejects else ""),
    ]


def exposures(shown: Shown) -> Table:
    """Return the largest open episodes."""
    rows = tuple(
        (
            Cell(rule_words(one.rule).name, "word"),
            cells.subscriber(one.user_id, shown.subscribers),
            Cell(labels.WALLETS.get(one.wallet or "", one.wallet), "word"),
            Cell(one.currency),
            cells.money(one.amount_at_risk, one.minor_unit),
            cells.money(one.worst, one.minor_unit),
            cells.day(one.first_day),
            cells.day(one.last_day),
            cells.count(one.findings),
        )
        for one in shown.standing
    )
    names = (
        "rule",
        "user_id",
        "wallet",
        "currency",
        "amount_at_risk",
        "worst",
        "first_day",
        "last_day",
        "findings",
    )
    groups = {(one.rule, one.wallet, one.currency): one.open_episodes for one in shown.standing}
    total = sum(groups.values())
    proven = tuple(one.last_finding_id for one in shown.standing)
    return Table("Largest still open", cells.headers(*names), rows, total, "csv/episodes.csv", proven)


def rule_tables(data: ReportData, shown: Shown) -> list[tuple[RuleResult, labels.RuleWords, Table | None]]:
    """Return each rule that ran with its words and its largest findings (`None` where it has none)."""
    tables = []
    for result in data.rules:
        words = rule_words(result.run.rule, result.run.title)
        own = shown.findings.get(result.run.rule)
        tables.append((result, words, _findings_table(result, words, own, data, shown) if own else None))
    return tables


def _findings_table(
    result: RuleResult,
    words: labels.RuleWords,
    rows: Sequence[dict[str, Any]],
    data: ReportData,
    shown: Shown,
) -> Table:
    zone = ZoneInfo(data.context.timezone)
    decided = any(row["decision"] for row in rows)
    headers = cells.headers(
        *("logged_at", "user_id", "currency", "expected", "actual", "difference", "explanation"),
        *(("decision",) if decided else ()),
        *("transaction_id", "source_id"),
        expected=words.expected,
        actual=words.actual,
        difference=words.difference,
        logged_at=f"Time ({zone.key})",
        source_id="Source:line",
    )
    table = tuple(
        (
            cells.time(row["logged_at"], zone),
            cells.subscriber(row["user_id"], shown.subscribers),
            Cell(row["currency"]),
            *(cells.money(row[name], row["minor_unit"]) for name in ("expected", "actual", "difference")),
            _long(row["explanation"]),
            *((_long(decision_words(row)),) if decided else ()),
            cells.identifier(row["transaction_id"]),
            cells.proof(row),
        )
        for row in rows
    )
    caption, ids = f"{words.name}, the largest first", tuple(row["finding_id"] for row in rows)
    return Table(caption, headers, table, result.findings, "csv/findings.csv", ids)


def episodes(data: ReportData, shown: Shown) -> Table:
    """Return the worst episodes."""
    names = {result.run.rule: rule_words(result.run.rule, result.run.title).name for result in data.rules}
    rows = tuple(
        (
            cells.badge(labels.SEVERITIES, row["severity"]),
            Cell(names.get(row["rule"], row["rule"]), "word"),
            cells.badge(labels.STATUSES, row["status"]),
            cells.subscriber(row["user_id"], shown.subscribers),
            Cell(row["currency"]),
            Cell(labels.WALLETS.get(row["wallet"], row["wallet"]), "word"),
            cells.day(row["first_day"]),
            cells.day(row["last_day"]),
            cells.count(row["findings"]),
            cells.money(row["worst"], row["minor_unit"]),
            cells.money(row["amount_at_risk"], row["minor_unit"]),
        )
        for row in shown.episodes
    )
    headers = cells.headers(
        *("severity", "rule", "status", "user_id", "currency", "wallet", "first_day", "last_day", "findings"),
        *("worst", "amount_at_risk"),
    )
    return Table("Episodes, worst first", headers, rows, data.rows["episodes"], "csv/episodes.csv")


def roll_forward(data: ReportData) -> Table:
    """Return the roll-forward per currency."""
    names = (
        "opening",
        "credits",
        "debits",
        "unexplained_continuity",
        "unexplained_arithmetic",
        "rounding",
        "closing",
    )
    rows = tuple(
        (
            Cell(total.currency or labels.UNSTATED),
            cells.count(total.subscribers),
            *(cells.money(getattr(total, name), total.minor_unit) for name in names),
            cells.money(total.overdrawn, total.minor_unit),
        )
        for total in data.roll_forward
    )
    headers = (
        ("Currency", ""),
        ("Subscribers", "number"),
        *cells.headers(*names),
        ("of it below zero", "number"),
    )
    return Table("Roll-forward per currency", headers, rows, len(rows))


def top_roll_forward(data: ReportData, shown: Shown) -> Table:
    """Return, of each currency, the subscribers whose balances are explained least."""
    names = ("opening", "credits", "debits", "unexplained", "rounding", "closing")
    rows = tuple(
        (
            cells.subscriber(row["user_id"], shown.subscribers),
            Cell(row["currency"] or labels.UNSTATED),
            *(cells.money(row[name], row["minor_unit"]) for name in names),
            cells.count(row["transactions"]),
        )
        for row in shown.unexplained
    )
    headers = cells.headers("user_id", "currency", *names, "transactions", unexplained="± Unexplained")
    caption = "Subscribers whose balance is explained least"
    return Table(caption, headers, rows, data.rows["roll_forward"], "csv/roll_forward.csv")


def anomalies(data: ReportData, shown: Shown) -> Table:
    """Return what the detector flagged."""
    zone = ZoneInfo(data.context.timezone)
    decided = any(row["decision"] for row in shown.anomalies)
    rows = tuple(
        (
            cells.count(row["rank"]),
            cells.time(row["logged_at"], zone),
            cells.subscriber(row["user_id"], shown.subscribers),
            Cell(row["currency"]),
            cells.money(row["amount"], row["minor_unit"] or 0),
            Cell(cells.word(row["action"])),
            _long(row["reasons"]),
            *((_long(decision_words(row)),) if decided else ()),
            cells.identifier(row["transaction_id"]),
            cells.proof(row),
        )
        for row in shown.anomalies
    )
    headers = cells.headers(
        *(
            "rank",
            "logged_at",
            "user_id",
            "currency",
            "amount",
            "action",
            "reasons",
            *(("decision",) if decided else ()),
            "transaction_id",
            "source_id",
        ),
        logged_at=f"Time ({zone.key})",
        source_id="Source:line",
    )
    ids = tuple(row["finding_id"] for row in shown.anomalies)
    return Table("Unusual transactions", headers, rows, data.rows["anomalies"], "csv/anomalies.csv", ids)


def decisions(data: ReportData) -> Table:
    """Return what people decided, in figures."""
    rows = tuple((Cell(label), cells.count(count)) for label, count in decision_counts(data.feedback))
    return Table("Decisions", (("Decision", ""), ("Findings", "number")), rows, len(rows))


def control_totals(data: ReportData) -> Table:
    """Return the control totals."""
    units = {one.currency: one.minor_unit for one in data.currencies}
    rows = []
    for total in data.control_totals:
        name, first, second = labels.CONTROL_TOTALS[total.name]
        result = (
            Cell(labels.ADDS_UP, "badge good")
            if total.holds
            else Cell(labels.DOES_NOT_ADD_UP, "badge critical")
        )
        unit = units.get(total.currency, 0) if total.currency else 0
        rows.append(
            (
                *(result, Cell(name), Cell(total.currency or "")),
                *(cells.money(total.stated, unit), cells.money(total.calculated, unit)),
                *(Cell(first), Cell(second)),
            )
        )
    headers = (
        ("Result", ""),
        ("What", ""),
        ("Currency", ""),
        ("First figure", "number"),
        ("Second figure", "number"),
    )
    return Table("Control totals", (*headers, ("First is", ""), ("Second is", "")), tuple(rows), len(rows))


def amounts(data: ReportData) -> Table:
    """Return what was logged as moved."""
    units = {one.currency: one.minor_unit for one in data.currencies}
    rows = tuple(
        (
            Cell(row.currency or labels.UNSTATED),
            Cell(row.type or labels.UNSTATED),
            cells.count(row.transactions),
            cells.money(row.amount, units.get(row.currency or "", 2)),
            cells.money(row.vat, units.get(row.currency or "", 2)),
        )
        for row in data.amounts
    )
    headers = (
        ("Currency", ""),
        ("Type", ""),
        ("Transactions", "number"),
        ("Amount", "number"),
        ("of it VAT", "number"),
    )
    return Table("Amounts logged", headers, rows, len(rows))


def what_was_read(data: ReportData) -> Table:
    """Return the log files by how reading them went."""
    rows = tuple(
        (
            Cell(labels.SOURCE_STATUSES.get(row.status or "", row.status)),
            *(cells.count(count) for count in (row.sources, row.events, row.text_bytes)),
        )
        for row in data.source_statuses
    )
    headers = (("Log files", ""), ("Files", "number"), ("Events", "number"), ("Text, bytes", "number"))
    return Table("What was read", headers, rows, len(rows))


def outcomes(data: ReportData) -> Table:
    """Return the messages by what became of them."""
    rows = tuple(
        (Cell(labels.OUTCOMES.get(row.outcome, row.outcome)), cells.count(row.messages))
        for row in data.outcomes
    )
    return Table("What became of the messages", (("Outcome", ""), ("Messages", "number")), rows, len(rows))


def rejects(data: ReportData) -> Table:
    """Return what could not be read."""
    rows = tuple(
        (_long(row["reason"]), Cell(cut(row["text"] or "", TEXT_SHOWN), "code"), cells.proof(row))
        for row in cells.first_rows(data.frames("rejects"), data.most(REJECTS_SHOWN))
    )
    headers = cells.headers("reason", "text", "source_id", source_id="Source:line")
    return Table("Unreadable records", headers, rows, data.rows["rejects"], "csv/rejects.csv")


def unread_sources(data: ReportData) -> Table:
    """Return the sources about which there is something to say."""
    rows = []
    for row in cells.first_rows(data.frames("sources"), data.most(SOURCES_SHOWN)):
        # Those with a reason come first.
        if row["reason"] is None:
            break
        status = labels.SOURCE_STATUSES.get(row["status"], row["status"])
        rows.append((Cell(status), _long(row["path"]), _long(row["reason"])))
    headers = cells.headers("status", "path", "reason")
    return Table("Log files with something to say", headers, tuple(rows), len(rows), "csv/sources.csv")


def rules(data: ReportData) -> Table:
    """Return the rules that ran."""
    rows = tuple(
        (
            cells.badge(labels.SEVERITIES, one.run.severity),
            Cell(f"{one.run.rule}@{one.run.version}", "id"),
            _long(one.run.title),
            cells.count(one.findings),
            Cell(one.run.sha256[:16], "id", hint=one.run.sha256),
        )
        for one in data.rules
    )
    headers = cells.headers("severity", "rule", "title", "findings", "sha256")
    return Table("Rules that ran", headers, rows, len(rows))
