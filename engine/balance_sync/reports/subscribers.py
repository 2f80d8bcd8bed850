"""The balance lines of the subscribers that the page shows, with their findings."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from balance_sync.reports import cells, labels
from balance_sync.reports.chart_rows import milliseconds
from balance_sync.reports.labels import rule_words
from balance_sync.reports.visible_text import visible

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from balance_sync.reports.data import ReportData
    from balance_sync.reports.shown import Row, Shown

POINTS_SHOWN = 240
"""Points of one line; of a longer one its ends, heights and depths."""

FINDINGS_MARKED = 12
"""Findings of one rule on a subscriber's lines: the first, the last and the largest."""


def subscriber_accounts(data: ReportData, shown: Shown) -> list[dict[str, Any]]:
    """Return each subscriber of the page with its accounts, one a currency.

    Returns
    -------
    list of dict
        ``name``; ``accounts``, each with ``currency``, ``lines`` (by wallet: ``points``, pairs of seconds
        since 1970 in local time and the balance as text, and their number in ``all``) and ``findings``
        (severity, rule, wallet, seconds, balance, difference, finding id), with the number of all of them in
        ``all``.
    """
    users = list(shown.subscribers)
    if not users:
        return []
    zone = ZoneInfo(data.context.timezone)
    names = {result.run.rule: rule_words(result.run.rule, result.run.title).name for result in data.rules}
    lines = _by_account(data, "balance_lines", users, POINTS_SHOWN)
    marks = _by_account(data, "subscriber_findings", users, FINDINGS_MARKED)
    accounts: dict[str, list[dict[str, Any]]] = {user: [] for user in users}
    for user, currency in sorted({*lines, *marks}, key=lambda key: (key[0], key[1] is None, key[1] or "")):
        own = marks.get((user, currency), [])
        accounts[user].append(
            {
                "currency": visible(currency or labels.UNSTATED),
                "lines": _lines(lines.get((user, currency), []), zone),
                "findings": [_mark(row, names, zone) for row in own],
                "all": sum({row["rule"]: row["findings"] for row in own}.values()),
            }
        )
    return [{"name": cells.word(user), "accounts": accounts[user]} for user in users]


def _by_account(
    data: ReportData, section: str, users: list[str], cap: int
) -> dict[tuple[str, str | None], list[Row]]:
    rows = cells.first_rows(data.frames(section, users=users, cap=cap))
    groups = groupby(rows, key=lambda row: (row["user_id"], row["currency"]))
    return {key: list(group) for key, group in groups}


def _lines(rows: list[Row], zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    return {
        wallet: {
            "points": [(_seconds(row["logged_at"], zone), _text(row["balance"], row)) for row in own],
            "all": own[0]["points"],
        }
        for wallet, group in groupby(rows, key=lambda row: row["wallet"])
        if (own := list(group))
    }


def _mark(row: Row, names: dict[str, str], zone: ZoneInfo) -> list[Any]:
    return [
        row["severity"],
        names.get(row["rule"], visible(row["rule"])),
        row["wallet"],
        _seconds(row["logged_at"], zone),
        _text(row["balance"], row),
        _text(row["difference"], row),
        row["finding_id"],
    ]


def _seconds(moment: datetime, zone: ZoneInfo) -> int:
    return milliseconds(moment.astimezone(zone).replace(tzinfo=None)) // 1000


def _text(amount: Decimal | None, row: Row) -> str | None:
    if amount is None:
        return None
    rounded = round(amount, row["minor_unit"])
    # Noise below zero is no negative figure.
    return f"{rounded or abs(rounded):f}"
