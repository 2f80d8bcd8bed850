"""An excerpt of the tables: all that the findings of the subscribers depend on whom something new concerns.

Its tables are temporary and have the names of the published ones, so that views and rules read them in their
place, unchanged. What rules find in the excerpt about its rows is what they find in the whole:

- a subscriber is in it with all transactions and not-in-sync records (chains, currencies, deliveries);
- with a transaction id all events that state it are, whoever's they are (repeats, numbers of findings);
- with a message id all processings of it are, and the transactions they carried.

What states no id shares the missing one with all others that state none.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from balance_sync.rules.ledger import build_ledger, drop_ledger, keep_ledger
from balance_sync.rules.views import load_views
from balance_sync.store.session import database_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from duckdb import DuckDBPyConnection

EXCERPT_TABLES = ("transactions", "sync_errors", "messages")
"""What an excerpt is taken of. `currencies` has no rows of subscribers, and `ledger` is built anew.

`suspects` are few and of no subscriber: they are judged anew as a whole.
"""

_CONCERNED = """
CREATE OR REPLACE TEMP TABLE concerned_messages AS
SELECT DISTINCT message_id FROM (
    SELECT message_id FROM changed_messages
    UNION ALL
    SELECT message_id FROM {main}.messages SEMI JOIN changed_transactions USING (transaction_id)
);
CREATE OR REPLACE TEMP TABLE concerned_transactions AS
SELECT DISTINCT transaction_id FROM (
    SELECT transaction_id FROM changed_transactions
    UNION ALL
    SELECT m.transaction_id
    FROM {main}.messages AS m
    SEMI JOIN concerned_messages AS c ON m.message_id IS NOT DISTINCT FROM c.message_id
);
CREATE OR REPLACE TEMP TABLE concerned_users AS
SELECT DISTINCT user_id FROM (
    SELECT user_id FROM changed_transactions
    UNION ALL
    SELECT user_id FROM changed_sync_errors
    UNION ALL
    SELECT t.user_id
    FROM {main}.transactions AS t
    SEMI JOIN concerned_transactions AS c ON t.transaction_id = c.transaction_id
);
"""
_WIDEN = """
INSERT INTO concerned_users
SELECT DISTINCT t.user_id
FROM {main}.transactions AS t
SEMI JOIN (
    SELECT own.transaction_id
    FROM {main}.transactions AS own
    SEMI JOIN concerned_users AS c ON own.user_id IS NOT DISTINCT FROM c.user_id
) AS shared ON t.transaction_id IS NOT DISTINCT FROM shared.transaction_id
ANTI JOIN concerned_users AS c ON t.user_id IS NOT DISTINCT FROM c.user_id
"""
_OF_USERS = """
CREATE OR REPLACE TEMP TABLE {table} AS
SELECT * FROM {main}.{table}
WHERE rowid IN (
    SELECT t.rowid
    FROM {main}.{table} AS t
    SEMI JOIN concerned_users AS c ON t.user_id IS NOT DISTINCT FROM c.user_id
)
"""
_MESSAGES = """
CREATE OR REPLACE TEMP TABLE messages AS
SELECT * FROM {main}.messages
WHERE rowid IN (
    SELECT m.rowid
    FROM {main}.messages AS m
    SEMI JOIN concerned_messages AS c ON m.message_id IS NOT DISTINCT FROM c.message_id
)
"""
_FORGET = """
DELETE FROM findings
USING (
    SELECT source_id, line FROM transactions
    UNION ALL
    SELECT source_id, line FROM sync_errors
    UNION ALL
    SELECT source_id, line FROM messages
    UNION ALL
    SELECT source_id, line FROM suspects
) AS again
WHERE findings.source_id = again.source_id AND findings.line = again.line
    AND list_contains($rules, findings.rule)
