"""The whole job: ingest, reconcile, rank, report, publish."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync import __version__
from balance_sync.config import RunOptions, read_zone
from balance_sync.pipeline.budget import Budget, divide_memory
from balance_sync.pipeline.database import Filled, fill_database
from balance_sync.pipeline.detection import DETECTOR, DetectorProcess, is_ranked, record_anomalies
from balance_sync.pipeline.ingest import Ingested, ingest
from balance_sync.pipeline.watcher import Unwatched, Watcher

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.reports.context import ReportContext, RuleRun
    from balance_sync.schema import Severity


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run.

    Attributes
    ----------
    worst
        The highest severity among its findings; `None` if there are none.
    """

    run_id: str
    database: Path
    reports: tuple[Path, ...]
    findings: dict[str, int]
    worst: Severity | None
    ingested: Ingested
    problems: tuple[tuple[str, str], ...]
    elapsed_s: float


def run(options: RunOptions, watcher: Watcher | None = None) -> RunResult:
    """Do the whole job: ingest, reconcile, rank, report, publish.

    Raises
    ------
    BalanceSyncError
        Each expected failure, as its kind says.
    """
    from balance_sync.store.publish import published

    started_at, started = datetime.now(UTC), time.monotonic()
    read_zone(options.timezone)
    budget = divide_memory(options.memory_limit, threads=options.threads)
    watcher = watcher or Unwatched()
    with DetectorProcess(options) as detector:
        ingested = ingest(options.ingest, watcher, when_few=detector.start)
        detector.prepare()
        with published(options.database_path) as beside:
            return _reconcile(options, budget, ingested, beside, (started_at, started), watcher, detector)


def _reconcile(
    options: RunOptions,
    budget: Budget,
    ingested: Ingested,
    database: Path,
    started: tuple[datetime, float],
    watcher: Watcher,
    detector: DetectorProcess,
) -> RunResult:
    from balance_sync.store.session import database_errors, open_session

    spill = options.spill_directory or options.store_directory / "working" / "spill"
    with database_errors(str(options.database_path)):
        connection = open_session(
            database,
            memory_limit=f"{budget.database}B",
            threads=budget.database_threads,
            spill_directory=spill,
            spill_limit=options.spill_limit,
        )
        try:
            return _stages(connection, options, ingested, started, watcher, detector)
        finally:
            connection.close()
            ingested.store.clear()


def _stages(
    connection: DuckDBPyConnection,
    options: RunOptions,
    ingested: Ingested,
    started: tuple[datetime, float],
    watcher: Watcher,
    detector: DetectorProcess,
) -> RunResult:
    from balance_sync.reports.writer import write_reports
    from balance_sync.schema import Severity
    from balance_sync.store.session import lock_down
    from balance_sync.store.tables import create_tables

    watcher.stage("building the ledger", 4)
    create_tables(connection)
    filled = fill_database(connection, options, ingested)
    lock_down(connection)
    watcher.advance(1)
    rule_runs = _judge(connection, options, detector)
    watcher.advance(2)
    run_id = _run_id(filled, rule_runs, options)
    _record_run(connection, run_id, rule_runs, options, started)
    context = _context(run_id, rule_runs, filled, options, started)
    reports = write_reports(connection, options.output, formats=options.formats, context=context)
    watcher.advance(1)
    findings = {run.rule: run.findings for run in rule_runs}
    severities = connection.execute("SELECT DISTINCT severity FROM findings").fetchall()
    worst = max((Severity(name) for (name,) in severities), key=lambda severity: severity.rank, default=None)
    elapsed_s = time.monotonic() - started[1]
    return RunResult(
        run_id, options.database_path, reports, findings, worst, ingested, filled.problems, elapsed_s
    )


