"""`balance-sync explain`: the proof of one finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from balance_sync import config
from balance_sync.cli.amounts import money
from balance_sync.cli.calling import command
from balance_sync.cli.diagnostics import visible
from balance_sync.cli.options import database_argument
from balance_sync.currency import minor_unit

if TYPE_CHECKING:
    from balance_sync.pipeline.explain import Explanation, LogEvent

_TAB = "\t"
"""Stands between the fields of a log line."""


@click.command()
@click.argument("finding")
@database_argument
@click.option("--logs", multiple=True, metavar="LOGS", help="Where the archive is now, if it was moved.")
@click.option("--sql", "with_sql", is_flag=True, help="Print the rule's SQL too.")
@click.option(
    "--timezone", default=config.BUSINESS_ZONE, show_default=True, metavar="TZ", help="Business time zone."
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def explain(
    finding: str, database: Path, logs: tuple[str, ...], with_sql: bool, timezone: str, as_json: bool
) -> None:
    """Show what FINDING (its id, or the beginning of it) rests on.

    The arithmetic, the subscriber's ledger around it, and the raw log lines with file and line.
    """
    from balance_sync.pipeline.explain import explain as gather

    config.read_zone(timezone)
    found = gather(database, finding, logs=logs)
    if as_json:
        events = [{"path": event.path, "line": event.line, "text": event.text} for event in found.events]
        content = {"finding": found.finding, "chain": found.chain, "events": events, "sql": found.sql}
        click.echo(json.dumps(content, default=str, ensure_ascii=False, indent=2))
    else:
        _print(found, timezone)
        if with_sql:
            click.echo(f"\nrule {found.finding['rule']}@{found.finding['rule_version']}\n{found.sql}")
        else:
            again = command("explain", "--sql", "--database", database, found.finding["finding_id"])
            click.echo(f"\nTo see the rule's SQL: {again}")
    if found.missing:
        raise found.missing


def _print(found: Explanation, timezone: str) -> None:
    from balance_sync.pipeline.explain import arithmetic, local_time

    row = found.finding
    click.echo(f"{row['severity']}: {row['rule']} {row['finding_id']}")
    click.echo(f"  {visible(row['explanation'] or '')}")
    for label, key in (
        ("subscriber", "user_id"),
        ("transaction", "transaction_id"),
        ("request", "request_id"),
    ):
        if row[key]:
            click.echo(f"  {label:<11} {visible(row[key])}")
    click.echo(f"  {'logged':<11} {local_time(row['logged_at'], timezone)}")
    unit, figures = minor_unit(row["currency"]), arithmetic(row)
    width = max((len(label) for label, _ in figures), default=0)
    for label, amount in figures:
        click.echo(f"  {label:<{width}} {money(amount, unit):>16} {visible(row['currency'] or '')}")
    if found.chain:
        click.echo("\nledger of the subscriber around it (amount and vat, balance before and after):")
    for link in found.chain:
        click.echo(_link(link, row, timezone))
    click.echo("\nlog lines:" if found.events else "\nlog lines: they cannot be shown")
    for event in found.events:
        click.echo(f"{visible(event.path)}:{event.line}")
        click.echo(_lines(event, is_own=(event.path, event.line) == (found.path, row["line"])), nl=False)


def _lines(event: LogEvent, *, is_own: bool) -> str:
    """Return the lines of an event, marked where it is the finding's own."""
    mark = "  > " if is_own else "    "
    return "".join(f"{mark}{visible(line, keep=_TAB)}\n" for line in event.text.split("\n"))


def _link(link: dict[str, Any], finding: dict[str, Any], timezone: str) -> str:
    from balance_sync.pipeline.explain import local_time

    def amount(name: str) -> str:
        return "" if link[name] is None else money(link[name], unit)

    unit = minor_unit(link["currency"])
    mark = ">" if link["transaction_id"] == finding["transaction_id"] else " "
    state = link["outcome"] or "no message"
    return (
        f"{mark} {local_time(link['logged_at'], timezone)[:19]}  {visible(link['transaction_id'])}  "
        f"{link['direction'] or '?':<6} {amount('amount'):>12} {amount('vat'):>9}  "
        f"{amount('old_balance'):>14} -> {amount('new_balance'):>14}  {state}"
    )
