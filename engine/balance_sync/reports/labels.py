"""Every word that a report shows, in one place, for readers who know ledgers and not logs."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from balance_sync.feedback.statements import HEADERS
from balance_sync.reports.period_labels import PERIOD_COLUMNS, PERIOD_NOTES, PERIODS_NOTHING
from balance_sync.reports.visible_text import cut, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE = "balance-sync reconciliation report"

PURPOSE = (
    "balance-sync rebuilt every subscriber's ledger from the logs of the service that keeps the "
    "subscription balance and the payment balance in step, and checked each transaction against the rules "
    "below. "
    "Every figure leads back to the log line it came from: its source and line stand beside it."
)

SEVERITIES: Mapping[str, str] = MappingProxyType(
    {"critical": "Critical", "error": "Error", "warning": "Warning", "info": "Info"}
)

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "published": "Synced",
        "already_synced": "Already in sync",
        "skipped_create": "Skipped: balance created",
        "skipped_flag": "Skipped: update switched off",
        "rejected_negative": "Refused: would go below zero",
        "failed": "Failed",
        "incomplete": "No outcome logged",
    }
)

WALLETS: Mapping[str, str] = MappingProxyType(
    {"subscription": "Subscription balance", "payment": "Payment balance"}
)

STATUSES: Mapping[str, str] = MappingProxyType({"open": "Open", "closed": "Closed", "event": "Event"})
"""Of episodes: open or closed where a rule's findings are states, else events."""

SOURCE_STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "read": "Read in full",
        "empty": "Empty",
        "duplicate": "Copy of another file, not counted twice",
        "damaged": "Damaged: read as far as possible",
        "unreadable": "Could not be read",
        "archive": "Holds other sources, each counted on its own",
    }
)

CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "new": "New",
        "reopened": "Back again",
        "changed": "Other amount",
        "persisting": "As before",
        "set_aside": "Set aside",
        "resolved": "Gone",
        "not_judged": "Not judged now",
    }
)
"""What became of a finding since the run before."""

CHANGE_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "new": "found now, and in none of the earlier runs",
        "reopened": "found now and in an earlier run, but not in the run before",
        "changed": "found in the run before, with another difference",
        "persisting": "found in the run before, the same",
        "set_aside": "found in the run before and set aside by a decision since: as unusual as it was",
        "resolved": "found in the run before and no longer, though its log and its rule are here",
        "not_judged": "found in the run before; now its rule did not run, its log is not among the files, or "
        "its time is outside the period",
    }
)

AGES = ("0–1 days", "2–7 days", "8–30 days", "31–90 days", "over 90 days", "undated")
"""Headers of the ages of findings, from young to old."""

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "overdrawn": "Who is overdrawn now, and by how much?",
        "disagree": "Which balances disagree, and since when?",
        "owed": "What do we owe or are we owed in total, per currency?",
        "changed": "What changed since the run before?",
        "proof": "What is the proof of a line?",
    }
)
"""What people open a report to know; `answers` has the answers."""

SIGN_OFF = (
    "Whoever signs says that the figures of this run were looked at, that every open point is decided or "
    "handed on, and that the hash below is the one of the run. Who reviews is not who prepared."
)

PSEUDONYMISED = (
    "Pseudonyms: the same one is the same subscriber, transaction, message or finding everywhere. Who holds "
    "the key and the run's database can tell which: balance-sync reveal. Texts of the service are left out."
)

UNSTATED = "(not stated)"


@dataclass(frozen=True)
class RuleWords:
    """How a report speaks of a rule.

    Parameters
    ----------
    name
        A few words, plural; also the name of its sheet.
    expected, actual, difference
        Headers of the three money columns.
    """

    name: str
    expected: str = "Expected"
    actual: str = "Actual"
    difference: str = "Difference"


_RULES: Mapping[str, RuleWords] = MappingProxyType(
    {
        "overdraft": RuleWords("Overdrafts", "Lowest allowed", "Balance", "Below zero"),
        "discrepancy": RuleWords(
            "Discrepancies", "Subscription balance", "Payment balance", "Payment too high by"
        ),
        "arithmetic": RuleWords("Arithmetic errors", "Balance by the figures", "Balance logged", "Off by"),
        "lost_update": RuleWords(
            "Lost updates", "Balance left before", "Balance started from", "Gone or appeared"
        ),
        "continuity": RuleWords(
            "Unexplained changes", "Balance left before", "Balance started from", "Gone or appeared"
        ),
        "duplicate_transaction": RuleWords(
            "Duplicate transactions", "Balance expected", "Balance logged", "Moved again by"
        ),
        "repeated_delivery": RuleWords(
            "Repeated deliveries", "Balance before", "Balance after", "Charged again"
        ),
        "negative_amount": RuleWords("Negative amounts", "Lowest allowed", "Amount logged", "Below zero"),
        "incomplete_sync": RuleWords("Incomplete syncs", "Change to be made", "Change logged", "Missing"),
        "failed_sync": RuleWords("Failed syncs", "Change to be made", "Change logged", "Missing"),
        "repeated_message": RuleWords("Repeated messages"),
        "suspect_event": RuleWords("Suspect events"),
        "sub_minor_unit": RuleWords("Too fine amounts", "Rounded amount", "Amount logged", "Too fine by"),
        "anomaly": RuleWords("Anomalies"),
    }
)


