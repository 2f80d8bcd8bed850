"""`balance-sync subscriber`: one subscriber's balances, episodes and findings, to look at."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import rich_click as click

from balance_sync.cli.amounts import money
from balance_sync.cli.calling import command
from balance_sync.cli.diagnostics import visible
from balance_sync.cli.options import database_argument

if TYPE_CHECKING:
    from balance_sync.pipeline.subscriber import Subscriber

_LEAST_WIDTH, _MOST_WIDTH, _HEIGHT = 40, 120, 14
_TICK, _LEFT = 10, 22
"""Characters that a label of the chart's axis takes, and all that is left of the chart."""


@click.command()
@click.argument("user")
@database_argument
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, the ledger included.")
def subscriber(user: str, database: Path, as_json: bool) -> None:
    """Show the subscriber USER (an id, or the beginning of it).

    The balances of both wallets over time with the findings on them, the roll-forward, the episodes.
    """
    from balance_sync.pipeline.subscriber import read_subscriber

    found = read_subscriber(database, user)
    if as_json:
        parts = {
            "user_id": found.user_id,
            "roll_forward": found.roll_forward,
            "episodes": found.episodes,
            "findings": found.findings,
            "ledger": found.links,
        }
        click.echo(json.dumps(parts, default=_plain, ensure_ascii=False, indent=2))
        return
    click.echo(f"subscriber {visible(found.user_id)}, times in {found.timezone}")
    for currency, links in groupby(found.links, key=lambda link: link["currency"]):
        _show_currency(found, currency, list(links))
    _show_episodes(found)
    if found.findings:
        last = found.findings[-1]["finding_id"]
        click.echo(f"\nThe proof of a finding: {command('explain', '--database', database, last)}")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _show_currency(found: Subscriber, currency: str | None, links: list[dict[str, Any]]) -> None:
    name = visible(currency or "currency not stated")
    click.echo(f"\n{name}: {len(links):,} transaction{'' if len(links) == 1 else 's'}")
    for row in found.roll_forward:
        if row["currency"] == currency:
            click.echo(_roll_forward(row))
    chart = _chart(found, currency, links)
    if chart:
        click.echo(f"\n{chart}")


def _roll_forward(row: dict[str, Any]) -> str:
    unit = row["minor_unit"]
    unexplained = row["unexplained_continuity"] + row["unexplained_arithmetic"]
    parts = (
        ("opening", row["opening"]),
        ("+ credits", row["credits"]),
        ("- debits", row["debits"]),
        ("± unexplained", unexplained),
        ("± rounding", row["rounding"]),
        ("= closing", row["closing"]),
    )
    return "\n".join(f"  {label:<14} {money(amount, unit):>20}" for label, amount in parts)


def _chart(found: Subscriber, currency: str | None, links: list[dict[str, Any]]) -> str:
    """Return balances over time: the subscription's as a line, the payment's as ``o``, findings as ``x``."""
    import plotille

    zone = ZoneInfo(found.timezone)

    def local(moment: datetime) -> datetime:
        return moment.astimezone(zone).replace(tzinfo=None)

    own = [
        (local(one["logged_at"]), float(one["new_balance"]))
        for one in links
        if one["logged_at"] and one["new_balance"] is not None
    ]
    if len({at for at, _ in own}) < 2:
        return ""
    paid = [
        (local(one["logged_at"]), float(one["payment_balance"]))
        for one in links
        if one["logged_at"] and one["payment_balance"] is not None
    ]
    marked = [
        (local(one["logged_at"]), float(one["actual"]))
        for one in found.findings
        if one["currency"] == currency and one["logged_at"] and one["actual"] is not None
    ]
    figure = plotille.Figure()
    figure.width = max(_LEAST_WIDTH, min(_MOST_WIDTH, shutil.get_terminal_size().columns - _LEFT))
    figure.height = _HEIGHT
    figure.with_colors = sys.stdout.isatty()
    figure.color_mode = "names"
    unit = links[0]["minor_unit"]
    figure.y_ticks_fkt = lambda low, _: _tick(low, unit)
    figure.x_label, figure.y_label = "day", visible(currency or "")
    figure.plot(*zip(*own, strict=True), lc="blue", label="subscription balance")
    if paid:
        figure.scatter(*zip(*paid, strict=True), lc="yellow", marker="o", label="payment balance")
    if marked:
        figure.scatter(*zip(*marked, strict=True), lc="red", marker="x", label="value of a finding")
    return str(figure.show(legend=True))


def _tick(value: float, minor_unit: int) -> str:
    """Return the label of an axis: with the currency's decimals where the axis has room for them."""
    exact = f"{value:,.{minor_unit}f}"
    return f"{exact if len(exact) <= _TICK else f'{value:,.0f}':>{_TICK}}"


def _show_episodes(found: Subscriber) -> None:
    click.echo(f"\n{len(found.findings):,} findings in {len(found.episodes):,} episodes")
    for row in found.episodes:
        span = f"{row['first_day']}" + (
            f" to {row['last_day']}" if row["last_day"] != row["first_day"] else ""
        )
        wallet = f", {row['wallet']} balance" if row["wallet"] else ""
        worst = "" if row["worst"] is None else f", worst {money(row['worst'], row['minor_unit'])}"
        currency = f" {visible(row['currency'])}" if row["currency"] and worst else ""
        click.echo(
            f"  {row['severity']:<8} {visible(row['rule']):<21} {row['status']:<6} {span:<24} "
            f"{row['findings']:>5,} found{worst}{currency}{wallet}"
        )
