"""`balance-sync report` and `diff`: what a finished run tells, without reading its logs again."""

from __future__ import annotations

import json
import os
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
    memory_option,
    option,
)
from balance_sync.cli.paths import GivenPath
from balance_sync.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from balance_sync.reports.changes import Comparison

KEY_VARIABLE = "BALANCE_SYNC_KEY"
"""Environment variable that holds the key of the pseudonyms where no file is named."""

key_option = click.option(
    "--key-file",
    type=GivenPath(dir_okay=False),
    metavar="FILE",
    help=f"File of the key of the pseudonyms; by default it is in {KEY_VARIABLE}.",
)

_SHOWN_CHANGES = ("new", "reopened", "changed", "persisting", "set_aside", "resolved", "not_judged")


@click.command()
@database_argument
@option(
    "-o",
    "--output",
    type=GivenPath(file_okay=False),
    metavar="DIR",
    help="Folder of the reports.  [default: that of the database]",
)
@format_option(config.DEFAULT_FORMATS)
@against_option
@click.option(
    "--pseudonymise",
    is_flag=True,
    help="Put pseudonyms for identifiers, and leave out the service's own texts; needs a key.",
)
@key_option
@click.option(
    "--section",
    "sections",
    type=click.Choice(config.SECTIONS),
    multiple=True,
    help="Show this section alone, beside the headline figures; may be given several times.  [default: all]",
)
@click.option(
    "--max-rows",
    type=click.IntRange(1),
    metavar="N",
    help="Rows of each table of workbook, page and summary; what is left out is said there.",
)
@memory_option(config.MEMORY_LIMIT)
@config_option
def report(
    database: Path,
    output: Path | None,
    formats: tuple[str, ...],
    against: tuple[Path, ...],
    pseudonymise: bool,
    key_file: Path | None,
    sections: tuple[str, ...],
    max_rows: int | None,
    memory_limit: str,
) -> int:
    """Write the reports of a finished run again, in other formats or beside an earlier run."""
    from balance_sync.pipeline.earlier import write_reports_again

    if pseudonymise and output is None:
        raise UsageError(
            "--pseudonymise",
            "would replace the reports beside the database",
            help="name another folder with -o",
        )
    key = read_key(key_file) if pseudonymise else None
    formats = tuple(dict.fromkeys(formats))
    folder = output or database.parent
    written = write_reports_again(
        database,
        folder,
        formats=formats,
        earlier=against,
        key=key,
        sections=sections,
        most_rows=max_rows,
        memory_limit=memory_limit,
    )
    for file in written:
        click.echo(str(file))
    return ExitCode.DONE


@click.command()
@click.argument("pseudonyms", nargs=-1, required=True, metavar="PSEUDONYM...")
@database_argument
@key_option
def reveal(pseudonyms: tuple[str, ...], database: Path, key_file: Path | None) -> int:
    """Tell what stands behind each PSEUDONYM of a report; needs the key and the run's database."""
    from balance_sync.pipeline.earlier import reveal_pseudonyms

    found = reveal_pseudonyms(database, read_key(key_file), pseudonyms)
    for pseudonym, identifier in found.items():
        click.echo(f"{visible(pseudonym)}\t{'-' if identifier is None else visible(identifier)}")
    missing = [pseudonym for pseudonym, identifier in found.items() if identifier is None]
    if missing:
        raise UsageError(
            visible(missing[0]),
            "is no pseudonym of this run and key",
            reason=f"{len(missing)} of {len(found)} are unknown",
            help="the database must be that of the report's run, and the key the one it was made with",
        )
    return ExitCode.DONE


def read_key(file: Path | None) -> bytes:
    """Return the key of the pseudonyms, from `file` or else from the environment.

    Raises
    ------
    UsageError
        There is none, or the file cannot be read.
    """
    if file is None:
        text = os.environ.get(KEY_VARIABLE, "")
        if not text:
            raise UsageError(
                "--key-file", "no key is given", help=f"name a file that holds it, or set {KEY_VARIABLE}"
            )
        return text.encode()
    try:
        return file.read_bytes().strip()
    except OSError as error:
        raise UsageError(
            str(file), "the key cannot be read", reason=str(error.strerror), help="check path and permissions"
        ) from error


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
    type=GivenPath(file_okay=False),
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
        chosen = tuple(dict.fromkeys(formats))
        for file in write_reports_again(
            run_database(later), output, formats=chosen, earlier=runs, sections=("changes",)
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
                "amount": None if one.amount is None else f"{one.amount:f}",
            }
            for one in comparison.counts
        ],
    }
