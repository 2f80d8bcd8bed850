"""`balance-sync run`: the whole job."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from balance_sync import config
from balance_sync.cli.diagnostics import note, visible
from balance_sync.cli.feedback import feedback_option
from balance_sync.cli.options import (
    against_option,
    chosen_formats,
    config_option,
    format_option,
    limit_options,
    logs_argument,
    memory_option,
    option,
    period_options,
    read_limits,
    review_options,
    store_option,
    strict_option,
    threads_option,
    verbosity_options,
)
from balance_sync.cli.paths import GivenPath
from balance_sync.cli.progress import ProgressBar
from balance_sync.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from balance_sync.feedback.totals import FeedbackTotals
    from balance_sync.pipeline.detection import RankingNotes
    from balance_sync.pipeline.run import RunResult

FAIL_LEVELS = ("never", "info", "warning", "error", "critical")


@click.command()
@logs_argument
@option(
    "-o",
    "--output",
    type=GivenPath(file_okay=False),
    default=Path("reports"),
    show_default=True,
    metavar="DIR",
    help="Folder of the reports.",
)
@format_option(config.DEFAULT_FORMATS, none=True)
@option(
    "--database",
    type=GivenPath(dir_okay=False),
    metavar="FILE",
    help="Database of the run.  [default: DIR/balance-sync.duckdb]",
)
@store_option
@option(
    "--rule", "rules", multiple=True, metavar="ID[@V]", help="Run this rule (version) alone; may be repeated."
)
@option(
    "--rules-dir",
    type=GivenPath(file_okay=False, exists=True),
    metavar="DIR",
    help="Folder of your own rules, run beside the built-in ones.",
)
@period_options
@review_options
@option(
    "--fail-on",
    type=click.Choice(FAIL_LEVELS),
    default="never",
    show_default=True,
    help="Exit with 1 if there are findings of this severity or a higher one.",
)
@threads_option
@memory_option(config.MEMORY_LIMIT)
@option(
    "--spill-dir",
    type=GivenPath(file_okay=False),
    metavar="DIR",
    help="Where data that does not fit in memory goes.  [default: inside the store]",
)
@option(
    "--spill-limit",
    default=config.SPILL_LIMIT,
    show_default=True,
    metavar="SIZE",
    help="How much may go there.",
)
@option(
    "--profile",
    type=GivenPath(file_okay=False),
    metavar="DIR",
    help="Keep what each rule's SQL cost (EXPLAIN ANALYZE).",
)
@option(
    "--rebuild",
    is_flag=True,
    help="Judge the whole archive anew, even where only what is new since the last run needs it.",
)
@feedback_option
@option("--no-feedback", is_flag=True, help="Rank the unusual as if nothing had been decided about it.")
@option(
    "--sample",
    metavar="PERCENT",
    help="Read this much of LOGS, e.g. 1%, and print an estimate of the whole instead of writing reports.",
)
@against_option
@option(
    "--rejects",
    type=GivenPath(),
    metavar="FILE",
    help="Write all that could not be read to FILE too: .csv, or JSON lines as .jsonl or .ndjson.",
)
@limit_options
@strict_option
@config_option
@verbosity_options
def run(**given: Any) -> int:
    """Reconcile LOGS: read them, rebuild the ledgers, run the rules, rank the odd, write the reports.

    LOGS are folders of a CloudWatch export, files in whatever form logs come as (archives, records and pages
    among them, compressed or not), patterns in quotes, or - for standard input.
    """
    from balance_sync.pipeline.budget import divide_memory
    from balance_sync.pipeline.run import run as run_pipeline

    options = run_options(given)
    if given["sample"]:
        return _sample(options, given)
    if given["verbose"] and not given["quiet"]:
        note(f"memory: {divide_memory(options.memory_limit, threads=options.threads)}")
    with ProgressBar(quiet=given["quiet"]) as progress:
        result = run_pipeline(options, progress)
    tell(result, quiet=given["quiet"], verbose=given["verbose"], as_json=given["as_json"])
    return fail_code(result, given["fail_on"])


def _sample(options: config.RunOptions, given: dict[str, Any]) -> int:
    from balance_sync.cli.sample import read_share, tell_estimate

    if given["fail_on"] != "never":
        raise UsageError("--fail-on", "cannot be told from a sample", help="leave out --fail-on, or --sample")
    tell_estimate(options, read_share(given["sample"]), quiet=given["quiet"], as_json=given["as_json"])
    return ExitCode.DONE


def run_options(given: dict[str, Any]) -> config.RunOptions:
    """Make typed options of what the command line was given."""
    zone = given["timezone"]
    since = config.read_instant(given["since"], timezone=zone, option="--since")
    until = config.read_instant(given["until"], timezone=zone, option="--until")
    if since and until and since >= until:
        raise UsageError(
            "--until",
            f"{given['until']!r} is not after --since {given['since']!r}",
            help="the period begins with --since and ends before --until",
        )
    # DuckDB takes a negative size for no limit at all.
    config.read_memory(given["spill_limit"], option="--spill-limit")
    formats = chosen_formats(given["formats"])
    if given["against"] and not formats:
        raise UsageError(
            "--against", "has no report to stand in", help="leave out --format none, or --against"
        )
    own = given["rules_dir"]
    if own and not any(own.rglob("*.sql")):
        raise UsageError("--rules-dir", f"{str(own)!r} holds no rules", help="they are laid out as ID/v1.sql")
    return config.RunOptions(
        logs=tuple(given["logs"]),
        output=given["output"],
        store=given["store"],
        database=given["database"],
        formats=formats,
        rules=tuple(given["rules"]),
        rules_directory=own,
        since=since,
        until=until,
        timezone=zone,
        review_budget=given["review_budget"],
        review_since=config.read_instant(given["review_since"], timezone=zone, option="--review-since"),
        detector=_detector(given),
        model=given["model"],
        keep_model=given["keep_model"],
        threads=given["threads"],
        memory_limit=given["memory_limit"],
        spill_directory=given["spill_dir"],
        spill_limit=given["spill_limit"],
        strict=given["strict"],
        profile_directory=given["profile"],
        rebuild=given["rebuild"],
        against=given["against"],
        feedback=given["feedback"],
        ignore_feedback=given["no_feedback"],
        limits=read_limits(given),
        rejects=given["rejects"],
    )


def _detector(given: dict[str, Any]) -> str:
    """Return the detector's name once it is known to be there."""
    name = given["detector"] or config.DETECTOR_NAME
    if given["model"] and given["detector"]:
        raise UsageError("--detector", "is that of --model", help="leave out --detector, or --model")
    if given["model"] and given["keep_model"]:
        raise UsageError("--keep-model", "would keep --model again", help="leave out one of them")
    is_left_out = bool(given["rules"]) and all(word.partition("@")[0] != "anomaly" for word in given["rules"])
    if given["keep_model"] and (is_left_out or not given["review_budget"]):
        raise UsageError(
            "--keep-model", "has no ranking to keep a model of", help="leave out --rule, and --review 0"
        )
    # An extra that a detector needs has its name.
    needed = config.EXTRAS.get(name)
    if needed and importlib.util.find_spec(needed) is None:
        raise UsageError(
            "--detector",
            f"{name!r} needs an extra that is not installed",
            help=f"install it: pip install 'balance-sync[{name}]'",
        )
    return str(name)


