"""The whole job: ingest, reconcile, rank, report, publish."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions, read_zone
from balance_sync.errors import ResourceError
from balance_sync.pipeline.begun_database import Begun, begin_database
from balance_sync.pipeline.budget import Budget, divide_memory
from balance_sync.pipeline.database import Filled
from balance_sync.pipeline.detection import RankingNotes, read_kept_model, read_ranking_notes
from balance_sync.pipeline.earlier import read_earlier
from balance_sync.pipeline.evidence import refuse_among_logs
from balance_sync.pipeline.feedback import Feedback, read_feedback, record_feedback, weigh_feedback
from balance_sync.pipeline.filling import Filling
from balance_sync.pipeline.ingest import Ingested, ingest
from balance_sync.pipeline.judging import chosen_rules, judge_all, judge_changes, sum_up
from balance_sync.pipeline.previous import Previous, basis, mark_as_published, read_previous
from balance_sync.pipeline.record import (
    Options,
    deciding_options,
    record_run,
    report_context,
    rules_of_same_run,
    run_id,
)
from balance_sync.pipeline.reporting import write_run_reports
from balance_sync.pipeline.second_process import SecondProcess
from balance_sync.pipeline.watcher import Unwatched, Watcher

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.feedback.standing import Standing
    from balance_sync.feedback.totals import FeedbackTotals
    from balance_sync.reports.changes import EarlierRun
    from balance_sync.reports.context import RuleRun
    from balance_sync.rules import Rule
    from balance_sync.vocabulary import Severity


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run.

    Attributes
    ----------
    finished_at
        UTC; the file of the database has this time.
    worst
        The highest severity among its findings; `None` if there are none.
    events
        How many log events there are, each counted once; of text that is none, none.
    rejects
        How many of them, and of such texts, could not be read.
    suspects
        How many events cannot be what they say.
    continued
        Whether it began with the database of the run before, and judged only what is new.
    repeated
        Whether nothing that decides a result was new, so that those of the run before stand.
    damage
        Why it could not go on from the database of the run before, where that turned out to be damaged.
    feedback
        What people's decisions came to.
    ranking
        How the unusual was ranked.
    completeness
        How much is missing from the logs, by kind; kinds of which nothing is are left out.
    """

    run_id: str
    database: Path
    reports: tuple[Path, ...]
    findings: dict[str, int]
    worst: Severity | None
    ingested: Ingested
    problems: tuple[tuple[str, str], ...]
    elapsed_s: float
    finished_at: datetime
    events: int
    rejects: int
    suspects: int
    continued: bool
    repeated: bool
    feedback: FeedbackTotals
    ranking: RankingNotes
    completeness: dict[str, int]
    damage: str = ""


def run(options: RunOptions, watcher: Watcher | None = None) -> RunResult:
    """Do the whole job: ingest, reconcile, rank, report, publish.

    Raises
    ------
    BalanceSyncError
        Each expected failure, as its kind says.
    """
    from balance_sync.reports.formats import require_formats
    from balance_sync.reports.reject_file import require_reject_format
    from balance_sync.store.paths import database_name
    from balance_sync.store.publish import published

    started_at, started = datetime.now(UTC), time.monotonic()
    read_zone(options.timezone)
    require_formats(options.formats)
    database_name(options.database_path)
    if options.rejects:
        require_reject_format(options.rejects)
        refuse_among_logs("--rejects", options.rejects, options.logs)
    if options.keep_model:
        refuse_among_logs("--keep-model", options.keep_model, options.logs)
    # Before anything is written: one of them may be the run that this one replaces.
    earlier = tuple(read_earlier(path) for path in options.against)
    read_kept_model(options)
    feedback = read_feedback(options)
    budget = divide_memory(options.memory_limit, threads=options.threads)
    watcher = watcher or Unwatched()
    with ExitStack() as stack:
        second = stack.enter_context(SecondProcess(options))
        ingested = ingest(options.ingest, watcher, when_few=second.start)
        stack.enter_context(ingested.store.sole_use())
        rules = chosen_rules(options)
        known = basis(
            rules, ingested.store.batch_version, (*deciding_options(options), ("rules", str(options.rules)))
        )
        work = _Work(options, feedback, ingested, rules, known, earlier, started_at, started, watcher, second)
        with published(options.database_path) as beside:
            result = _reconcile(work, budget, beside)
            mark_as_published(beside, result.finished_at)
            return result