def _judge(
    connection: DuckDBPyConnection, options: RunOptions, detector: DetectorProcess
) -> tuple[RuleRun, ...]:
    """Run the rules, then the detector on what they leave, then sum their findings up."""
    from balance_sync.rules import build_ledger, build_summaries

    chosen = [word for word in options.rules if word.partition("@")[0] != DETECTOR]
    if chosen or not options.rules:
        runs, states = _run_rules(connection, options, chosen)
    else:
        build_ledger(connection)
        runs, states = (), []
    if is_ranked(options):
        runs = (*runs, record_anomalies(connection, options, detector))
    build_summaries(connection, state_rules=states, timezone=options.timezone)
    return runs


def _run_rules(
    connection: DuckDBPyConnection, options: RunOptions, chosen: list[str]
) -> tuple[tuple[RuleRun, ...], list[str]]:
    """Return the rules as they ran, and the ids of those whose findings are states."""
    from balance_sync.reports.context import RuleRun
    from balance_sync.rules import load_rules, run_rules
    from balance_sync.rules.header import Nature

    runs = run_rules(
        connection,
        selection=chosen,
        rules_directory=options.rules_directory,
        timezone=options.timezone,
        profile_directory=options.profile_directory,
    )
    descriptions = {rule.key: rule.header.description for rule in load_rules(options.rules_directory)}
    told = tuple(
        RuleRun(
            rule=done.id,
            version=done.version,
            severity=done.severity,
            title=done.title,
            description=descriptions[f"{done.id}@{done.version}"],
            sha256=done.sha256,
            findings=done.findings,
        )
        for done in runs
    )
    return told, [done.id for done in runs if done.nature is Nature.STATE]


def _run_id(filled: Filled, rule_runs: tuple[RuleRun, ...], options: RunOptions) -> str:
    """Return the hash of inputs, rules and options: the same run has the same id."""
    content = {
        "version": __version__,
        "inputs": filled.content_hashes,
        "rules": [(run.rule, run.version, run.sha256) for run in rule_runs],
        "options": _deciding_options(options),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _deciding_options(options: RunOptions) -> tuple[tuple[str, str], ...]:
    """Return the options that can change a result, by name."""
    return (
        ("since", options.since.isoformat() if options.since else ""),
        ("until", options.until.isoformat() if options.until else ""),
        ("timezone", options.timezone),
        ("review", str(options.review_budget)),
        ("seed", str(options.seed)),
    )


def _record_run(
    connection: DuckDBPyConnection,
    run_id: str,
    rule_runs: tuple[RuleRun, ...],
    options: RunOptions,
    started: tuple[datetime, float],
) -> None:
    counts = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]  # noqa: S608
        for table in (
            "sources",
            "transactions",
            "sync_errors",
            "messages",
            "invocations",
            "rejects",
            "findings",
        )
    }
    places = {
        "logs": [str(Path(path).absolute()) for path in options.logs],
        "store": str(options.store_directory.absolute()),
        "rules_directory": str(options.rules_directory.absolute()) if options.rules_directory else "",
    }
    connection.execute(
        "INSERT INTO runs VALUES ($run_id, $started_at, $finished_at, $version, $rules, $options, $counts)",
        {
            "run_id": run_id,
            "started_at": started[0],
            "finished_at": datetime.now(UTC),
            "version": __version__,
            "rules": json.dumps(
                [{"rule": f"{run.rule}@{run.version}", "sha256": run.sha256} for run in rule_runs]
            ),
            "options": json.dumps({**dict(_deciding_options(options)), **places}),
            "counts": json.dumps(counts),
        },
    )


def _context(
    run_id: str,
    rule_runs: tuple[RuleRun, ...],
    filled: Filled,
    options: RunOptions,
    started: tuple[datetime, float],
) -> ReportContext:
    from balance_sync.reports.context import ReportContext

    return ReportContext(
        run_id=run_id,
        version=__version__,
        timezone=options.timezone,
        rules=rule_runs,
        since=options.since,
        until=options.until,
        inputs=options.logs,
        options=_deciding_options(options),
        event_kinds=filled.event_kinds,
        started_at=started[0],
        finished_at=datetime.now(UTC),
        elapsed_s=time.monotonic() - started[1],
    )