def rule_words(rule: str, title: str = "") -> RuleWords:
    """Return how to speak of `rule`; of a rule that is not built in, by its own title."""
    known = _RULES.get(rule)
    if known:
        return known
    return RuleWords(cut(visible(title or rule.replace("_", " ").capitalize()), 60))


COMPLETENESS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "days_without_logs": ("Days without logs", "day"),
        "dropped_logs": ("Lines lost by Lambda", "notice"),
        "messages_without_outcome": ("Messages without an outcome", "message"),
        "records_without_request": ("Records without a request", "record"),
        "unfinished_invocations": ("Invocations without an end", "invocation"),
        "unread_sources": ("Sources not fully read", "source"),
    }
)
"""What can be missing from the logs: the name of the kind, and what it counts."""

CONTROL_TOTALS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "bytes_in_events": ("Bytes of text", "bytes read", "bytes of all log events"),
        "events_by_kind": ("Log events", "events read", "events counted by kind"),
        "records_read_or_rejected": (
            "Records",
            "log events that should be records",
            "transactions, comparisons, messages and rejects",
        ),
        "transactions_in_ledger": ("Transactions", "transactions logged", "transactions in the ledger"),
        "amounts_in_ledger": ("Amounts", "sum of amounts logged", "sum of amounts in the ledger"),
        "transactions_in_roll_forward": (
            "Applied transactions",
            "applied transactions in the ledger",
            "transactions in the roll-forward",
        ),
        "movements_in_roll_forward": (
            "Movements",
            "credits less debits in the ledger",
            "credits less debits in the roll-forward",
        ),
        "roll_forward_closes": (
            "Closing balances",
            "closing balances",
            "opening + credits − debits ± unexplained ± rounding",
        ),
        "continuity_explained": (
            "Unexplained between transactions",
            "lost updates and unexplained changes",
            "unexplained in the roll-forward",
        ),
        "arithmetic_explained": (
            "Unexplained within transactions",
            "arithmetic errors of applied transactions",
            "unexplained in the roll-forward",
        ),
        "findings_by_rule": ("Findings", "findings the rules returned", "findings in the database"),
    }
)
"""Name of a control total, and what its two figures are."""

ADDS_UP = "adds up"
DOES_NOT_ADD_UP = "DOES NOT ADD UP"

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "change": "Since the run before",
        "difference_before": "Difference before",
        "severity": "Severity",
        "rule": "Rule",
        "logged_at": "Time",
        "user_id": "Subscriber",
        "currency": "Currency",
        "wallet": "Wallet",
        "explanation": "What is wrong",
        "action": "Action",
        "type": "Type",
        "amount": "Amount",
        "vat": "VAT",
        "net_amount": "Amount excl. VAT",
        "old_balance": "Old balance",
        "new_balance": "New balance",
        "expected_balance": "Expected balance",
        "balance_error": "Off by",
        "payment_balance": "Payment balance",
        "outcome": "Outcome",
        "applied": "Counts in balance",
        "rules": "Findings",
        "delivery_id": "Delivery",
        "plan_type": "Plan",
        "transaction_id": "Transaction",
        "request_id": "Request",
        "finding_id": "Finding",
        "source_id": "Source",
        "line": "Line",
        "first_day": "First day",
        "last_day": "Last day",
        "days": "Days",
        "findings": "Findings",
        "worst": "Worst",
        "amount_at_risk": "Amount at risk",
        "status": "Status",
        "rank": "Rank",
        "percentile": "Percentile",
        "reasons": "Why it is unusual",
        "opening": "Opening balance",
        "credits": "+ Credits",
        "debits": "− Debits",
        "unexplained_continuity": "± Unexplained between",
        "unexplained_arithmetic": "± Unexplained within",
        "rounding": "± Rounding",
        "closing": "= Closing balance",
        "check_difference": "Check (must be 0)",
        "transactions": "Transactions",
        "first_at": "First",
        "last_at": "Last",
        "path": "File",
        "reason": "Reason",
        "text": "Text as kept (personal data removed)",
        "size_bytes": "Size, bytes",
        "text_bytes": "Text, bytes",
        "events": "Events",
        "repeated_events": "Repeated events",
        "content_hash": "SHA-256 of the content",
        "kind": "What is missing",
        "cases": "How many",
        "place": "Where",
        "detail": "In detail",
        "version": "Version",
        "title": "Title",
        "description": "In plain words",
        "sha256": "SHA-256 of the rule's file",
        "currency_number": "Currency no.",
        "exact": "Exact figures (where a spreadsheet rounds)",
        "expected": "Expected",
        "actual": "Actual",
        "difference": "Difference",
        **PERIOD_COLUMNS,
        # A workbook is read back by these.
        **HEADERS,
    }
)
"""Header of a column, by its name in the section's query."""