@dataclass(frozen=True, slots=True)
class _Work:
    """What a run has in its hands after ingestion."""

    options: RunOptions
    feedback: Feedback
    ingested: Ingested
    rules: tuple[Rule, ...]
    basis: str
    earlier: tuple[EarlierRun, ...]
    started_at: datetime
    started: float
    watcher: Watcher
    second: SecondProcess


def _reconcile(work: _Work, budget: Budget, database: Path) -> RunResult:
    """Go on from the run before, or begin anew: also where its database turns out to be damaged."""
    import duckdb

    previous = _previous(work)
    try:
        return _judged(work, budget, database, previous)
    except (duckdb.Error, ResourceError) as error:
        if previous is None or not _tells_of_damage(error):
            raise
        database.unlink(missing_ok=True)
        return replace(_judged(work, budget, database, None), damage=str(error).splitlines()[0])
    finally:
        work.ingested.store.clear()


def _tells_of_damage(error: Exception) -> bool:
    """Return whether DuckDB failed at what it read: not for want of memory or room, nor by an interrupt."""
    import duckdb

    cause = error.__cause__ if isinstance(error, ResourceError) else error
    # Of no kind of its own, where the sum of a block is not right.
    if isinstance(cause, duckdb.Error) and "Corrupt database file" in str(cause):
        return True
    lacks_something = isinstance(cause, duckdb.CatalogException | duckdb.BinderException)
    is_unreadable = isinstance(
        cause, duckdb.SerializationException | duckdb.InternalException | duckdb.FatalException
    )
    return lacks_something or is_unreadable


def _judged(work: _Work, budget: Budget, database: Path, previous: Previous | None) -> RunResult:
    from balance_sync.store.session import database_errors, put_off_vacuum, set_memory_limit

    options = work.options
    spill = options.spill_directory or options.store_directory / "working" / "spill"
    # So few rows are one piece of work for DuckDB: threads would only take turns with the second process.
    threads = 1 if work.second.executor else budget.database_threads
    filling = Filling(options, work.ingested, budget, database, spill, threads)
    with database_errors(str(options.database_path)):
        work.watcher.stage("building the ledger", 4)
        begun = begin_database(filling, work.rules, previous)
        with closing(begun.connection) as connection:
            ((transactions,),) = connection.execute("SELECT count(*) FROM transactions").fetchall()
            set_memory_limit(connection, f"{budget.database}B")
            put_off_vacuum(connection)
            work.second.prepare_detector(transactions, read_little=work.ingested.is_little)
            return _stages(begun, database, work)


def _previous(work: _Work) -> Previous | None:
    """Return the run before where this one may go on from it."""
    options, rules = work.options, work.rules
    # What a rule of the user's own looks at is not known, and a profile is of the rules on everything. The
    # database of a period lacks what was before it, which the rules need.
    may_go_on = not (options.rebuild or options.profile_directory or options.since)
    if not may_go_on or not rules or not all(rule.built_in for rule in rules):
        return None
    return read_previous(options.database_path, work.basis)


