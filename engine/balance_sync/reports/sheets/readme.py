"""The first sheet: what this is, what to look at first, and figures that must add up."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.reports.answers import answers
from balance_sync.reports.attention import points_of_attention
from balance_sync.reports.context import Section
from balance_sync.reports.data import ANOMALY_RULE
from balance_sync.reports.decided import decision_counts
from balance_sync.reports.labels import (
    ADDS_UP,
    CONTROL_TOTALS,
    DECISIONS,
    DOES_NOT_ADD_UP,
    OUTCOMES,
    PSEUDONYMISED,
    PURPOSE,
    SECTION_NOTES,
    SEVERITIES,
    SOURCE_STATUSES,
    TITLE,
    UNSTATED,
    WALLETS,
    rule_words,
)
from balance_sync.reports.phrases import asked_for, counted, local_time, plain_decimal, zone_words
from balance_sync.reports.sheets.block_sheet import BlockSheet
from balance_sync.reports.sheets.formats import money_style
from balance_sync.reports.sheets.overview import write_ages, write_change_counts
from balance_sync.reports.visible_text import cut, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from balance_sync.reports.data import ReportData
    from balance_sync.reports.sheets.plan import SheetPlan


class Readme:
    """Writes the first sheet from top to bottom."""

    def __init__(self, sheet: BlockSheet, data: ReportData, *, plans: Mapping[str, SheetPlan]) -> None:
        self._at, self._data, self._plans = sheet, data, plans
        self._units = {one.currency: one.minor_unit for one in data.currencies}

    def write(self) -> None:
        """Write everything."""
        self._about()
        self._answers()
        self._attention()
        self._findings()
        self._decisions()
        write_change_counts(self._at, self._data)
        write_ages(self._at, self._data)
        self._contents()
        self._exposures()
        self._roll_forward()
        self._control_totals()
        self._sheet_totals()
        self._amounts()
        self._counts()
        self._currencies()

    def _about(self) -> None:
        data, context = self._data, self._data.context
        zone = ZoneInfo(context.timezone)
        self._at.text(0, TITLE, "title")
        self._at.next_row()
        self._at.paragraph(PURPOSE)
        self._at.next_row()
        self._at.fact("Period", " to ".join(local_time(moment, zone) for moment in data.period))
        if asked := asked_for(context.since, context.until, zone):
            self._at.fact("Asked for", asked)
        self._at.fact(
            "Time zone",
            f"{zone_words(context.timezone, data.totals.last_at)}. A business day ends at midnight there. "
            "Every time stands beside its UTC text.",
        )
        self._at.fact(
            "Money", "Exact decimals, each currency apart, never rounded but to 18 decimals (half to even)."
        )
        self._at.fact("Run", f"{context.run_id}, balance-sync {context.version}")
        if context.pseudonymised:
            self._at.fact("Identifiers", PSEUDONYMISED)
        self._at.fact("Logs", cut(", ".join(context.inputs) or "–", 500))
        self._at.next_row()

    def _answers(self) -> None:
        self._at.heading("Five questions")
        for answer in answers(self._data):
            self._at.link(0, answer.section, answer.question, place=answer.place)
            self._at.next_row()
            for line in answer.lines:
                self._at.text(1, line, "detail")
                self._at.next_row()

    def _attention(self) -> None:
        self._at.heading("Look at this first")
        points = points_of_attention(self._data)
        if not points:
            self._at.text(0, "Nothing was found.", "good")
            self._at.next_row()
        for point in points:
            self._at.text(0, SEVERITIES.get(point.severity, point.severity), point.severity)
            self._at.link(1, point.section, f"{point.what}.")
            self._at.next_row()
            for line in textwrap.wrap(visible(point.detail), 145):
                self._at.text(1, line, "detail")
                self._at.next_row()

    def _findings(self) -> None:
        self._at.heading("Findings by rule")
        self._at.header(
            "Severity", "Rule", "Findings>", "Subscribers>", "First day", "Last day", "In plain words"
        )
        for result in self._data.rules:
            run, found = result.run, result.found
            self._at.text(0, SEVERITIES.get(run.severity, run.severity), run.severity)
            section = "Anomalies" if run.rule == ANOMALY_RULE and found else run.rule
            self._at.link(1, section, rule_words(run.rule, run.title).name)
            self._at.value(2, result.findings, "count")
            if found:
                self._at.value(3, found.subscribers, "count")
                self._at.text(4, str(found.first_day or ""))
                self._at.text(5, str(found.last_day or ""))
            self._at.text(6, cut(run.title, 200))
            self._at.next_row()

    def _decisions(self) -> None:
        feedback = self._data.feedback
        facts = decision_counts(feedback)
        if not facts:
            return
        self._at.heading("Decisions", DECISIONS)
        for label, count in facts:
            self._at.text(0, label)
            self._at.value(2, count, "count")
            self._at.next_row()
        if feedback.precision is not None:
            self._at.text(0, "Precision of the list of unusual transactions so far")
            of_reviewed = f"{feedback.confirmed:,} confirmed of {feedback.reviewed:,} reviewed"
            self._at.text(2, f"{feedback.precision:.2f} ({of_reviewed})")
            self._at.next_row()

    def _exposures(self) -> None:
        exposures = self._data.exposures
        self._at.heading(
            "Largest still open", "The five largest of each rule, wallet and currency. All of them: Episodes."
        )
        if not exposures:
            self._at.text(0, "Nothing is open at the end of the period.")
            self._at.next_row()
            return
        self._at.header(
            "Rule",
            "Subscriber",
            "Wallet",
            "Currency",
            "Amount at risk>",
            "Worst>",
            "Since",
            "Last seen",
            "Findings>",
        )
        for one in exposures:
            style = money_style(one.minor_unit)
            self._at.link(0, one.rule, rule_words(one.rule).name)
            self._at.text(1, one.user_id or "–")
            self._at.text(2, WALLETS.get(one.wallet or "", one.wallet or "–"))
            self._at.text(3, one.currency)
            self._at.value(4, one.amount_at_risk, style)
            self._at.value(5, one.worst, style)
            self._at.text(6, str(one.first_day))
            self._at.text(7, str(one.last_day))
            self._at.value(8, one.findings, "count")
            self._at.next_row()

    def _roll_forward(self) -> None:
        self._at.heading(
            "Roll-forward per currency",
            "Opening + credits − debits ± unexplained ± rounding = closing, to the last digit. Unexplained "
            "between: what balances gained or lost between two transactions; within: what a transaction "
            "moved beyond its amount.",
        )
        labels = (
            "Opening>",
            "+ Credits>",
            "− Debits>",
            "± Unexplained between>",
            "± Unexplained within>",
            "± Rounding>",
        )
        self._at.header("Currency", "Subscribers>", *labels, "= Closing>", "of it below zero>")
        for total in self._data.roll_forward:
            style = money_style(total.minor_unit)
            self._at.text(0, total.currency or UNSTATED, "bold")
            self._at.value(1, total.subscribers, "count")
            figures = (
                *(total.opening, total.credits, total.debits, total.unexplained_continuity),
                *(total.unexplained_arithmetic, total.rounding, total.closing, total.overdrawn),
            )
            for column, figure in enumerate(figures, start=2):
                self._at.value(column, figure, style)
            self._at.next_row()

    def _control_totals(self) -> None:
        self._at.heading(
            "Control totals", "Two figures reached in two ways; each pair must be equal to the last digit."
        )
        self._at.header(
            "Result", "What", "Currency", "First figure>", "Second figure>", "First is", "", "Second is", ""
        )
        for total in self._data.control_totals:
            name, first, second = CONTROL_TOTALS[total.name]
            self._at.text(0, ADDS_UP if total.holds else "NO", "good" if total.holds else "bad")
            self._at.text(1, name if total.holds else f"{name}: {DOES_NOT_ADD_UP}")
            self._at.text(2, total.currency or "")
            unit = self._units.get(total.currency or "", 2)
            whole = total.currency is None and "amount" not in total.name
            style = "count" if whole else money_style(unit)
            self._at.value(3, total.stated, style)
            self._at.value(4, total.calculated, style)
            self._at.text(5, first)
            self._at.text(7, second)
            self._at.next_row()

    def _sheet_totals(self) -> None:
        """Let the spreadsheet sum its own sheets, beside what the database says."""
        plan = self._plans.get("Transactions")
        if plan is None or not plan.rows or plan.left_out:
            return
        self._at.heading(
            "Transactions of this workbook", "Summed by the spreadsheet itself, beside the database's figure."
        )
        self._at.header(
            "Currency", "Rows and sum of amounts", "In the database>", "On the sheets>", "Difference>"
        )
        self._at.text(0, "Rows", "bold")
        self._at.text(1, "Transactions")
        self._at.value(2, plan.rows, "count")
        self._at.formula(3, _count_formula(plan), plan.rows, "count")
        self._at.formula(4, f"=C{self._at.row_number}-D{self._at.row_number}", 0, "count")
        self._at.next_row()
        sums = {
            total.currency: total.stated
            for total in self._data.control_totals
            if total.name == "amounts_in_ledger"
        }
        for currency, amount in sums.items():
            unit = self._units.get(currency or "", 2)
            self._at.text(0, currency or "", "bold")
            self._at.text(1, "Amount")
            self._at.value(2, amount, money_style(unit))
            self._at.formula(3, _sum_formula(plan, self._at.row_number), float(amount), money_style(unit))
            self._at.formula(
                4, f"=ROUND(C{self._at.row_number}-D{self._at.row_number},{unit + 3})", 0, money_style(unit)
            )
            self._at.next_row()

    def _amounts(self) -> None:
        self._at.heading("Amounts logged, by currency and type")
        self._at.header("Currency", "Type", "Transactions>", "Amount>", "of it VAT>", "Amount, exact")
        for row in self._data.amounts:
            style = money_style(self._units.get(row.currency or "", 2))
            self._at.text(0, row.currency or UNSTATED, "bold")
            self._at.text(1, row.type or UNSTATED)
            self._at.value(2, row.transactions, "count")
            self._at.value(3, row.amount, style)
            self._at.value(4, row.vat, style)
            self._at.text(5, plain_decimal(row.amount))
            self._at.next_row()

    def _counts(self) -> None:
        totals = self._data.totals
        self._at.heading("What was read")
        self._at.header("Log files", "", "Files>", "Events>", "Text, bytes>")
        for row in self._data.source_statuses:
            self._at.text(0, SOURCE_STATUSES.get(row.status or "", row.status or "–"))
            for column, count in enumerate((row.sources, row.events, row.text_bytes), start=2):
                self._at.value(column, count, "count")
            self._at.next_row()
        facts = (
            ("Events that other files repeat", totals.repeated_events),
            ("Lambda invocations", totals.invocations),
            ("Messages", totals.messages),
            ("Transactions", totals.transactions),
            ("Not-in-sync records", totals.sync_errors),
            ("Subscribers", totals.users),
            ("Unreadable records", totals.rejects),
        )
        for label, count in facts:
            self._at.text(0, label)
            self._at.value(2, count, "count")
            self._at.next_row()
        self._at.heading("What became of the messages")
        for outcome in self._data.outcomes:
            self._at.text(0, OUTCOMES.get(outcome.outcome, outcome.outcome))
            self._at.value(2, outcome.messages, "count")
            self._at.next_row()

    def _currencies(self) -> None:
        self._at.heading(
            "Currencies",
            "Decimals follow ISO 4217. Balances at most half of the smallest unit apart are the same.",
        )
        self._at.header("Currency", "Transactions>", "Decimals>", "Tolerance")
        for row in self._data.currencies:
            self._at.text(0, row.currency or UNSTATED, "bold")
            self._at.value(1, row.transactions, "count")
            self._at.value(2, row.minor_unit, "count")
            self._at.text(3, plain_decimal(row.tolerance))
            self._at.next_row()

    def _contents(self) -> None:
        self._at.heading("Other sheets")
        for section in ("Charts", "Sign-off") if self._data.shows(Section.CHARTS) else ("Sign-off",):
            self._at.link(0, section, section)
            self._at.text(2, SECTION_NOTES[section])
            self._at.next_row()
        for section, plan in self._plans.items():
            if section not in SECTION_NOTES:
                continue
            self._at.link(0, section, plan.name)
            self._at.text(
                1, counted(plan.rows, "row") + (f" on {plan.parts} sheets" if plan.parts > 1 else "")
            )
            self._at.text(2, SECTION_NOTES[section].partition(". ")[0].rstrip(".") + ".")
            self._at.next_row()


def _ranges(plan: SheetPlan, name: str) -> list[str]:
    from xlsxwriter.utility import xl_col_to_name

    letter = xl_col_to_name(next(at for at, column in enumerate(plan.columns) if column.name == name))
    ranges = []
    for part in range(plan.parts):
        rows = min(plan.capacity, plan.rows - part * plan.capacity)
        first = plan.header_row + 2
        ranges.append(f"'{plan.sheet_name(part)}'!${letter}${first}:${letter}${first + rows - 1}")
    return ranges


def _count_formula(plan: SheetPlan) -> str:
    return "=" + "+".join(f"ROWS({one})" for one in _ranges(plan, "transaction_id"))


def _sum_formula(plan: SheetPlan, row: int) -> str:
    """Sum the amounts of column A's currency: by equality, for a code could look like a condition."""
    pairs = zip(_ranges(plan, "currency"), _ranges(plan, "amount"), strict=True)
    return "=" + "+".join(f"SUMPRODUCT(--({currency}=$A{row}),{amount})" for currency, amount in pairs)
