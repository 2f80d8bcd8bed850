"""The first sheet: what this is, what to look at first, and figures that must add up."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.reports.attention import points_of_attention
from balance_sync.reports.data import ANOMALY_RULE
from balance_sync.reports.labels import (
    ADDS_UP,
    CONTROL_TOTALS,
    DOES_NOT_ADD_UP,
    OUTCOMES,
    PURPOSE,
    SECTION_NOTES,
    SEVERITIES,
    SOURCE_STATUSES,
    TITLE,
    UNSTATED,
    WALLETS,
    rule_words,
)
from balance_sync.reports.phrases import counted, local_time, plain_decimal, zone_words
from balance_sync.reports.sheets.formats import FormatBook, money_style
from balance_sync.reports.sheets.row_xml import check_code
from balance_sync.reports.sheets.table_sheet import FIRST_SHEET, SheetPlan, set_up_print
from balance_sync.reports.visible_text import cut, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter import Workbook

    from balance_sync.reports.data import ReportData

_COLUMNS = (16, 40, 17, 17, 17, 17, 17, 17, 17, 17)
"""Widths of the sheet's columns."""

Value = str | int | Decimal | None


class ReadmeSheet:
    """Writes the first sheet from top to bottom."""

    def __init__(
        self, workbook: Workbook, data: ReportData, *, book: FormatBook, plans: Mapping[str, SheetPlan], footer: str
    ) -> None:
        self._data, self._book, self._plans = data, book, plans
        self._sheet = workbook.add_worksheet(FIRST_SHEET)
        self._row = 0
        self._units = {one.currency: one.minor_unit for one in data.currencies}
        for at, width in enumerate(_COLUMNS):
            check_code(self._sheet.set_column(at, at, width), self._sheet)
        self._sheet.hide_gridlines(2)
        set_up_print(self._sheet, footer)

    def write(self) -> None:
        """Write everything."""
        self._about()
        self._attention()
        self._findings()
        self._contents()
        self._exposures()
        self._roll_forward()
        self._control_totals()
        self._sheet_totals()
        self._amounts()
        self._counts()
        self._currencies()

    def _text(self, column: int, text: str, style: str = "text") -> None:
        check_code(self._sheet.write_string(self._row, column, visible(text), self._book[style]), self._sheet)

    def _link(self, column: int, section: str, text: str) -> None:
        """Write a link to a section's sheet, or the bare text where it has none."""
        plan = self._plans.get(section)
        if plan is None:
            self._text(column, text)
            return
        link = f"internal:{plan.first_cell()}"
        check_code(self._sheet.write_url(self._row, column, link, self._book["link"], text), self._sheet)

    def _value(self, column: int, value: Value, style: str) -> None:
        if value is None:
            return
        if isinstance(value, str):
            self._text(column, value, style)
        else:
            code = self._sheet.write_number(self._row, column, float(value), self._book[style])
            check_code(code, self._sheet)

    def _heading(self, text: str, note: str = "") -> None:
        self._row += 1
        for column in range(len(_COLUMNS)):
            self._text(column, text if column == 0 else "", "heading")
        self._row += 1
        if note:
            self._paragraph(note)

    def _paragraph(self, text: str) -> None:
        for line in textwrap.wrap(text, 165):
            self._text(0, line, "note")
            self._row += 1

    def _header(self, *labels: str) -> None:
        """Write a header; labels of numbers end in ``>``."""
        self._sheet.set_row(self._row, 32)
        for column, label in enumerate(labels):
            self._text(column, label.rstrip(">"), "header_right" if label.endswith(">") else "header")
        self._row += 1

    def _fact(self, label: str, text: str) -> None:
        self._text(0, label, "bold")
        self._text(1, text)
        self._row += 1

    def _about(self) -> None:
        data, context = self._data, self._data.context
        zone = ZoneInfo(context.timezone)
        self._text(0, TITLE, "title")
        self._row += 1
        self._paragraph(PURPOSE)
        self._row += 1
        self._fact("Period", f"{local_time(data.totals.first_at, zone)} to {local_time(data.totals.last_at, zone)}")
        if context.since or context.until:
            asked = f"{local_time(context.since, zone)} up to, not including, {local_time(context.until, zone)}"
            self._fact("Asked for", asked)
        self._fact(
            "Time zone",
            f"{zone_words(context.timezone, data.totals.last_at)}. A business day ends at midnight there. "
            "Every time stands beside its UTC text.",
        )
        self._fact("Money", "Exact decimals, each currency apart, never rounded but to 18 decimals (half to even).")
        self._fact("Run", f"{context.run_id}, balance-sync {context.version}")
        self._fact("Logs", cut(", ".join(context.inputs) or "–", 500))
        self._row += 1

    def _attention(self) -> None:
        self._heading("Look at this first")
        points = points_of_attention(self._data)
        if not points:
            self._text(0, "Nothing was found.", "good")
            self._row += 1
        for point in points:
            self._text(0, SEVERITIES.get(point.severity, point.severity), point.severity)
            self._link(1, point.section, f"{point.what}.")
            self._row += 1
            for line in textwrap.wrap(visible(point.detail), 145):
                self._text(1, line, "detail")
                self._row += 1

    def _findings(self) -> None:
        self._heading("Findings by rule")
        self._header("Severity", "Rule", "Findings>", "Subscribers>", "First day", "Last day", "In plain words")
        for result in self._data.rules:
            run, found = result.run, result.found
            self._text(0, SEVERITIES.get(run.severity, run.severity), run.severity)
            section = "Anomalies" if run.rule == ANOMALY_RULE and found else run.rule
            self._link(1, section, rule_words(run.rule, run.title).name)
            self._value(2, result.findings, "count")
            if found:
                self._value(3, found.subscribers, "count")
                self._text(4, str(found.first_day or ""))
                self._text(5, str(found.last_day or ""))
            self._text(6, cut(run.title, 200))
            self._row += 1

    def _exposures(self) -> None:
        exposures = self._data.exposures
        self._heading("Largest still open", "The five largest of each rule, wallet and currency. All of them: Episodes.")
        if not exposures:
            self._text(0, "Nothing is open at the end of the archive.")
            self._row += 1
            return
        self._header("Rule", "Subscriber", "Wallet", "Currency", "Amount at risk>", "Worst>", "Since", "Last seen", "Findings>")
        for one in exposures:
            style = money_style(one.minor_unit)
            self._link(0, one.rule, rule_words(one.rule).name)
            self._text(1, one.user_id or "–")
            self._text(2, WALLETS.get(one.wallet or "", one.wallet or "–"))
            self._text(3, one.currency)
            self._value(4, one.amount_at_risk, style)
            self._value(5, one.worst, style)
            self._text(6, str(one.first_day))
            self._text(7, str(one.last_day))
            self._value(8, one.findings, "count")
            self._row += 1

    def _roll_forward(self) -> None:
        self._heading(
            "Roll-forward per currency",
            "Opening + credits − debits ± unexplained ± rounding = closing, to the last digit. Unexplained between: what "
            "balances gained or lost between two transactions; within: what a transaction moved beyond its amount.",
        )
        labels = ("Opening>", "+ Credits>", "− Debits>", "± Unexplained between>", "± Unexplained within>", "± Rounding>")
        self._header("Currency", "Subscribers>", *labels, "= Closing>", "of it below zero>")
        for total in self._data.roll_forward:
            style = money_style(total.minor_unit)
            self._text(0, total.currency or UNSTATED, "bold")
            self._value(1, total.subscribers, "count")
            figures = (
                *(total.opening, total.credits, total.debits, total.unexplained_continuity),
                *(total.unexplained_arithmetic, total.rounding, total.closing, total.overdrawn),
            )
            for column, figure in enumerate(figures, start=2):
                self._value(column, figure, style)
            self._row += 1

    def _control_totals(self) -> None:
        self._heading("Control totals", "Two figures reached on two ways; each pair must be equal to the last digit.")
        self._header("Result", "What", "Currency", "First figure>", "Second figure>", "First is", "", "Second is", "")
        for total in self._data.control_totals:
            name, first, second = CONTROL_TOTALS[total.name]
            self._text(0, ADDS_UP if total.holds else "NO", "good" if total.holds else "bad")
            self._text(1, name if total.holds else f"{name}: {DOES_NOT_ADD_UP}")
            self._text(2, total.currency or "")
            unit = self._units.get(total.currency or "", 2)
            whole = total.currency is None and "amount" not in total.name
            style = "count" if whole else money_style(unit)
            self._value(3, total.stated, style)
            self._value(4, total.calculated, style)
            self._text(5, first)
            self._text(7, second)
            self._row += 1

    def _sheet_totals(self) -> None:
        """Let the spreadsheet sum its own sheets, beside what the database says."""
        plan = self._plans.get("Transactions")
        if plan is None or not plan.rows:
            return
        self._heading("Transactions of this workbook", "Summed by the spreadsheet itself, beside the database's figure.")
        self._header("Currency", "Rows and sum of amounts", "In the database>", "On the sheets>", "Difference>")
        self._text(0, "Rows", "bold")
        self._text(1, "Transactions")
        self._value(2, plan.rows, "count")
        self._formula(3, _count_formula(plan), plan.rows, "count")
        self._formula(4, f"=C{self._row + 1}-D{self._row + 1}", 0, "count")
        self._row += 1
        sums = {total.currency: total.stated for total in self._data.control_totals if total.name == "amounts_in_ledger"}
        for currency, amount in sums.items():
            unit = self._units.get(currency or "", 2)
            self._text(0, currency or "", "bold")
            self._text(1, "Amount")
            self._value(2, amount, money_style(unit))
            self._formula(3, _sum_formula(plan, self._row + 1), float(amount), money_style(unit))
            self._formula(4, f"=ROUND(C{self._row + 1}-D{self._row + 1},{unit + 3})", 0, money_style(unit))
            self._row += 1

    def _formula(self, column: int, formula: str, value: float, style: str) -> None:
        code = self._sheet.write_formula(self._row, column, formula, self._book[style], value)
        check_code(code, self._sheet)

    def _amounts(self) -> None:
        self._heading("Amounts logged, by currency and type")
        self._header("Currency", "Type", "Transactions>", "Amount>", "of it VAT>", "Amount, exact")
        for row in self._data.amounts:
            style = money_style(self._units.get(row.currency or "", 2))
            self._text(0, row.currency or UNSTATED, "bold")
            self._text(1, row.type or UNSTATED)
            self._value(2, row.transactions, "count")
            self._value(3, row.amount, style)
            self._value(4, row.vat, style)
            self._text(5, plain_decimal(row.amount))
            self._row += 1

    def _counts(self) -> None:
        totals = self._data.totals
        self._heading("What was read")
        self._header("Log files", "", "Files>", "Events>", "Text, bytes>")
        for row in self._data.source_statuses:
            self._text(0, SOURCE_STATUSES.get(row.status or "", row.status or "–"))
            for column, count in enumerate((row.sources, row.events, row.text_bytes), start=2):
                self._value(column, count, "count")
            self._row += 1
        facts = (
            ("Events that other files repeat", totals.repeated_events),
            ("Lambda invocations", totals.invocations),
            ("Messages", totals.messages),
            ("Transactions", totals.transactions),
            ("Not-in-sync records", totals.sync_errors),
            ("Subscribers", totals.users),
            ("Rejected records", totals.rejects),
        )
        for label, count in facts:
            self._text(0, label)
            self._value(2, count, "count")
            self._row += 1
        self._heading("What became of the messages")
        for outcome in self._data.outcomes:
            self._text(0, OUTCOMES.get(outcome.outcome, outcome.outcome))
            self._value(2, outcome.messages, "count")
            self._row += 1

    def _currencies(self) -> None:
        self._heading(
            "Currencies",
            "Decimals follow ISO 4217. Two balances that differ by no more than half of the smallest unit are the same.",
        )
        self._header("Currency", "Transactions>", "Decimals>", "Tolerance")
        for row in self._data.currencies:
            self._text(0, row.currency or UNSTATED, "bold")
            self._value(1, row.transactions, "count")
            self._value(2, row.minor_unit, "count")
            self._text(3, plain_decimal(row.tolerance))
            self._row += 1

    def _contents(self) -> None:
        self._heading("Other sheets")
        for section, plan in self._plans.items():
            if section not in SECTION_NOTES:
                continue
            self._link(0, section, plan.name)
            self._text(1, counted(plan.rows, "row") + (f" on {plan.parts} sheets" if plan.parts > 1 else ""))
            self._text(2, SECTION_NOTES[section].partition(". ")[0].rstrip(".") + ".")
            self._row += 1


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
    """Sum the amounts whose currency is that of column A: by equality, for a code could look like a condition."""
    pairs = zip(_ranges(plan, "currency"), _ranges(plan, "amount"), strict=True)
    return "=" + "+".join(f"SUMPRODUCT(--({currency}=$A{row}),{amount})" for currency, amount in pairs)
