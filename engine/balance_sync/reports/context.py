"""What a report must say about the run itself, which no table of the database holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Section(StrEnum):
    """A part of a report that can be chosen; headline figures, control totals and sign-off always stand."""

    FINDINGS = "findings"
    CHANGES = "changes"
    EPISODES = "episodes"
    ANOMALIES = "anomalies"
    ROLL_FORWARD = "roll-forward"
    TRANSACTIONS = "transactions"
    REJECTS = "rejects"
    SOURCES = "sources"
    COMPLETENESS = "completeness"
    RULES = "rules"
    CHARTS = "charts"


@dataclass(frozen=True)
class RuleRun:
    """A rule as it ran.

    Parameters
    ----------
    rule, version, severity, title, description, triage
        As the rule's header has them; `triage` says what a person should do next.
    sha256
        Hash of the rule's file.
    findings
        How many findings the run recorded for it, zero included.
    """

    rule: str
    version: int
    severity: str
    title: str
    description: str
    sha256: str
    findings: int
    triage: str = ""


@dataclass(frozen=True)
class ReportContext:
    """The run that a report is about.

    Parameters
    ----------
    run_id, version
        The run and the version of balance-sync that made it.
    timezone
        Name of the business time zone, e.g. ``"Asia/Bahrain"``.
    rules
        Every rule that ran, the detector's ``anomaly`` included.
    since, until
        The period asked for, half-open; `None` where nothing was asked for.
    inputs
        The paths of logs as they were given.
    options
        Name and value of each option that can change the result.
    event_kinds
        Name and number of each kind of event that was read, where that is known. They add up to the
        events of `sources`.
    sections
        What workbook, page and printed summary show.
    most_rows
        Rows that a table of theirs shows at most; what is left out is said there.
    pseudonymised
        Whether identifiers are pseudonyms, and the service's own texts left out.
    manifest_sha256
        The hash that a sign-off covers, where the session's tables do not give it any more.
    started_at, finished_at, elapsed_s
        Wall-clock times. Only ``summary.json`` shows them: everything else is the same for the same input.
    """

    run_id: str
    version: str
    timezone: str
    rules: tuple[RuleRun, ...]
    since: datetime | None = None
    until: datetime | None = None
    inputs: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    event_kinds: tuple[tuple[str, int], ...] = ()
    sections: frozenset[Section] = frozenset(Section)
    most_rows: int | None = None
    pseudonymised: bool = False
    manifest_sha256: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    elapsed_s: float | None = None
