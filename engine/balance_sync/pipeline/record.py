"""What is recorded of a run: its id, its row in `runs`, and what its reports say of it, then and later."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync import __version__
from balance_sync.config import RunOptions
from balance_sync.errors import InputError, UsageError
from balance_sync.pipeline.database import Filled
from balance_sync.pipeline.previous import count_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.pipeline.previous import Previous
    from balance_sync.reports.context import ReportContext, RuleRun

Options = tuple[tuple[str, str], ...]

DECIDING_OPTIONS = ("since", "until", "timezone", "review", "seed", "detector", "model", "review since")
"""Names of the options that can change a result."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run_id(filled: Filled, rule_runs: tuple[RuleRun, ...], deciding: Options) -> str:
    """Return the hash of inputs, rules and `deciding` options: the same run has the same id."""
    content = {
        "version": __version__,
        "inputs": filled.content_hash,
        "rules": [(run.rule, run.version, run.sha256) for run in rule_runs],
        "options": deciding,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def rules_of_same_run(previous: Previous, filled: Filled, deciding: Options) -> tuple[RuleRun, ...] | None:
    """Return the rules of the `previous` run as they ran; `None` where a run now would be another one.

    The same run has the same results, which need not be found again where they are what it left.
    """
    ran = _read_rules(previous.rules)
    is_same = previous.is_untouched and run_id(filled, ran, deciding) == previous.run_id
    return ran if is_same else None


def _read_rules(text: str) -> tuple[RuleRun, ...]:
    """Return what `record_run` has written of rules."""
    import msgspec

    from balance_sync.reports.context import RuleRun

    return tuple(
        msgspec.convert({**rule, "rule": rule["rule"].partition("@")[0]}, RuleRun)
        for rule in json.loads(text)
    )


def deciding_options(options: RunOptions) -> Options:
    """Return the options that can change a result, by name; the decisions of people do so, too."""
    values = (
        options.since.isoformat() if options.since else "",
        options.until.isoformat() if options.until else "",
        options.timezone,
        str(options.review_budget),
        str(options.seed),
        options.detector,
        _file_hash(options.model) if options.model else "",
        options.review_since.isoformat() if options.review_since else "",
    )
    return tuple(zip(DECIDING_OPTIONS, values, strict=True))


def _file_hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(str(path), "cannot be read", reason=str(error.strerror or error)) from error


def report_context(
    run_id: str,
    rule_runs: tuple[RuleRun, ...],
    filled: Filled,
    options: RunOptions,
    deciding: Options,
    started: tuple[datetime, float],
) -> ReportContext:
    """Return what the tables of records do not know about the run."""
    from balance_sync.reports.context import ReportContext

    return ReportContext(
        run_id=run_id,
        version=__version__,
        timezone=options.timezone,
        rules=rule_runs,
        since=options.since,
        until=options.until,
        inputs=options.logs,
        options=deciding,
        event_kinds=filled.event_kinds,
        started_at=started[0],
        finished_at=datetime.now(UTC),
        elapsed_s=round(time.monotonic() - started[1], 3),
    )


def record_run(
    connection: DuckDBPyConnection, context: ReportContext, options: RunOptions, basis: str, settled: str
) -> None:
    """Make the row of `runs`; `basis` and `settled` are for later ones (`balance_sync.pipeline.previous`)."""
    places = {
        "logs": [str(Path(path).absolute()) for path in options.logs],
        "inputs": context.inputs,
        "store": str(options.store_directory.absolute()),
        "rules_directory": str(options.rules_directory.absolute()) if options.rules_directory else "",
        "feedback_file": str(options.feedback_path.absolute()),
        "elapsed_s": context.elapsed_s,
    }
    connection.execute(
        "INSERT INTO runs VALUES ($run_id, $started_at, $finished_at, $version, $rules, $options, $counts)",
        {
            "run_id": context.run_id,
            "started_at": context.started_at,
            "finished_at": context.finished_at,
            "version": context.version,
            "rules": json.dumps(
                [{**asdict(run), "rule": f"{run.rule}@{run.version}"} for run in context.rules]
            ),
            "options": json.dumps({**dict(context.options), **places, "basis": basis, "settled": settled}),
            "counts": json.dumps(count_rows(connection)),
        },
    )


def read_context(connection: DuckDBPyConnection, database: Path) -> ReportContext:
    """Return what a finished run told its reports, from its row of `runs`.

    Raises
    ------
    UsageError
        The database is none of a whole run, or of a version that recorded less.
    """
    import duckdb
    import msgspec

    from balance_sync.reports.context import ReportContext

    query = "SELECT run_id, version, rules, options, epoch_us(started_at), epoch_us(finished_at) FROM runs"
    try:
        ((run_id, version, rules, options, *times),) = connection.execute(query).fetchall()
        told = json.loads(options)
        kinds = connection.execute("SELECT kind, events FROM event_kinds ORDER BY kind").fetchall()
        return ReportContext(
            run_id=run_id,
            version=version,
            timezone=told["timezone"],
            rules=_read_rules(rules),
            since=_instant(told["since"]),
            until=_instant(told["until"]),
            inputs=tuple(told["inputs"]),
            options=tuple((name, told.get(name, "")) for name in (*DECIDING_OPTIONS, "feedback")),
            event_kinds=tuple(kinds),
            started_at=_EPOCH + timedelta(microseconds=times[0]),
            finished_at=_EPOCH + timedelta(microseconds=times[1]),
            elapsed_s=told["elapsed_s"],
        )
    except (duckdb.Error, ValueError, KeyError, msgspec.ValidationError) as error:
        raise UsageError(
            str(database),
            "is no database of a finished run of this version",
            reason=str(error).splitlines()[0],
            help="`balance-sync run LOGS` makes it anew, without reading the logs again",
        ) from error


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
