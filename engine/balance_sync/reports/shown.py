"""What the page shows in detail: a bounded choice of findings, unusual transactions and subscribers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from balance_sync.reports.cells import first_rows
from balance_sync.reports.figures import Exposure
from balance_sync.reports.queries import read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from balance_sync.reports.data import ReportData

Row = dict[str, Any]

FINDINGS_SHOWN = 40
ANOMALIES_SHOWN = 100
EPISODES_SHOWN = 250
OPEN_SHOWN = 30
UNEXPLAINED_SHOWN = 8
SUBSCRIBERS_SHOWN = 80
"""Of each rule, of all, of all, of each rule, wallet and currency, of each currency, of all; the CSV files
hold everything."""


@dataclass(frozen=True)
class Shown:
    """Rows of the report's sections that the page shows.

    Parameters
    ----------
    findings
        Rows of ``worst_findings`` by rule.
    anomalies
        Rows of ``anomalies``, each with the ``finding_id`` of its finding, if there is one.
    standing
        The largest open episodes.
    standing_findings
        Rows of ``chosen_findings`` by rule: what each of these stands at.
    episodes, unexplained
        Rows of ``episodes`` and ``top_roll_forward``.
    subscribers
        Place in the page of each subscriber whose balances it draws, by user id.
    """

    findings: Mapping[str, tuple[Row, ...]]
    anomalies: tuple[Row, ...]
    standing: tuple[Exposure, ...]
    standing_findings: Mapping[str, tuple[Row, ...]]
    episodes: tuple[Row, ...]
    unexplained: tuple[Row, ...]
    subscribers: Mapping[str, int]


def choose_shown(data: ReportData) -> Shown:
    """Choose what the page shows, the worst of everything."""
    worst = first_rows(data.frames("worst_findings", cap=data.most(FINDINGS_SHOWN)))
    findings = {rule: tuple(rows) for rule, rows in groupby(worst, key=lambda row: row["rule"])}
    anomalies = _anomalies(data)
    episodes = tuple(first_rows(data.frames("episodes"), data.most(EPISODES_SHOWN)))
    unexplained = tuple(first_rows(data.frames("top_roll_forward", cap=data.most(UNEXPLAINED_SHOWN))))
    # Of findings the first of each rule come before the second of any.
    in_turn = sorted(
        ((place, rule, row["user_id"]) for rule, rows in findings.items() for place, row in enumerate(rows)),
        key=lambda one: one[:2],
    )
    users = [
        *(one.user_id for one in data.exposures),
        *(row["user_id"] for row in unexplained),
        *(user for _, _, user in in_turn),
        *(row["user_id"] for row in anomalies),
    ]
    chosen = list(dict.fromkeys(user for user in users if user is not None))[:SUBSCRIBERS_SHOWN]
    standing = read_rows(data.connection, "exposures", Exposure, cap=data.most(OPEN_SHOWN))
    last = first_rows(data.frames("chosen_findings", ids=[one.last_finding_id for one in standing]))
    of_standing = {rule: tuple(rows) for rule, rows in groupby(last, key=lambda row: row["rule"])}
    places = {user: place for place, user in enumerate(chosen)}
    return Shown(findings, anomalies, standing, of_standing, episodes, unexplained, places)


def _anomalies(data: ReportData) -> tuple[Row, ...]:
    rows = list(first_rows(data.frames("anomalies"), data.most(ANOMALIES_SHOWN)))
    if not rows:
        return ()
    ids = {_event(row): row for row in first_rows(data.frames("anomaly_findings"))}
    nothing = {"finding_id": None, "request_id": None, "rule_version": None}
    return tuple({**nothing, **ids.get(_event(row), {}), **row} for row in rows)


def _event(row: Row) -> tuple[str, str, int]:
    return row["transaction_id"], row["source_id"], row["line"]
