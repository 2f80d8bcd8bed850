"""`balance-sync report` and `diff`: what a finished run tells, without reading its logs again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from balance_sync import config
from balance_sync.cli.diagnostics import note, visible
from balance_sync.cli.options import (
    RUN_PATH,
    against_option,
    config_option,
    database_argument,
    format_option,
    option,
)
from balance_sync.errors import ExitCode

if TYPE_CHECKING:
    from balance_sync.reports.changes import Comparison

_SHOWN_CHANGES = ("new", "reopened", "changed", "persisting", "resolved", "not_judged")


@click.command()
@database_argument
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of the reports.  [default: that of the database]",
)
@format_option(config.DEFAULT_FORMATS)
@against_option
@config_option
def report(database: Path, output: Path | None, formats: tuple[str, ...], against: tuple[Path, ...]) -> int:
    """Write the reports of a finished run again, in other formats or beside an earlier run."""
    from balance_sync.pipeline.earlier import run_database, write_reports_again

    path = run_database(database)
    formats = tuple(dict.fromkeys(formats))
    for file in write_reports_again(path, output or path.parent, formats=formats, earlier=against):
        click.echo(str(file))
    return ExitCode.DONE


@click.command()
@click.argument("earlier", metavar="RUN_A", type=RUN_PATH)
@click.argument("later", metavar="RUN_B", type=RUN_PATH)
@click.option(
    "--before",
    multiple=True,
    type=RUN_PATH,
    metavar="RUN",
    help="A run before RUN_A, to know what was found once and is back; oldest first.",
)
@click.option("--fail-on-new", is_flag=True, help="Exit with 1 if RUN_B has findings that RUN_A has not.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("diff"),
    show_default=True,
    metavar="DIR",
    help="Folder of the reports, where formats are asked for.",
)
@format_option(())
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def diff(
    earlier: Path,
    later: Path,
    before: tuple[Path, ...],
    fail_on_new: bool,
    output: Path,
    formats: tuple[str, ...],
    as_json: bool,
) -> int:
    """Tell what became of the findings of RUN_A in RUN_B: folders of reports, or databases."""
    from balance_sync.pipeline.earlier import compare_runs, run_database, write_reports_again
    from balance_sync.reports.changes import Change

    runs = (*before, earlier)
    comparison = compare_runs(run_database(later), earlier=runs)
    click.echo(json.dumps(_as_json(comparison), indent=2) if as_json else "\n".join(_lines(comparison)))
    if formats:
        for file in write_reports_again(
            run_database(later), output, formats=tuple(dict.fromkeys(formats)), earlier=runs
        ):
            note(visible(str(file)))
    fresh = comparison.total(Change.NEW) + comparison.total(Change.REOPENED)
    return ExitCode.FINDINGS if fail_on_new and fresh else ExitCode.DONE


def _by_rule(comparison: Comparison) -> dict[str, dict[str, int]]:
    """Return the findings of each rule by change, in the order of the counts."""
    rules: dict[str, dict[str, int]] = {}
    for count in comparison.counts:
        row = rules.setdefault(count.rule, dict.fromkeys(_SHOWN_CHANGES, 0))
        row[count.change] += count.findings
    return dict(sorted(rules.items()))


def _lines(comparison: Comparison) -> list[str]:
    rules = _by_rule(comparison)
    if not rules:
        return ["neither run has findings"]
    width = max(len(rule) for rule in (*rules, "all"))
    heads = [name.replace("_", " ") for name in _SHOWN_CHANGES]
    lines = [" " * width + "".join(f"  {head:>10}" for head in heads)]
    totals = {name: sum(row[name] for row in rules.values()) for name in _SHOWN_CHANGES}
    for rule, row in (*rules.items(), ("all", totals)):
        lines.append(f"{visible(rule):<{width}}" + "".join(f"  {row[name]:>10,}" for name in _SHOWN_CHANGES))
    return lines


def _as_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "earlier": [run.run_id for run in comparison.earlier],
        "rules": _by_rule(comparison),
        "counts": [
            {
                "change": one.change,
                "rule": one.rule,
                "severity": one.severity,
                "currency": one.currency,
                "findings": one.findings,
                "subscribers": one.subscribers,
                "amount": f"{one.amount:f}",
            }
            for one in comparison.counts
        ],
    }
