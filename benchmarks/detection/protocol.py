"""The measurement: an analyst answers 60 transactions of one half of an archive, then reviews the other half.

The archive is split where half of its transactions are logged. Errors are planted in both halves. The
detector first ranks the archive up to the split, in six rounds of ten: each time the analyst says of ten
transactions whether they were planted, and the next round has learned from it. Then it ranks the whole
archive, flagging only what is logged after the split, once as if nothing had been said and once with the
60 answers. What counts is the first 60 of those lists.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
from benchmarks.detection.judging import reconciled
from benchmarks.detection.planting import Key, Label, Plant, Plot, Row, plant

from balance_sync.anomalies.candidates import Candidate
from balance_sync.anomalies.detect import AnomalyResult, Method, detect
from balance_sync.anomalies.review import subject_of_candidate
from balance_sync.anomalies.views import DETECTORS
from balance_sync.feedback.standing import Standing, daily_cap, weigh
from balance_sync.feedback.statements import Decision, Entry, Statement

BUDGET = 60
ROUNDS = 6
ZONE = "Asia/Bahrain"


@dataclass(frozen=True)
class Archive:
    """Transactions without planted errors."""

    name: str
    rows: Sequence[Row]
    sync_errors: pa.Table

    @property
    def split(self) -> datetime:
        """When half of the transactions are logged."""
        times = sorted(row["logged_at"] for row in self.rows)
        middle: datetime = times[len(times) // 2]
        return middle


@dataclass
class Tally:
    """What one way of ranking found, draw by draw.

    Attributes
    ----------
    incidents
        Found incidents by kind, over all draws.
    """

    precision: list[float] = field(default_factory=list)
    average_precision: list[float] = field(default_factory=list)
    incidents: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


@dataclass
class Planted:
    """What was planted after the split over all draws, in incidents by kind, and what rules explain of it."""

    incidents: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    transactions: int = 0
    open_transactions: int = 0


@dataclass
class Outcome:
    """The figures of one archive and one group of kinds."""

    planted: Planted = field(default_factory=Planted)
    tallies: dict[tuple[str, bool], Tally] = field(default_factory=dict)
    labels_true: dict[str, list[float]] = field(default_factory=dict)


def measure(
    archive: Archive, kinds: Sequence[Plant], *, seeds: range, each: int, detectors: Sequence[str]
) -> Outcome:
    """Plant, rank, answer and rank again with each seed and each detector."""
    outcome = Outcome()
    split = archive.split
    times = [row["logged_at"] for row in archive.rows]
    for seed in seeds:
        plot = Plot(archive.rows, seed)
        plant(plot, kinds, each=each, since=min(times), until=split)
        plant(plot, kinds, each=each, since=split, until=max(times))
        early = [row for row in plot.rows if row["logged_at"] < split]
        with (
            reconciled(early, archive.sync_errors) as before,
            reconciled(plot.rows, archive.sync_errors) as after,
        ):
            target = _open_labels(after, plot, split, outcome.planted)
            for name in detectors:
                entries = _answers(before, plot, name)
                answered = [one.statement.decision is Decision.CONFIRMED for one in entries]
                outcome.labels_true.setdefault(name, []).append(sum(answered) / max(1, len(answered)))
                for labelled in (False, True):
                    tally = outcome.tallies.setdefault((name, labelled), Tally())
                    started = time.perf_counter()
                    listed = _ranked(after, name, entries if labelled else [], since=split).anomalies
                    tally.seconds.append(time.perf_counter() - started)
                    _count(tally, [target.get(_key(one)) for one in listed], len(target))
    return outcome


def _answers(connection: duckdb.DuckDBPyConnection, plot: Plot, name: str) -> list[Entry]:
    """Answer ten of the list at a time, as somebody who finds out the truth."""
    entries: list[Entry] = []
    for _ in range(ROUNDS):
        told = {one.statement.subject.finding_id for one in entries}
        result = _ranked(connection, name, entries, budget=BUDGET // ROUNDS)
        for one in result.anomalies:
            subject = subject_of_candidate(one.context)
            if subject.finding_id in told:
                continue
            decision = Decision.CONFIRMED if _key(one) in plot.labels else Decision.FALSE_POSITIVE
            said = Statement(
                subject=subject,
                decision=decision,
                note="",
                decided_by="analyst",
                decided_at=datetime(2024, 1, 1, tzinfo=UTC),
            )
            entries.append(Entry(len(entries) + 1, said, "", ""))
    return entries


def _ranked(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entries: Sequence[Entry],
    *,
    budget: int = BUDGET,
    since: datetime | None = None,
) -> AnomalyResult:
    standing: Standing = weigh(entries, as_of=None, cap=daily_cap(BUDGET))
    return detect(
        connection,
        review_budget=budget,
        method=Method(seed=1, timezone=ZONE, threads=2, views=DETECTORS[name], since=since),
        deciding=standing.deciding,
        answers=standing.answers(),
    )


def _open_labels(
    connection: duckdb.DuckDBPyConnection, plot: Plot, split: datetime, planted: Planted
) -> dict[Key, Label]:
    """Return what is planted after the split and no rule explains; count all of it."""
    named = {
        identifier
        for (identifier,) in connection.execute(
            "SELECT DISTINCT transaction_id FROM findings WHERE severity IN ('error', 'critical')"
        ).fetchall()
    }
    late = {
        (row["transaction_id"], row["source_id"], row["line"])
        for row in plot.rows
        if row["logged_at"] >= split
    }
    wanted = {key: label for key, label in plot.labels.items() if key in late}
    target = {key: label for key, label in wanted.items() if key[0] not in named}
    incidents = {label.incident: label.kind for label in wanted.values()}
    planted.incidents.update(incidents.values())
    explained = set(incidents) - {label.incident for label in target.values()}
    planted.explained.update(incidents[number] for number in explained)
    planted.transactions += len(wanted)
    planted.open_transactions += len(target)
    return target


def _count(tally: Tally, listed: Sequence[Label | None], planted: int) -> None:
    hits = [label is not None for label in listed]
    found = {label.incident: label.kind for label in listed if label}
    precisions = [sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit]
    tally.precision.append(sum(hits) / BUDGET)
    tally.average_precision.append(sum(precisions) / max(1, min(BUDGET, planted)))
    tally.incidents.update(found.values())


def _key(candidate: Candidate) -> Key:
    context = candidate.context
    return (context.transaction_id or "", context.source_id or "", context.line or 0)
