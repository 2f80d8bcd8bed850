"""What only the printed summary says; all other words are in `balance_sync.reports.labels`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKS = {True: "All control totals add up", False: "Control totals do not add up"}
NOTHING_FOUND = "Nothing was found."
DAY_ENDS = "a business day ends at midnight there"
FIRST_OF = "The first {shown:,} of {total:,}. All of them: the workbook, or {file} of a run with {option}."

DOUBTS_TO_DO: Mapping[str, str] = MappingProxyType(
    {
        "Control totals": "Use no figure of this report; run again with --rebuild, and report it.",
        "Sources": "Export these files again and run once more: only they will be read.",
        "Rejects": "Read them under What could not be read; the transactions in them are missing everywhere.",
    }
)
"""What to do about a doubt about the report itself, by the section of its point of attention."""

PRINTED: Mapping[str, str] = MappingProxyType(
    {
        "subtitle": "Management summary",
        "period": "Period",
        "asked": "Asked for",
        "zone": "Business time zone",
        "run": "Run",
        "identifiers": "Identifiers",
        "logs": "Logs",
        "page": "Page",
        "of": "of",
        "attention": "Look at this first",
        "to_do": "What to do",
        "concerned": "Subscribers",
        "since": "Since",
        "until": "Last",
        "changes": "Since the run before",
        "compared": "Compared with run {run}",
        "compared_more": " and {runs} before it",
        "ages": "How old the findings are",
        "ages_note": (
            "Age counts back from {day}, the last business day of this report. At risk is what still stands "
            "of a condition, else the sum of their sizes."
        ),
        "at_risk": "At risk",
        "sum": "Sum",
        "over_time": "Over time",
        "findings_per_week": "Findings per week",
        "overdrafts": "Overdrafts: what all balances below zero add up to",
        "gaps": "Balance gap: what all differences between the two balances add up to",
        "gap": "Balance gap",
        "at_the_end": "at the end",
        "still_open": "Largest still open",
        "still_open_note": (
            "Conditions that stand when the period ends: the largest of each rule, wallet and currency, "
            "at most {cap}."
        ),
        "open": "{count:,} open",
        "periods": "Unusual nights and levels that have moved",
        "periods_note": (
            "Suspicions about no single transaction: business days out of line with the same weekdays before "
            "and after, and levels that have moved and stayed. The page and the workbook have more."
        ),
        "worst": "Worst findings of each rule",
        "worst_note": (
            "The largest of each rule, at most {cap}, each currency in turn. `balance-sync explain FINDING` "
            "prints the log lines behind one."
        ),
        "finding": "finding {finding}",
        "decision": "Decided: {decision}.",
        "decisions": "Decisions",
        "sections": "Shown",
        "sections_note": "{sections} alone; the other sections were not asked for",
        "proof": "line {line} of source {source}",
        "roll_forward": "Roll-forward per currency",
        "subscribers": "{count:,} subscribers, {transactions:,} transactions",
        "overdrawn": "of it below zero",
        "totals": "Control totals",
        "totals_note": "Two figures reached in two ways; each pair must be equal to the last digit.",
        "amounts": "Amounts logged",
        "read": "What was read",
        "not_read": "What could not be read",
        "all_read": "Everything was read in full.",
        "basis": "How the figures were made",
        "currencies": "Currencies",
        "money": "Money",
        "money_note": (
            "Exact decimals, each currency apart, never rounded but to 18 decimals (half to even). Shown "
            "here with the decimals of the currency, half to even; control totals and the workbook show "
            "all digits."
        ),
        "rules": "Rules that ran",
        "options": "Options",
        "sign_off": "Sign-off",
        "hash": "Hash of the run",
        "name": "Name",
        "signature": "Signature",
        "date": "Date",
    }
)
"""What only the printed summary says."""