_REPORTS = ("report.xlsx", "report.html", "report.pdf", "summary.json", "csv", "parquet")

_MOST_WARNINGS = 20
"""About single sources, unless all were asked for."""


def tell(result: RunResult, *, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Print the result on stdout, and what a person should know about the input on stderr."""
    if not quiet:
        _narrate(result, verbose=verbose)
    _warn(result, verbose=verbose)
    if as_json:
        click.echo(json.dumps(_as_json(result), indent=2, ensure_ascii=False))
        return
    width = max((len(rule) for rule in result.findings), default=0)
    for rule, count in sorted(result.findings.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"{rule:<{width}}  {count:>9,}")
    for path in result.reports:
        click.echo(str(path))
    click.echo(str(result.database))


def _judged(result: RunResult) -> str:
    if result.repeated:
        return "; nothing is new since the last run, whose results stand"
    return "; judged what is new since the last run" if result.continued else ""


def _narrate(result: RunResult, *, verbose: bool) -> None:
    ingested = result.ingested
    sources = ingested.files.height
    note(
        f"{sources:,} source{'' if sources == 1 else 's'}: {ingested.sources_read:,} read, "
        f"{ingested.sources_kept:,} known already"
        + (f", {ingested.later_sources:,} after the period" if ingested.later_sources else "")
        + _judged(result)
        + f"; {sum(result.findings.values()):,} findings in {result.elapsed_s:.1f} s"
    )
    _narrate_feedback(result.feedback)
    _narrate_ranking(result.ranking)
    for kind, cases in result.completeness.items():
        note(f"missing: {kind.replace('_', ' ')}: {cases:,}")
    passed_over = [one for one in ingested.passed_over if not one.may_be_logs]
    if passed_over:
        note(
            f"note: {len(passed_over):,} files are no logs and were passed over"
            + ("" if verbose else " (-v lists them)")
        )
    if verbose:
        for item in passed_over:
            note(f"  {visible(item.path)}: {item.reason}")
    if older := _older_reports(result):
        note(f"note: of an earlier run, and not written anew: {', '.join(older)}")


def _older_reports(result: RunResult) -> list[str]:
    """Return what stands beside the database and tells of another run."""
    folder = result.database.parent
    new = {path.relative_to(folder).parts[0] for path in result.reports if path.is_relative_to(folder)}
    return [name for name in _REPORTS if name not in new and (folder / name).exists()]


def _warn(result: RunResult, *, verbose: bool) -> None:
    """Tell what the result does not rest on, however quiet the rest is."""
    unseen = [(one.path, one.reason) for one in result.ingested.passed_over if one.may_be_logs]
    told = [f"{visible(path)}: {visible(reason)}; what is there is left out" for path, reason in unseen]
    told += [
        f"{visible(path)}: {visible(reason)}; what could be read is kept" for path, reason in result.problems
    ]
    shown = told if verbose else told[:_MOST_WARNINGS]
    for words in shown:
        note(f"warning: {words}")
    if len(told) > len(shown):
        note(f"warning: and {len(told) - len(shown):,} more such (-v lists them)")
    if result.damage:
        note(
            f"warning: the last run's database was damaged, so all was judged anew: {visible(result.damage)}"
        )
    if result.rejects:
        counted = "text" if result.rejects == 1 else "texts"
        note(
            f"warning: {result.rejects:,} {counted} that should be log events could not be read "
            "and counted for nothing (table rejects; --rejects FILE lists them)"
        )
    if result.suspects:
        counted = "event" if result.suspects == 1 else "events"
        note(
            f"warning: {result.suspects:,} {counted} cannot be what they say and counted for nothing "
            "(table suspects; rule suspect_event)"
        )
    if not result.events:
        note(
            "warning: no log events: nothing was reconciled (is this the log archive, and the right period?)"
        )


def _narrate_feedback(feedback: FeedbackTotals) -> None:
    """Tell what was decided about the findings, and how good the review list has been so far."""
    if not feedback.entries:
        return
    by_decision = ", ".join(f"{count:,} {decision}" for decision, count in feedback.decided if count)
    note(
        f"feedback: {feedback.findings:,} findings decided{f' ({by_decision})' if by_decision else ''}; "
        f"{feedback.set_aside:,} unusual transactions set aside"
        + (f"; {feedback.expired:,} decisions expired" if feedback.expired else "")
        + ("; not used in the ranking" if feedback.ranking_ignored else "")
    )
    if feedback.over_cap:
        note(
            f"warning: {feedback.over_cap:,} decisions are more than one person's day may move "
            f"({feedback.daily_cap:,}); they are shown and do not count in the ranking"
        )
    if feedback.precision is not None:
        note(
            f"precision of the review list so far: {feedback.precision:.2f} ("
            f"{feedback.confirmed:,} confirmed of {feedback.reviewed:,} reviewed, {feedback.listed:,} listed)"
        )


def _narrate_ranking(ranking: RankingNotes) -> None:
    """Tell what moved the ranking: decisions, and an archive that is no longer like the model."""
    if ranking.learned_from:
        note(f"ranking: learned from {ranking.learned_from:,} decisions (--no-feedback ranks without them)")
    moved = [
        f"{feature} {psi:.2f} {verdict}" for feature, psi, verdict in ranking.drift if verdict != "stable"
    ]
    if ranking.drift:
        note(
            f"model: {len(moved)} of {len(ranking.drift)} features have moved since it was kept"
            + (f" ({', '.join(moved)})" if moved else "")
        )
    for one, many, found in (
        ("night", "nights", ranking.unusual_nights),
        ("change point", "change points", ranking.change_points),
    ):
        if found:
            day, words = found[0]
            counted = one if len(found) == 1 else many
            note(f"unusual: {len(found):,} {counted}; strongest {day}: {visible(words)}")


def _as_json(result: RunResult) -> dict[str, Any]:
    return {
        "run_id": result.run_id,
        "database": str(result.database),
        "reports": [str(path) for path in result.reports],
        "findings": result.findings,
        "worst": result.worst,
        "feedback": result.feedback.as_json(),
        "sources_read": result.ingested.sources_read,
        "sources_kept": result.ingested.sources_kept,
        "events": result.events,
        "rejects": result.rejects,
        "completeness": result.completeness,
        "problems": [{"path": path, "reason": reason} for path, reason in result.problems],
        "elapsed_s": round(result.elapsed_s, 3),
    }


def fail_code(result: RunResult, level: str) -> int:
    """Return 1 if there are findings at or above `level`, else 0."""
    from balance_sync.vocabulary import Severity

    if level == "never" or result.worst is None:
        return ExitCode.DONE
    return ExitCode.FINDINGS if result.worst.rank >= Severity(level).rank else ExitCode.DONE