"""


def take_excerpt(connection: DuckDBPyConnection) -> None:
    """Take the excerpt of what the changes concern, and build its ledger.

    Parameters
    ----------
    connection
        With the published tables, and what changed in them since their findings were recorded in temporary
        tables: ``changed_transactions`` (``transaction_id, user_id``), ``changed_messages`` (``message_id``)
        and ``changed_sync_errors`` (``user_id``).
    """
    main = published_schema(connection)
    connection.execute(_CONCERNED.format(main=main))
    while connection.execute(_WIDEN.format(main=main)).fetchall()[0][0]:
        pass
    connection.execute(_MESSAGES.format(main=main))
    for table in ("transactions", "sync_errors"):
        connection.execute(_OF_USERS.format(main=main, table=table))
    build_ledger(connection, currencies_of=f"{main}.transactions")


def forget_findings(connection: DuckDBPyConnection, rules: list[str]) -> None:
    """Delete the findings of `rules` about the rows of the excerpt."""
    connection.execute(_FORGET, {"rules": rules})


def renew_summaries(connection: DuckDBPyConnection, *, state_rules: Sequence[str], timezone: str) -> None:
    """Make the rows of `roll_forward` and `episodes` anew that are about subscribers of an excerpt.

    Parameters
    ----------
    connection
        With the excerpt taken and the findings of the rules recorded.
    state_rules, timezone
        As for `build_summaries`.
    """
    # What names no subscriber is no episode with anything else, and is always made anew.
    of_excerpt = "(user_id IS NULL OR user_id IN (SELECT user_id FROM concerned_users))"
    with database_errors("roll-forward and episodes"):
        connection.execute(f"DELETE FROM roll_forward WHERE {of_excerpt}")  # noqa: S608
        connection.execute(f"INSERT INTO roll_forward\n{load_views()['roll_forward'].query}")
        _renew_episodes(connection, of_excerpt, state_rules, timezone)


def renew_episodes_of(
    connection: DuckDBPyConnection, rule: str, *, state_rules: Sequence[str], timezone: str
) -> None:
    """Make the rows of `episodes` anew that are about the findings of one rule.

    Parameters
    ----------
    connection
        With the ledger of everybody.
    rule
        An id of the product's own.
    state_rules, timezone
        As for `build_summaries`.
    """
    with database_errors("episodes"):
        _renew_episodes(connection, f"rule = '{rule}'", state_rules, timezone)


def _renew_episodes(
    connection: DuckDBPyConnection, which: str, state_rules: Sequence[str], timezone: str
) -> None:
    """Make the episodes anew for `which` a condition of findings and of episodes holds, the product's own."""
    connection.execute(f"DELETE FROM episodes WHERE {which}")  # noqa: S608
    every = f"{published_schema(connection)}.findings"
    connection.execute(f"CREATE TEMP TABLE findings AS FROM {every} WHERE {which}")
    connection.execute(
        f"INSERT INTO episodes\n{load_views()['episodes'].query}",
        {"state_rules": list(state_rules), "timezone": timezone},
    )
    connection.execute("DROP TABLE temp.findings")


def drop_excerpt(connection: DuckDBPyConnection) -> None:
    """Let the names mean the published tables again."""
    drop_ledger(connection)
    for table in EXCERPT_TABLES:
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")


@contextmanager
def excerpt_of(connection: DuckDBPyConnection, user_id: str | None) -> Iterator[None]:
    """Let `transactions` and `ledger` be those of one subscriber inside the block.

    Nobody's ledger depends on what others do, and that of all takes as long to make as they are many.

    Parameters
    ----------
    connection
        With the published tables; it may be read-only.
    user_id
        `None` for those that no subscriber is stated of.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE transactions AS
        SELECT * FROM {published_schema(connection)}.transactions WHERE user_id IS NOT DISTINCT FROM $user
        """,  # noqa: S608 - the database's own name, quoted
        {"user": user_id},
    )
    try:
        keep_ledger(connection)
        yield
    finally:
        drop_excerpt(connection)


def published_schema(connection: DuckDBPyConnection) -> str:
    """Return how to name the published tables where temporary ones have their names."""
    ((name,),) = connection.execute("SELECT current_database()").fetchall()
    return '"{}".main'.format(str(name).replace('"', '""'))
