"""What is recorded of a run: its id, its row in `runs`, and what its reports say of it."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync import __version__
from balance_sync.config import RunOptions
from balance_sync.pipeline.database import Filled
from balance_sync.pipeline.previous import count_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.reports.context import ReportContext, RuleRun


def run_id(filled: Filled, rule_runs: tuple[RuleRun, ...], options: RunOptions) -> str:
    """Return the hash of inputs, rules and options: the same run has the same id."""
    content = {
        "version": __version__,
        "inputs": filled.content_hashes,
        "rules": [(run.rule, run.version, run.sha256) for run in rule_runs],
        "options": deciding_options(options),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def deciding_options(options: RunOptions) -> tuple[tuple[str, str], ...]:
    """Return the options that can change a result, by name."""
    return (
        ("since", options.since.isoformat() if options.since else ""),
        ("until", options.until.isoformat() if options.until else ""),
        ("timezone", options.timezone),
        ("review", str(options.review_budget)),
        ("seed", str(options.seed)),
    )


def record_run(
    connection: DuckDBPyConnection,
    run_id: str,
    rule_runs: tuple[RuleRun, ...],
    options: RunOptions,
    started: tuple[datetime, float],
    basis: str,
) -> None:
    """Make the row of `runs`; `basis` is for a later run (`balance_sync.pipeline.previous`)."""
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
            "options": json.dumps({**dict(deciding_options(options)), **places, "basis": basis}),
            "counts": json.dumps(count_rows(connection)),
        },
    )


def report_context(
    run_id: str,
    rule_runs: tuple[RuleRun, ...],
    filled: Filled,
    options: RunOptions,
    started: tuple[datetime, float],
) -> ReportContext:
    """Return what the database does not know about the run."""
    from balance_sync.reports.context import ReportContext

    return ReportContext(
        run_id=run_id,
        version=__version__,
        timezone=options.timezone,
        rules=rule_runs,
        since=options.since,
        until=options.until,
        inputs=options.logs,
        options=deciding_options(options),
        event_kinds=filled.event_kinds,
        started_at=started[0],
        finished_at=datetime.now(UTC),
        elapsed_s=time.monotonic() - started[1],
    )
