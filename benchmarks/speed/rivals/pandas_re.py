"""The job as an ordinary script does it: gzip, `re`, pandas, openpyxl.

The logs become a table of events, transactions and not-in-sync records are cut out of it by regular
expressions, and each transaction is told what became of its message. Three checks follow (does a transaction
start where the one before it ended, is a balance below zero, do the two balances differ), and what they find
goes to a workbook. Money is `Decimal`, as money must be. How far its answer is off is recorded with its time.
"""

from __future__ import annotations

import gzip
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.speed.case import Case, Facts, Place, Program, told_facts
from benchmarks.speed.stages import whole_job
from benchmarks.speed.stopwatch import Stopwatch

if TYPE_CHECKING:
    from pandas import DataFrame, Series

RULES = ("continuity", "lost_update", "overdraft", "discrepancy")
"""The product's rules that find what the script's checks find: its first check finds what two rules find."""

_DECIMALS = {"BHD": 3, "KWD": 3, "OMR": 3}
_EVENT = re.compile(r"^(?=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )", re.MULTILINE)
_PARTS = re.compile(r"(\S+Z) (?:\S+Z\t(\S+)\t(INFO|WARN|ERROR)\t)?(.*)", re.DOTALL)
_TEXTS = {"id": "id", "user_id": "userId", "type": "type", "action": "action", "currency": "currency"}
_AMOUNTS = {
    **{"amount": "amount", "vat": "vat", "old": "oldBalance", "new": "newBalance"},
    **{"payment": "paymentBalance"},
}
_OUTCOMES = {
    "published": "SubscriptionBalanceUpdated event published",
    "rejected": "Subscriber will have a negative balance",
    "skipped": "Skipping the |alance is already synced",
    "failed": "Uncaught Exception|Task timed out|Unknown application error|Error Type",
}


def _command(place: Place) -> list[str]:
    return place.engine.module("rivals.pandas_re", place.logs, place.scratch / "findings.xlsx")


def _script_expected(answer: Facts) -> Facts:
    found = whole_job.expected_findings(answer)
    return {
        "transactions": answer["transactions"],
        "sync_errors": answer["sync_errors"],
        "gaps": found["continuity"] + found["lost_update"],
        "overdrafts": found["overdraft"],
        "discrepancies": found["discrepancy"],
    }


def _product(place: Place) -> list[str]:
    rules = [word for rule in RULES for word in ("--rule", rule)]
    return whole_job.run(place, place.scratch / "reports", *rules, report="json")


def _product_expected(answer: Facts) -> Facts:
    found = whole_job.expected_findings(answer)
    return {"transactions": answer["transactions"], "findings": {rule: found[rule] for rule in RULES}}


CASES = (
    Case(
        Program("against-pandas", _product, whole_job.read_summary, _product_expected),
        title="the same checks by `run` against a script of pandas, `re` and openpyxl",
        yardstick=Program("pandas + re + openpyxl", _command, told_facts, _script_expected),
        bar=0.04,
        memory_mb=1500,
        starts=True,
        # The script holds everything in memory.
        largest=10**9,
    ),
)


def main(logs: Path, target: Path) -> None:
    """Read, check, write."""
    import pandas as pd

    watch = Stopwatch()
    with watch:
        events = read_events(logs)
        transactions = read_transactions(events)
        sync_errors = read_sync_errors(events)
        found = {
            "gaps": find_gaps(transactions),
            "overdrafts": find_overdrafts(transactions),
            "discrepancies": find_discrepancies(transactions, sync_errors),
        }
        with pd.ExcelWriter(target, engine="openpyxl") as book:
            for name, rows in found.items():
                rows.to_excel(book, sheet_name=name, index=False)
    watch.tell(
        rows=len(transactions),
        transactions=len(transactions),
        sync_errors=len(sync_errors),
        **{name: len(rows) for name, rows in found.items()},
    )


