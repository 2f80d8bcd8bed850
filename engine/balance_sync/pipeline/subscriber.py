"""Everything a finished run knows of one subscriber."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from balance_sync.arrow_rows import rows_of
from balance_sync.errors import UsageError
from balance_sync.pipeline.record import read_context

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

_LINKS = """
    SELECT
        logged_at, transaction_id, currency, minor_unit, type, action, direction, amount, vat, old_balance,
        new_balance, payment_balance, outcome, applied, source_id, line
    FROM ledger
    WHERE user_id = $user
    ORDER BY currency NULLS LAST, logged_at, transaction_id, source_id, line
"""
_FINDINGS = """
    SELECT
        f.logged_at, f.rule, f.severity, f.currency, coalesce(c.minor_unit, 2) AS minor_unit, f.wallet,
        f.expected, f.actual, f.difference, f.explanation, f.transaction_id, f.finding_id, f.source_id, f.line
    FROM findings AS f
    LEFT JOIN currencies AS c ON coalesce(f.currency, '') = c.currency
    WHERE f.user_id = $user
    ORDER BY f.logged_at, f.rule, f.finding_id
"""
_EPISODES = """
    SELECT e.*, coalesce(c.minor_unit, 2) AS minor_unit
    FROM episodes AS e
    LEFT JOIN currencies AS c ON coalesce(e.currency, '') = c.currency
    WHERE e.user_id = $user
    ORDER BY e.first_at, e.rule, e.currency, e.wallet, e.first_finding_id
"""
_ROLL_FORWARD = "SELECT * FROM roll_forward WHERE user_id = $user ORDER BY currency NULLS LAST"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One subscriber in a finished run; rows as dictionaries, money as `Decimal`, times in UTC.

    Attributes
    ----------
    timezone
        The business time zone of the run.
    links
        The ledger, currency by currency in logged order.
    findings, episodes
        In logged order.
    roll_forward
        A row a currency.
    """

    user_id: str
    timezone: str
    links: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]
    episodes: tuple[dict[str, Any], ...]
    roll_forward: tuple[dict[str, Any], ...]


def read_subscriber(database: Path, user: str) -> Subscriber:
    """Return what the run in `database` knows of the subscriber whose id is `user`, or alone begins so.

    Raises
    ------
    UsageError
        No subscriber, or several, have such an id; or there is no database of a finished run.
    """
    from balance_sync.rules import excerpt_of
    from balance_sync.store.reading import read_only_session

    with read_only_session(database) as connection:
        context = read_context(connection, database)
        user_id = _user_id(connection, user, database)
        with excerpt_of(connection, user_id):
            links, findings, episodes, roll_forward = (
                tuple(rows_of(connection.sql(query, params={"user": user_id})))
                for query in (_LINKS, _FINDINGS, _EPISODES, _ROLL_FORWARD)
            )
    return Subscriber(user_id, context.timezone, links, findings, episodes, roll_forward)


def _user_id(connection: DuckDBPyConnection, user: str, database: Path) -> str:
    query = """
        SELECT user_id FROM transactions WHERE starts_with(user_id, $user)
        UNION
        SELECT user_id FROM sync_errors WHERE starts_with(user_id, $user)
        ORDER BY user_id
    """
    found = [row[0] for row in connection.execute(query, {"user": user}).fetchall()]
    if user in found:
        return user
    if len(found) != 1:
        raise UsageError(
            user,
            f"{len(found)} subscribers have an id that begins so"
            if found
            else "no subscriber has such an id",
            reason=f"looked in {database}",
            help="give more of the id" if found else "ids are in the column user_id of the tables",
        )
    return str(found[0])
