"""`balance-sync feedback`: what people decided about findings, taken down, listed, read back, handed on."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from balance_sync.cli.diagnostics import note, visible
from balance_sync.cli.options import database_argument, option
from balance_sync.cli.paths import GivenPath
from balance_sync.errors import DeliveryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from balance_sync.feedback.journal import Journal
    from balance_sync.feedback.statements import Entry

DECISIONS = ("confirmed", "false_positive", "accepted", "needs_information")
SCOPES = ("finding", "rule+subscriber+currency", "rule+subscriber")
_NOTE_SHOWN = 60
_LISTED = (
    *("no.", "decided at", "by", "decision", "scope", "until", "rule", "subscriber", "finding", "note"),
)

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def feedback_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--feedback FILE``."""
    return option(
        "--feedback",
        type=GivenPath(dir_okay=False),
        metavar="FILE",
        help="File of decisions.  [default: feedback.sqlite beside the store]",
    )(command)


_by = option("--by", metavar="NAME", help="Who decided.  [default: the user of this computer]")


@click.group()
def feedback() -> None:
    """Decide about findings, and see what was decided.

    Decisions are only ever added. One about an unusual transaction keeps it from being flagged again; one
    about a rule's finding is shown beside it, and hides nothing.
    """


@feedback.command()
@click.argument("finding")
@click.option("--decision", type=click.Choice(DECISIONS), required=True, help="What was decided.")
@click.option("--note", "text", default="", metavar="TEXT", help="Why; needed where a finding is accepted.")
@_by
@click.option(
    "--scope", type=click.Choice(SCOPES), default="finding", show_default=True, help="What it is said of."
)
@click.option("--until", metavar="DATE", help="The last business day of an archive for which it counts.")
@database_argument
@feedback_option
@_as_json
def add(finding: str, *, text: str, as_json: bool, **given: Any) -> None:
    """Take down a decision about FINDING (its id, or the beginning of it)."""
    from balance_sync.feedback.statements import Decision, Refused, Scope, Statement, Subject, now, read_day
    from balance_sync.feedback.texts import entry_fields
    from balance_sync.pipeline.decisions import decide, find_journal

    try:
        until = read_day(given["until"] or "")
    except Refused as error:
        raise UsageError("--until", str(error)) from error
    said = Statement(
        subject=Subject("", ""),
        decision=Decision(given["decision"]),
        note=text,
        decided_by=_name(given["by"]),
        decided_at=now(),
        scope=Scope(given["scope"]),
        until=until,
    )
    journal = find_journal(given["database"], given["feedback"])
    entry = decide(given["database"], journal, finding, said)
    if as_json:
        click.echo(json.dumps(entry_fields(entry), indent=2, ensure_ascii=False))
    else:
        click.echo(f"{entry.entry_id}  {entry.statement.subject.finding_id}  {entry.statement.decision}")
        note(f"kept in {journal.path}; the next run shows it")


@feedback.command("list")
@click.option("--decision", type=click.Choice(DECISIONS), multiple=True, help="Only such; may be repeated.")
@click.option("--by", metavar="NAME", help="Only what this person decided.")
@click.option("--rule", metavar="ID", help="Only about findings of this rule.")
@click.option("--subscriber", metavar="ID", help="Only about this subscriber.")
@click.option("--finding", metavar="ID", help="Only about this finding (its id, or the beginning of it).")
@database_argument
@feedback_option
@_as_json
def list_entries(*, as_json: bool, **given: Any) -> None:
    """List what was decided, oldest first."""
    from balance_sync.feedback.texts import entry_fields

    shown = list(_chosen(_journal(given).entries(), given))
    if as_json:
        click.echo(json.dumps([entry_fields(one) for one in shown], indent=2, ensure_ascii=False))
    else:
        _print_table(shown)


@feedback.command("import")
@click.argument("file", type=GivenPath(dir_okay=False))
@_by
@database_argument
@feedback_option
@_as_json
def import_file(file: Path, *, by: str | None, database: Path, feedback: Path | None, as_json: bool) -> None:
    """Read decisions back from FILE: a report.xlsx with decisions filled in, or what `export` wrote.

    All of it is taken down or, where a row cannot be meant, nothing. The same file twice adds nothing.
    """
    from balance_sync.pipeline.decisions import find_journal, import_decisions

    journal = find_journal(database, feedback)
    brought = import_decisions(database, journal, file, decided_by=_name(by))
    if as_json:
        counts = {"added": len(brought.added), "known": brought.known, "undecided": brought.undecided}
        click.echo(json.dumps({**counts, "imported_before": brought.again, "feedback": str(journal.path)}))
        return
    click.echo(f"{len(brought.added)} decisions added")
    if brought.again:
        note(f"{visible(file.name)} was imported before")
    else:
        note(f"{brought.known:,} known already, {brought.undecided:,} rows decide nothing; {journal.path}")


@feedback.command()
@click.option("--format", "form", type=click.Choice(("csv", "jsonl")), default="csv", show_default=True)
@click.option(
    "-o",
    "--output",
    type=GivenPath(dir_okay=False),
    metavar="FILE",
    help="Write here.  [default: stdout]",
)
@database_argument
@feedback_option
def export(*, form: str, output: Path | None, **given: Any) -> None:
    """Write out all decisions, as `import` reads them."""
    from balance_sync.feedback.texts import as_csv, as_json_lines

    entries = _journal(given).entries()
    text = as_csv(entries) if form == "csv" else as_json_lines(entries)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise DeliveryError(str(output), "cannot be written", reason=str(error.strerror)) from error
    click.echo(str(output))


def _journal(given: dict[str, Any]) -> Journal:
    from balance_sync.pipeline.decisions import find_journal

    return find_journal(given["database"], given["feedback"])


def _chosen(entries: Iterable[Entry], given: dict[str, Any]) -> Iterable[Entry]:
    for one in entries:
        said, about = one.statement, one.statement.subject
        if (
            (not given["decision"] or said.decision in given["decision"])
            and (not given["by"] or said.decided_by.casefold() == given["by"].casefold())
            and (not given["rule"] or about.rule == given["rule"])
            and (not given["subscriber"] or about.user_id == given["subscriber"])
            and about.finding_id.startswith(given["finding"] or "")
        ):
            yield one


def _print_table(entries: list[Entry]) -> None:
    rows: list[tuple[str, ...]] = [_LISTED]
    for one in entries:
        said, about = one.statement, one.statement.subject
        short = said.note if len(said.note) <= _NOTE_SHOWN else f"{said.note[: _NOTE_SHOWN - 1]}…"
        rows.append(
            (
                *(str(one.entry_id), f"{said.decided_at:%Y-%m-%d %H:%M} UTC", said.decided_by, said.decision),
                *(
                    said.scope,
                    str(said.until or ""),
                    about.rule,
                    about.user_id or "",
                    about.finding_id,
                    short,
                ),
            )
        )
    cells = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _name(given: str | None) -> str:
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise UsageError("--by", "nobody is named who decided", help="say who with --by NAME") from error
