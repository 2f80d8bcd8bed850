"""Writes findings: the one way into the table `findings`, for SQL rules and for the detector alike.

A finding's id is a hash of what the finding is about (rule and subject, and the how-manieth of that
subject), never of the rule's version or of where the log line stands, so it is the same in every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from balance_sync.errors import RuleFileError

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

FINDING_ROW: dict[str, str] = {
    "subject": "VARCHAR",
    "user_id": "VARCHAR",
    "transaction_id": "VARCHAR",
    "request_id": "VARCHAR",
    "logged_at": "TIMESTAMP WITH TIME ZONE",
    "currency": "VARCHAR",
    "wallet": "VARCHAR",
    "expected": "DECIMAL(38,18)",
    "actual": "DECIMAL(38,18)",
    "difference": "DECIMAL(38,18)",
    "explanation": "VARCHAR",
    "source_id": "VARCHAR",
    "line": "BIGINT",
}
"""Columns that whoever finds something states of each finding, with their SQL types."""

# The ordinal tells findings about one subject apart. 20 hex digits: a collision among ten million
# findings has a chance of one in ten billion. What all findings have in common is put to them when they are
# sorted, and the subject, which their ids stand for, is not sorted with them.
_INSERT = """
INSERT INTO findings
SELECT
    o.finding_id,
    $_rule AS rule, $_version AS rule_version, $_severity AS severity,
    o.user_id, o.transaction_id, o.request_id, o.logged_at, o.currency, o.wallet,
    o.expected, o.actual, o.difference, o.explanation, o.source_id, o.line
FROM (
    SELECT
        f.* EXCLUDE (subject, ordinal),
        left(sha256($_rule || chr(31) || f.subject || chr(31) || f.ordinal::VARCHAR), 20) AS finding_id
    FROM (
        SELECT *, 1 AS ordinal
        FROM found ANTI JOIN found_again ON hash(found.subject) = found_again.subject_hash
        UNION ALL
        SELECT *, row_number() OVER (
            PARTITION BY subject ORDER BY logged_at, source_id, line, wallet, actual, explanation
        ) AS ordinal
        FROM found SEMI JOIN found_again ON hash(found.subject) = found_again.subject_hash
    ) AS f
    ORDER BY f.logged_at, f.source_id, f.line, finding_id
) AS o
"""
# Subjects with several findings, and at worst a few others: the rest need not be sorted to be numbered.
_AGAIN = """
CREATE OR REPLACE TEMP TABLE found_again AS
SELECT hash(subject) AS subject_hash FROM found GROUP BY subject_hash HAVING count(*) > 1
"""


def finding_id(rule: str, subject: str, ordinal: int = 1) -> str:
    """Return the id that a finding of `rule` about `subject` has, the `ordinal`-th about it."""
    return hashlib.sha256(f"{rule}\x1f{subject}\x1f{ordinal}".encode()).hexdigest()[:20]


def record_findings(
    connection: DuckDBPyConnection,
    *,
    rule: str,
    version: int,
    severity: str,
    rows_sql: str,
    parameters: Mapping[str, object],
    beside_others: bool = False,
) -> int:
    """Write the findings that `rows_sql` selects, in place of those the rule had; return how many.

    Parameters
    ----------
    connection
        With the table `findings`.
    rule, version, severity
        What the findings are recorded under.
    rows_sql
        One SELECT with the columns of `FINDING_ROW`.
    parameters
        Values of its `$named` parameters; their names do not begin with an underscore.
    beside_others
        Keep what the rule has found about other subjects.

    Raises
    ------
    RuleFileError
        A row lacks its subject or the log line it came from.
    """
    if not beside_others:
        connection.execute("DELETE FROM findings WHERE rule = $rule", {"rule": rule})
    connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS\n{rows_sql}", dict(parameters))
    ((found, rootless),) = connection.execute(
        """
        SELECT count(*), count(*) FILTER (subject IS NULL OR source_id IS NULL OR line IS NULL) FROM found
        """
    ).fetchall()
    if rootless:
        raise RuleFileError(
            f"{rule}@{version}",
            f"{rootless} of {found} findings name no subject or no log line",
            help="a rule must select subject, source_id and line for each row",
        )
    if found:
        connection.execute(_AGAIN)
        connection.execute(_INSERT, {"_rule": rule, "_version": version, "_severity": severity})
        connection.execute("DROP TABLE found_again")
    connection.execute("DROP TABLE found")
    return int(found)


def record_finding_rows(
    connection: DuckDBPyConnection, rows: pa.Table, *, rule: str, version: int, severity: str
) -> int:
    """Write findings from an Arrow table with the columns of `FINDING_ROW`; as `record_findings`."""
    connection.register("finding_rows", rows)
    try:
        return record_findings(
            connection,
            rule=rule,
            version=version,
            severity=severity,
            rows_sql=f"SELECT {', '.join(FINDING_ROW)} FROM finding_rows",  # noqa: S608 - own column names
            parameters={},
        )
    finally:
        connection.unregister("finding_rows")
