"""The findings that can be decided on: those of a run, and those that decisions kept from being flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.errors import UsageError
from balance_sync.feedback.statements import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from duckdb import DuckDBPyConnection

    from balance_sync.feedback.statements import Entry

_SUBJECTS = """
SELECT finding_id, rule, user_id, currency, transaction_id
FROM (
    SELECT finding_id, rule, user_id, currency, transaction_id FROM findings
    UNION ALL
    SELECT finding_id, 'anomaly', user_id, currency, transaction_id FROM anomalies_set_aside
)
"""
LEAST_CHARACTERS = 4
"""Of an id that stands for the whole."""


def known_subjects(
    connection: DuckDBPyConnection, finding_ids: Sequence[str], entries: Iterable[Entry]
) -> dict[str, Subject]:
    """Return by id those of the findings that the run, or an earlier decision, knows."""
    decided = {one.statement.subject.finding_id: one.statement.subject for one in entries}
    wanted = set(finding_ids)
    rows = connection.execute(
        f"{_SUBJECTS} WHERE finding_id IN (SELECT unnest($ids::VARCHAR[]))", {"ids": sorted(wanted)}
    ).fetchall()
    of_run = {row[0]: Subject(*row) for row in rows}
    return {name: subject for name, subject in decided.items() if name in wanted} | of_run


def find_subject(connection: DuckDBPyConnection, beginning: str, entries: Iterable[Entry]) -> Subject:
    """Return the one finding whose id begins so.

    Raises
    ------
    UsageError
        There is none, or there are several.
    """
    found = {
        one.statement.subject.finding_id: one.statement.subject
        for one in entries
        if one.statement.subject.finding_id.startswith(beginning)
    }
    if len(beginning) >= LEAST_CHARACTERS:
        rows = connection.execute(
            f"{_SUBJECTS} WHERE starts_with(finding_id, $id) ORDER BY finding_id LIMIT 100", {"id": beginning}
        ).fetchall()
        found |= {row[0]: Subject(*row) for row in rows}
    if len(beginning) < LEAST_CHARACTERS or len(found) > 1:
        raise UsageError(beginning, "stands for several findings", help="give more of the id")
    if not found:
        raise UsageError(
            beginning,
            "no finding of the run, and none decided on, has an id that begins so",
            help="ids are in the column Finding of the workbook, and in finding_id of the tables",
        )
    return next(iter(found.values()))