def read_events(logs: Path) -> DataFrame:
    """Return all events: when, of which request, of which level, their message; in each request's order."""
    import pandas as pd

    rows = []
    for path in sorted(logs.rglob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
            text = file.read()
        for event in _EVENT.split(text):
            parts = _PARTS.match(event)
            if parts:
                rows.append(parts.groups())
    events = pd.DataFrame(rows, columns=["logged_at", "request_id", "level", "message"])
    named = events["message"].str.extract(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", expand=False)
    events["request_id"] = events["request_id"].fillna(named)
    events = events.sort_values(["request_id", "logged_at"], kind="stable", ignore_index=True)
    starts = events["message"].str.startswith("Processing message")
    events["step"] = starts.groupby(events["request_id"]).cumsum()
    return events


def read_transactions(events: DataFrame) -> DataFrame:
    """Return the transactions with what became of the message that each was in."""
    of_transactions = events["message"].str.startswith("Start syncing the balance")
    transactions = _with_fields(events[of_transactions], _TEXTS, _AMOUNTS)
    outcomes = events.assign(outcome=None)
    for name, words in _OUTCOMES.items():
        outcomes.loc[events["message"].str.contains(words, regex=True), "outcome"] = name
    first = outcomes.dropna(subset=["outcome"]).drop_duplicates(["request_id", "step"])
    return transactions.merge(first[["request_id", "step", "outcome"]], on=["request_id", "step"], how="left")


def read_sync_errors(events: DataFrame) -> DataFrame:
    """Return the records of balances that are not in sync."""
    words = "Subscription balance and payment balance are not in sync"
    amounts = {"subscription": "subscriptionBalance", "payment": "paymentBalance"}
    return _with_fields(events[events["message"].str.startswith(words)], {"user_id": "userId"}, amounts)


def _with_fields(events: DataFrame, texts: dict[str, str], amounts: dict[str, str]) -> DataFrame:
    found = events[["logged_at", "request_id", "step"]].copy()
    for column, name in texts.items():
        found[column] = events["message"].str.extract(rf"\n +{name}: '([^']*)'", expand=False)
    for column, name in amounts.items():
        text = events["message"].str.extract(rf"\n +{name}: (-?[\d.e+-]+)", expand=False)
        found[column] = text.map(Decimal, na_action="ignore").astype(object)
    return found


def find_gaps(transactions: DataFrame) -> DataFrame:
    """Return the transactions that start elsewhere than the subscriber's one before ended."""
    applied = transactions[~transactions["outcome"].isin(["rejected", "failed"])]
    chain = applied.drop_duplicates(["id", "old", "new"]).sort_values(["user_id", "logged_at", "id"])
    before = chain.groupby("user_id")["new"].shift()
    chain = chain.assign(previous=before)[before.notna()]
    return chain[(chain["old"] - chain["previous"]).abs() > _tolerance(chain["currency"])]


def find_overdrafts(transactions: DataFrame) -> DataFrame:
    """Return the transactions that leave a balance below zero, by wallet."""
    import pandas as pd

    known = transactions[transactions["payment"].notna()]
    subscription = transactions[transactions["new"] < 0].assign(wallet="subscription")
    payment = known[known["payment"] < 0].assign(wallet="payment")
    return pd.concat([subscription, payment])


def find_discrepancies(transactions: DataFrame, sync_errors: DataFrame) -> DataFrame:
    """Return the records whose two balances differ by more than half a minor unit of the currency."""
    currencies = transactions.drop_duplicates("user_id", keep="last").set_index("user_id")["currency"]
    checked = sync_errors.assign(currency=sync_errors["user_id"].map(currencies))
    checked["difference"] = checked["payment"] - checked["subscription"]
    return checked[checked["difference"].abs() > _tolerance(checked["currency"])]


def _tolerance(currency: Series) -> Series:
    halves = {code: Decimal(5).scaleb(-decimals - 1) for code, decimals in _DECIMALS.items()}
    return currency.map(lambda code: halves.get(code, Decimal("0.005"))).astype(object)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