def _stages(begun: Begun, database: Path, work: _Work) -> RunResult:
    """Judge what was filled, and write what comes of it."""
    from balance_sync.reports.reject_file import write_reject_file
    from balance_sync.store.session import lock_down

    options, watcher = work.options, work.watcher
    connection, filled, previous = begun.connection, begun.filled, begun.previous
    lock_down(connection)
    watcher.advance(1)
    standing = weigh_feedback(connection, work.feedback, options)
    deciding = (*deciding_options(options), work.feedback.option(options))
    judged_before = _rules_run_before(connection, filled, options, previous, deciding)
    rule_runs = judged_before or _judge(begun, work, standing)
    feedback = record_feedback(connection, work.feedback, standing, options)
    watcher.advance(2)
    identity = run_id(filled, rule_runs, deciding)
    started = (work.started_at, work.started)
    context = report_context(identity, rule_runs, filled, options, deciding, started)
    record_run(connection, context, options, work.basis, filled.settled)
    reports: tuple[Path, ...] = ()
    if options.formats:
        reports = write_run_reports(
            connection,
            database,
            options,
            context=context,
            earlier=work.earlier,
            executor=work.second.executor,
        )
    if options.rejects:
        write_reject_file(options.rejects, connection)
        reports = (*reports, options.rejects)
    watcher.advance(1)
    result = _Judged(
        run_id=identity,
        rule_runs=rule_runs,
        reports=reports,
        filled=filled,
        feedback=feedback,
        continued=previous is not None,
        repeated=judged_before is not None,
        finished_at=context.finished_at or work.started_at,
    )
    return _told(connection, work, result)


def _judge(begun: Begun, work: _Work, standing: Standing) -> tuple[RuleRun, ...]:
    from balance_sync.rules import build_ledger

    if begun.ran:
        build_ledger(begun.connection)
        return sum_up(begun.connection, work.options, begun.ran, work.second, standing)
    judge = judge_changes if begun.previous else judge_all
    return judge(begun.connection, work.options, work.rules, work.second, standing)


def _rules_run_before(
    connection: DuckDBPyConnection,
    filled: Filled,
    options: RunOptions,
    previous: Previous | None,
    deciding: Options,
) -> tuple[RuleRun, ...] | None:
    """Return the rules as they ran where the very same run was done before, which left its results."""
    from balance_sync.rules import keep_ledger

    # The model to keep is made by ranking.
    if previous is None or options.keep_model:
        return None
    ran = rules_of_same_run(previous, filled, deciding)
    if ran is not None and options.formats:
        # For the reports, which would else compute it again and again.
        keep_ledger(connection)
    return ran


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the stages of a run came to."""

    run_id: str
    rule_runs: tuple[RuleRun, ...]
    reports: tuple[Path, ...]
    filled: Filled
    feedback: FeedbackTotals
    continued: bool
    repeated: bool
    finished_at: datetime


def _told(connection: DuckDBPyConnection, work: _Work, judged: _Judged) -> RunResult:
    from balance_sync.vocabulary import Severity

    severities = connection.execute("SELECT DISTINCT severity FROM findings").fetchall()
    rejects, suspects = (
        connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]  # noqa: S608 - own words
        for table in ("rejects", "suspects")
    )
    return RunResult(
        run_id=judged.run_id,
        database=work.options.database_path,
        reports=judged.reports,
        findings={run.rule: run.findings for run in judged.rule_runs},
        worst=max((Severity(name) for (name,) in severities), key=lambda one: one.rank, default=None),
        ingested=work.ingested,
        problems=judged.filled.problems,
        elapsed_s=time.monotonic() - work.started,
        finished_at=judged.finished_at,
        events=sum(events for kind, events in judged.filled.event_kinds if kind != "preamble"),
        rejects=rejects,
        suspects=suspects,
        continued=judged.continued,
        repeated=judged.repeated,
        feedback=judged.feedback,
        ranking=read_ranking_notes(connection, work.options),
        completeness=_missing(connection),
    )


def _missing(connection: DuckDBPyConnection) -> dict[str, int]:
    query = "SELECT kind, sum(cases)::BIGINT FROM completeness GROUP BY kind ORDER BY kind"
    return dict(connection.execute(query).fetchall())