SECTION_NOTES: Mapping[str, str] = MappingProxyType(
    {
        "Episodes": (
            "Consecutive findings of one rule for one subscriber, as one line. Open: the period "
            "ends with the condition unmended. Closed: it was mended. Event: something that "
            "happened, neither open nor closed. Amount at risk: of a condition, what it last stood "
            "at; of events, the sum of their differences."
        ),
        "Anomalies": (
            "Transactions that break no rule and are unusual all the same, most unusual first. They "
            "are questions to ask, not errors. Percentile: the share of all transactions that are "
            "less unusual."
        ),
        "Transactions": (
            "Every transaction logged, in order of time. Expected balance: old balance plus a credit "
            "or less a debit, VAT excluded."
        ),
        "Roll-forward": (
            "Per subscriber and currency: opening + credits − debits ± unexplained ± rounding = "
            "closing, to the last digit. Opening is the first balance logged, or what was brought forward "
            "into a period; credits and debits are without VAT. Unexplained between transactions equals "
            "the lost updates and unexplained changes; within transactions, the arithmetic errors."
        ),
        "Rejects": (
            "Log events that should have been records and could not be read. They are in no other figure."
        ),
        "Sources": "Every log file of the run. A finding's source is the short name in the last column.",
        "Completeness": (
            "What the logs show of their own gaps. What happened in them is in no figure of this report."
        ),
        "Changes": (
            "Findings that are not as they were in the run before, what is new first. Gone: found in the run "
            "before and no longer, though its log and its rule are here. What persists unchanged stands on "
            "the sheets of the rules."
        ),
        "Charts": "What the archive shows week by week, and the figures behind the charts.",
        "Sign-off": "Who prepared and who reviewed, over the hash of the run.",
        "Rules": (
            "Every rule that ran, with the version and the hash of its file: the same ones give the "
            "same findings."
        ),
        **PERIOD_NOTES,
    }
)
"""What stands under the title of a sheet that is not a rule's."""

SECTIONS_WITHOUT_DECISIONS = ("README", *(name for name in SECTION_NOTES if name != "Anomalies"))
"""Sections whose sheets have no findings to decide on."""

NOTHING: Mapping[str, str] = MappingProxyType(
    {
        "Episodes": "No findings, so no episodes.",
        "Anomalies": "Nothing was flagged as unusual.",
        "Transactions": "No transactions were logged.",
        "Roll-forward": "No transactions were applied, so nothing rolls forward.",
        "Changes": "Nothing changed: every finding is as it was in the run before.",
        "Rejects": "Nothing was rejected: every record could be read.",
        "Sources": "No sources were read.",
        "Completeness": "Nothing is missing that the logs tell of.",
        "Rules": "No rules ran.",
        **PERIODS_NOTHING,
    }
)
"""What an empty section says instead of rows."""

DECISIONS = (
    "What people decided about the findings above. A decision hides no finding of a rule; of the unusual "
    "transactions, those found to be false positives or accepted are set aside."
)
DECIDE = (
    "Decide in the columns Decision (a list opens) and Note; `balance-sync feedback import` reads them back "
    "by the column Finding."
)
SET_ASIDE = (
    "The last rows, without a rank, were set aside by decisions: they are listed here, and not flagged again."
)
DECISION_HINT = "Choose what was decided. Accepted needs a reason in the column Note."
DECISION_ERROR = "Choose one of the words of the list."
NOT_APPLIED = "not counted"
LOGS_GONE = "This page was written without the log files, so it cannot show their lines."
LOG_LEFT_OUT = "left out of this page, for reading it would have taken long"
LOG_FILE_GONE = "the log file is not there any more"
LOG_CHANGED = "no event begins here any more: the log file has changed since it was read"

SEVERAL_CURRENCIES = "several"
SUMS_BY_CURRENCY = "The last row sums money where the filters leave one currency."
NOT_PRINTED = "Columns right of {column} are left out of print."
PART = "Part {part} of {parts}: rows {first:,} to {last:,} of {rows:,}, for a sheet holds no more."
LEFT_OUT = "{count:,} more rows were not asked for: {file} of a run with --format csv has all."
CUT_TEXTS = (
    "{count:,} text(s) too long for a cell are cut; each says so. In full: {file} of a run with --format csv."
)
CUT_LINKS = "Only the first {count:,} rows link to their transaction: a sheet holds no more links."
