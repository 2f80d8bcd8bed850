"""What is odd about no single transaction: nights on which the job misbehaved, and levels that have moved.

Both are found in SQL, by medians and ranks, and end in two tables of the run's database. They are
suspicions like the flagged transactions, and no findings: a finding is about a line of a log.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from balance_sync.store.sql_files import sql_directory
from balance_sync.store.temporary_tables import count_parts, drop_tables, fill_steps, named_in

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HELD_DAY = 50
"""Bytes held for each day on which a subscriber spends, and not spilled, while what is usual is found out."""

ROUNDS = 4
"""How often a series is cut at a change, and its parts are looked through again."""

VERSIONS = {"unusual_nights": 2, "day_levels": 1, "change_points": 1}
"""The versions of the files of ``sql/sequences``."""

_PARAMETERS = {"BIGINT": int, "VARCHAR": str, "DOUBLE": float}

_NIGHTS = """
CREATE OR REPLACE TABLE unusual_nights AS
SELECT * FROM ({nights})
WHERE $since::DATE IS NULL OR last_day >= $since
ORDER BY strength DESC, first_day, measure, currency NULLS FIRST, direction
"""

_CHANGES = """
CREATE OR REPLACE TABLE change_points AS
-- Of a balance the week is known: it changed with the first transaction that led nearer to the new level.
WITH firsts AS (
    SELECT
        c.series,
        c.segment,
        min({
            'logged_at': l.logged_at,
            'transaction_id': l.transaction_id,
            'source_id': l.source_id,
            'line': l.line
        }) AS began
    FROM level_changes AS c
    INNER JOIN ledger AS l
        ON c.user_id = l.user_id AND c.currency IS NOT DISTINCT FROM l.currency
        AND timezone($timezone, l.logged_at)::DATE
        BETWEEN c.first_day AND c.first_day + if(c.measure = 'balance', 6, 0)
    WHERE if(
        c.measure = 'balance',
        l.applied AND abs(l.new_balance - c.seen) < abs(l.new_balance - c.usual),
        l.direction = 'DEBIT' AND l.amount > 0
    )
    GROUP BY c.series, c.segment
),

begun AS (
    SELECT
        c.* REPLACE (coalesce(timezone($timezone, f.began.logged_at)::DATE, c.first_day) AS first_day),
        f.began.transaction_id AS transaction_id,
        f.began.source_id AS source_id,
        f.began.line AS line
    FROM level_changes AS c
    LEFT JOIN firsts AS f ON c.series = f.series AND c.segment = f.segment
),

ended AS (
    SELECT
        *,
        coalesce(
            lead(first_day) OVER (PARTITION BY series ORDER BY first_day) - 1,
            (SELECT timezone($timezone, max(l.logged_at))::DATE FROM ledger AS l)
        )::DATE AS last_day
    FROM begun
)

SELECT
    measure, user_id, currency, first_day, last_day, usual, seen, strength, explanation,
    transaction_id, source_id, line
FROM ended
WHERE $since::DATE IS NULL OR first_day >= $since
ORDER BY strength DESC, first_day, measure, user_id NULLS FIRST, currency NULLS FIRST
"""


def record_periods(connection: DuckDBPyConnection, *, timezone: str, since: date | None = None) -> None:
    """Fill the tables `unusual_nights` and `change_points`, strongest first, in place of what they held.

    Parameters
    ----------
    connection
        Holds the tables of parsed records, ``currencies`` and ``ledger``.
    timezone
        IANA name of the business time zone.
    since
        Only nights that end, and levels that begin on this business day or later are kept; the days before
        still say what is usual.
    """
    nights, parameters = _read("unusual_nights", timezone=timezone)
    connection.execute(_NIGHTS.format(nights=nights), {**parameters, "since": since})
    try:
        _find_changes(connection, timezone=timezone)
        connection.execute(_CHANGES, {"timezone": timezone, "since": since})
    finally:
        drop_tables(connection, ("day_segments", "level_changes"))


def periods_hash() -> str:
    """Return the SHA-256 of the files that nights and levels are found by."""
    texts = ((_read(name)[0], *_read_steps(name).values()) for name in VERSIONS)
    return hashlib.sha256("\0".join(chain.from_iterable(texts)).encode()).hexdigest()


def _find_changes(connection: DuckDBPyConnection, *, timezone: str) -> None:
    """Fill the temporary tables `day_segments` and `level_changes`, cutting at a change again and again."""
    _find_levels(connection, timezone=timezone)
    changes, parameters = _read("change_points")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE level_changes AS {changes}", parameters)
    for _ in range(ROUNDS - 1):
        # Only what has changed is looked through again, and only in the segments that were cut.
        connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE day_segments AS
            SELECT d.* REPLACE (2 * d.segment + coalesce(d.day >= c.first_day, false)::INTEGER AS segment)
            FROM day_segments AS d
            SEMI JOIN level_changes AS k ON d.series = k.series
            LEFT JOIN level_changes AS c ON d.series = c.series AND d.segment = c.segment
            """
        )
        (found,) = connection.execute(f"INSERT INTO level_changes {changes}", parameters).fetchall()[0]
        if not found:
            break


def _find_levels(connection: DuckDBPyConnection, *, timezone: str) -> None:
    """Fill the temporary table `day_segments` with whole series."""
    levels, given = _read("day_levels", timezone=timezone)
    steps = {f"level_{name}": text for name, text in _read_steps("day_levels").items()}
    # The header names parameters, too, which the statement need not.
    select = levels.split("\n---*/\n", 1)[1]
    steps["day_segments"] = f"SELECT *, 1 AS segment FROM ({select})"  # noqa: S608 - the product's own SQL
    try:
        for name, text in steps.items():
            parts = _parts(connection) if named_in(text, {"parts": 1}) else 1
            for part in range(parts):
                values = {**given, "parts": parts, "part": part}
                fill_steps(connection, {name: text}, values, adding=part > 0)
    finally:
        drop_tables(connection, list(steps)[:-1])


def _parts(connection: DuckDBPyConnection) -> int:
    ((days,),) = connection.execute("SELECT count(*) FROM level_spent").fetchall()
    return count_parts(connection, days * _HELD_DAY)


def _read_steps(name: str) -> dict[str, str]:
    """Return the SELECT of each step on the way to what a file of ``sql/sequences`` gives, by its name."""
    return {step: _text(name, step) for step in _header(_text(name)).get("steps", ())}


@cache
def _text(name: str, step: str = "") -> str:
    """Return a file of ``sql/sequences``, or that of a step on the way."""
    path = sql_directory() / "sequences" / name / f"v{VERSIONS[name]}" / f"{step}.sql"
    return (path if step else path.parent.with_suffix(".sql")).read_text(encoding="utf-8")


@cache
def _header(text: str) -> dict[str, Any]:
    return tomllib.loads(text.split("/*---\n", 1)[1].split("\n---*/", 1)[0])


def _read(name: str, **given: str) -> tuple[str, dict[str, Any]]:
    """Return a file of ``sql/sequences`` and its parameters."""
    text = _text(name)
    header = _header(text)
    defaults = {
        parameter: _PARAMETERS[about["type"]](about["default"])
        for parameter, about in header.get("params", {}).items()
    }
    return text, {**defaults, **given}
