"""The detector's part of a run: whether and how it ranks, and what is recorded of it."""

from __future__ import annotations

import hashlib
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.config import RunOptions
from balance_sync.errors import InputError
from balance_sync.feedback.statements import DETECTOR

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from datetime import date
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from balance_sync.anomalies.detect import AnomalyResult, Method
    from balance_sync.anomalies.reference import Reference
    from balance_sync.feedback.standing import Standing
    from balance_sync.pipeline.second_process import SecondProcess
    from balance_sync.reports.context import RuleRun

DETECTOR_DESCRIPTION = """
No rule explains the transaction, and it is among the most unusual of all for its subscriber, its action, its
amount or its time. It need not be wrong: the reasons say what is unusual about it.
"""
DETECTOR_TRIAGE = """
Read the reasons, most unusual first. Ask in the subscription service whether the transaction was meant; if it
was, nothing needs to be done.
"""


def is_ranked(options: RunOptions) -> bool:
    """Return whether the detector is among the chosen rules, as it is where none is chosen."""
    return not options.rules or any(word.partition("@")[0] == DETECTOR for word in options.rules)


@dataclass(frozen=True, slots=True)
class RankingNotes:
    """What a person should know about how the unusual was ranked.

    Attributes
    ----------
    learned_from
        How many decisions moved the ranking.
    drift
        Feature, population stability index and verdict against the kept model, most first; empty without one.
    unusual_nights, change_points
        First day and words of each, strongest first.
    """

    learned_from: int = 0
    drift: tuple[tuple[str, Decimal, str], ...] = ()
    unusual_nights: tuple[tuple[date, str], ...] = ()
    change_points: tuple[tuple[date, str], ...] = ()


def read_ranking_notes(connection: DuckDBPyConnection, options: RunOptions) -> RankingNotes:
    """Read from the run's database how the unusual was ranked, if it was."""
    if not is_ranked(options):
        return RankingNotes()
    ((learned_from,),) = connection.execute("SELECT learned_from FROM anomaly_totals").fetchall()
    drift = connection.execute("FROM anomaly_drift ORDER BY psi DESC, feature").fetchall()
    nights, levels = (
        connection.execute(
            f"SELECT first_day, explanation FROM {name} ORDER BY strength DESC, first_day, explanation"  # noqa: S608
        ).fetchall()
        for name in ("unusual_nights", "change_points")
    )
    return RankingNotes(learned_from, tuple(drift), tuple(nights), tuple(levels))


def read_kept_model(options: RunOptions) -> Reference | None:
    """Read the model that `options` ask for, if they ask for one.

    Raises
    ------
    InputError
        It is none.
    """
    from balance_sync.anomalies.reference import read_reference

    return read_reference(options.model) if options.model else None


def _method(
    options: RunOptions,
    reference: Reference | None,
    executor: Executor | None,
    meanwhile: Callable[[], None],
) -> Method:
    from balance_sync.anomalies.detect import Method
    from balance_sync.anomalies.views import DETECTORS

    kept = reference.description if reference else None
    return Method(
        seed=kept.seed if kept else options.seed,
        timezone=options.timezone,
        threads=options.threads,
        views=DETECTORS[kept.detector if kept else options.detector],
        since=options.review_since,
        reference=reference.sample if reference else None,
        executor=executor,
        meanwhile=meanwhile,
    )


def _keep_model(
    connection: DuckDBPyConnection, path: Path, options: RunOptions, result: AnomalyResult
) -> None:
    from balance_sync.anomalies.reference import describe, keep_reference

    if result.sample is None:
        raise InputError(
            str(path), "cannot be made: there are too few transactions", help="read an archive of more"
        )
    period = connection.execute(
        "SELECT strftime(timezone('UTC', t), '%Y-%m-%dT%H:%M:%SZ') FROM ("
        "SELECT unnest([min(logged_at), max(logged_at)]) AS t FROM ledger)"
    ).fetchall()
    first_at, last_at = (text or "" for (text,) in period)
    description = describe(
        detector=options.detector,
        seed=options.seed,
        transactions=result.examined,
        first_at=first_at,
        last_at=last_at,
    )
    keep_reference(path, description, result.sample)


def _first_day(options: RunOptions) -> date | None:
    """Return the business day from which on the unusual is told, where not all of it is."""
    since = options.review_since
    return since.astimezone(ZoneInfo(options.timezone)).date() if since else None


def record_anomalies(
    connection: DuckDBPyConnection, options: RunOptions, second: SecondProcess, standing: Standing
) -> RuleRun:
    """Rank the transactions, and record the most unusual ones that nobody has answered as findings."""
    from balance_sync.anomalies.detect import detect
    from balance_sync.anomalies.periods import record_periods
    from balance_sync.anomalies.publish import publish
    from balance_sync.anomalies.review import nothing_decided
    from balance_sync.reports.writer import import_writers

    reference = read_kept_model(options)

    @cache
    def periods() -> None:
        """Record them once, while another process fits the model or after it."""
        record_periods(connection, timezone=options.timezone, since=_first_day(options))

    def meanwhile() -> None:
        periods()
        import_writers(options.formats, elsewhere=False)

    def ranked(executor: Executor | None) -> AnomalyResult:
        return detect(
            connection,
            review_budget=options.review_budget,
            method=_method(options, reference, executor, meanwhile),
            deciding=nothing_decided if options.ignore_feedback else standing.deciding,
            answers=() if options.ignore_feedback else standing.answers(),
        )

    try:
        result = ranked(second.executor)
    except BrokenProcessPool:
        # Somebody ended the other process, most often the system when memory ran out: here it still works.
        second.end()
        result = ranked(None)
    if options.keep_model:
        _keep_model(connection, options.keep_model, options, result)
    periods()
    return _rule_run(publish(connection, result))


def _rule_run(findings: int) -> RuleRun:
    from balance_sync.anomalies.features import features_hash
    from balance_sync.anomalies.periods import periods_hash
    from balance_sync.anomalies.publish import RULE, RULE_VERSION, SEVERITY
    from balance_sync.reports.context import RuleRun

    return RuleRun(
        rule=RULE,
        version=RULE_VERSION,
        severity=SEVERITY.value,
        title="Unusual transaction",
        description=DETECTOR_DESCRIPTION,
        sha256=hashlib.sha256(f"{features_hash()}/{periods_hash()}".encode()).hexdigest(),
        findings=findings,
        triage=DETECTOR_TRIAGE,
    )
