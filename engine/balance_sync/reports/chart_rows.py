"""Rows of the page's interactive charts; the static ones of `charts` show the same.

Amounts are floats where they are only drawn, and text where they are read. Times are milliseconds since
1970 of the local time as if it were UTC: what the page draws on an axis of UTC is the business time zone,
wherever the reader is.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from balance_sync.reports.chart_scales import spanned_days, week_bars
from balance_sync.reports.phrases import rounded_money

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData


def milliseconds(local: date | datetime) -> int:
    """Return a local day or naive local time as the charts want it."""
    moment = local if isinstance(local, datetime) else datetime(local.year, local.month, local.day)  # noqa: DTZ001
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)


def finding_rows(data: ReportData) -> list[dict[str, Any]]:
    """Return the bars of findings: ``from`` and ``to``, ``severity`` with its ``order``, ``findings``."""
    if not data.weeks:
        return []
    bars, step = week_bars(data.weeks)
    rows = []
    for day, counts in bars.items():
        for order, (severity, findings) in enumerate(counts.items()):
            if findings:
                ends = {"from": milliseconds(day), "to": milliseconds(day + step)}
                rows.append({**ends, "severity": severity, "order": order, "findings": findings})
    return rows


def overdraft_rows(data: ReportData) -> list[list[dict[str, Any]]]:
    """Return the points of each of `charts.overdraft_charts`: ``at``, ``wallet``, ``amount``, ``text``."""
    charts = []
    for _, group in groupby(data.overdraft_days, key=lambda point: point.currency):
        points = list(group)
        first, last = spanned_days(data, [point.day for point in points])
        rows: list[dict[str, Any]] = []
        for wallet, line in groupby(points, key=lambda point: point.wallet):
            own = [(point.day, point.exposure, point.minor_unit) for point in line]
            start = [] if own[0][0] == first else [(first, own[0][1] * 0, own[0][2])]
            end = [] if own[-1][0] == last else [(last, *own[-1][1:])]
            rows += [
                {
                    "at": milliseconds(day),
                    "wallet": wallet,
                    "amount": float(amount),
                    "text": rounded_money(amount, unit),
                }
                for day, amount, unit in (*start, *own, *end)
            ]
        charts.append(rows)
    return charts
