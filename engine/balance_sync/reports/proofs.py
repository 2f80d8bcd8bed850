"""The proof of each finding that the page shows: the subscriber's transactions around it, and log lines."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from balance_sync.reports import cells, labels
from balance_sync.reports.decided import decision_words
from balance_sync.reports.log_lines import LogPlace
from balance_sync.reports.phrases import local_time, utc_time
from balance_sync.reports.visible_text import cut, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from balance_sync.reports.data import ReportData
    from balance_sync.reports.log_lines import LogReader, LogText
    from balance_sync.reports.shown import Row, Shown

CHAIN_COLUMNS = (
    *("logged_at", "type", "action", "currency", "amount", "vat", "old_balance", "new_balance"),
    *("payment_balance", "outcome", "transaction_id", "source_id"),
)
"""What is shown of each transaction, in this order."""

BEFORE, AFTER = 3, 2
"""Transactions shown before and after a finding."""

LOGGED_SHOWN = 12
"""Findings of a rule whose log lines are shown."""

TEXT_SHOWN = 4_000
"""Characters of one event, as JavaScript counts them."""


def proofs(data: ReportData, shown: Shown, read_logs: LogReader | None) -> dict[str, Any]:
    """Return what the page's script shows of each finding.

    Parameters
    ----------
    read_logs
        Reads the logs; without it, or where it gives nothing, the page says so.

    Returns
    -------
    dict
        ``transactions`` and ``logs``, each row once; ``findings`` by id, with the ``facts`` that its table
        has no column for, its ``chain`` (places in ``transactions``, and which is its own) and its ``logs``
        (places in ``logs``).
    """
    unusual = tuple(row for row in shown.anomalies if row["finding_id"])
    groups = [*shown.findings.values(), unusual, *shown.standing_findings.values()]
    rows = [row for group in groups for row in group]
    chains = _chains(data, list(dict.fromkeys(row["finding_id"] for row in rows)))
    zone = ZoneInfo(data.context.timezone)
    pool = _Pool(zone)
    wanted = {
        row["finding_id"]: _log_places(row, chains.get(row["finding_id"], ()))
        for group in groups
        for row in group[:LOGGED_SHOWN]
    }
    texts = _read(wanted, read_logs)
    found = {
        row["finding_id"]: {
            "facts": _facts(row),
            "chain": [pool.place(step) for step in chains.get(row["finding_id"], ())],
            "own": next(
                (at for at, step in enumerate(chains.get(row["finding_id"], ())) if step["is_own"]), None
            ),
            "logs": [texts.place(place) for place in wanted.get(row["finding_id"], ())] if texts else [],
        }
        for row in rows
    }
    return {
        "transactions": pool.rows,
        "findings": found,
        "logs": texts.rows if texts else [],
        "unread": "" if texts else labels.LOGS_GONE,
    }


def _chains(data: ReportData, ids: list[str]) -> dict[str, tuple[Row, ...]]:
    if not ids:
        return {}
    steps = cells.first_rows(data.frames("finding_chains", ids=ids, before=BEFORE, after=AFTER))
    return {finding: tuple(rows) for finding, rows in groupby(steps, key=lambda row: row["finding_id"])}


def _facts(row: Row) -> list[tuple[str, str]]:
    version = f"@{row['rule_version']}" if row.get("rule_version") else ""
    facts = [
        ("Rule", f"{row['rule']}{version}" if "rule" in row else f"anomaly{version}"),
        ("Wallet", labels.WALLETS.get(row.get("wallet") or "", row.get("wallet"))),
        ("Time in UTC", utc_time(row["logged_at"])),
        ("Request", row.get("request_id")),
        ("Source:line", f"{row['source_id'] or '–'}:{row['line']}"),
        ("Finding", row["finding_id"]),
        ("Decision", decision_words(row)),
    ]
    return [(name, cells.word(value) or "") for name, value in facts if value]


class _Pool:
    """Transactions ready to show, each once however many findings show it."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._places: dict[tuple[str, int], int] = {}
        self.rows: list[list[Any]] = []

    def place(self, step: Row) -> int:
        """Return the place of a transaction in `rows`, putting it there if it is new."""
        key = (step["source_id"], step["line"])
        if key not in self._places:
            self._places[key] = len(self.rows)
            self.rows.append(self._shown(step))
        return self._places[key]

    def _shown(self, step: Row) -> list[Any]:
        words = (
            local_time(step["logged_at"], self._zone),
            step["type"],
            step["action"],
            step["currency"],
        )
        names = ("amount", "vat", "old_balance", "new_balance", "payment_balance")
        outcome = labels.OUTCOMES.get(step["outcome"] or "", step["outcome"])
        rest = (
            outcome if step["applied"] else f"{outcome or ''} ({labels.NOT_APPLIED})".strip(),
            step["transaction_id"],
            f"{step['source_id']}:{step['line']}",
        )
        return [
            *(cells.word(word) or None for word in words),
            *(_money(step[name], step["minor_unit"]) for name in names),
            *(cells.word(word) or None for word in rest),
        ]


def _money(amount: Any, minor_unit: int) -> str | list[str] | None:
    """Return an amount as text; with all its digits beside where the text is rounded."""
    cell = cells.money(amount, minor_unit)
    return [cell.text or "", cell.hint] if cell.hint else cell.text


def _log_places(row: Row, chain: Iterable[Row]) -> tuple[LogPlace, ...]:
    """Return where the finding's own event is, then that of the transaction before it."""
    before = [LogPlace(step["source_id"], step["line"]) for step in chain if step["step"] == -1]
    own = [LogPlace(row["source_id"], row["line"])] if row["source_id"] and row["line"] else []
    return tuple(dict.fromkeys([*own, *before]))


class _Texts:
    """Log events ready to show, each once."""

    def __init__(self, texts: Mapping[LogPlace, LogText]) -> None:
        self._texts = texts
        self._places: dict[LogPlace, int] = {}
        self.rows: list[tuple[str, str, str]] = []

    def place(self, place: LogPlace) -> int:
        """Return the place of an event in `rows`: where it is, its text, why it is not there."""
        if place not in self._places:
            self._places[place] = len(self.rows)
            text = self._texts.get(place)
            shown = _log_text(text.text) if text else ""
            path = visible(text.path) if text and text.path else place.source_id
            missing = visible(text.missing) if text else labels.LOG_LEFT_OUT
            self.rows.append((f"{path}:{place.line}", shown, missing))
        return self._places[place]


def _log_text(text: str) -> str:
    """Return an event's text with its lines and tabs as they are and nothing else hidden."""
    return "\t".join(visible(part, keep_lines=True) for part in cut(text, TEXT_SHOWN).split("\t"))


def _read(wanted: Mapping[str, tuple[LogPlace, ...]], read_logs: LogReader | None) -> _Texts | None:
    if read_logs is None:
        return None
    # The first finding of each rule before the second of any: whoever reads may stop at a limit.
    return _Texts(read_logs(list(dict.fromkeys(place for places in wanted.values() for place in places))))
