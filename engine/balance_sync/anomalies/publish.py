"""Writes what the detector found into the database of a run."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from balance_sync.anomalies.candidates import PERCENTILE_DECIMALS, SCORE_DECIMALS, Candidate
from balance_sync.anomalies.detect import AnomalyResult
from balance_sync.anomalies.drift import PSI_DECIMALS
from balance_sync.anomalies.learning import WORTH_DECIMALS
from balance_sync.anomalies.reasons import WEIGHT_DECIMALS, Reason
from balance_sync.anomalies.review import MOST_PER_SUBSCRIBER, subject_of
from balance_sync.arrow_rows import table_of
from balance_sync.feedback.statements import DETECTOR
from balance_sync.schema import FINDINGS
from balance_sync.store.findings import FINDING_ROW, record_finding_rows
from balance_sync.vocabulary import Severity

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

RULE = DETECTOR
RULE_VERSION = 4
SEVERITY = Severity.WARNING

_TABLES = f"""
CREATE OR REPLACE TABLE anomalies (
    transaction_id VARCHAR,
    user_id VARCHAR,
    source_id VARCHAR,
    line BIGINT,
    score DECIMAL(9, {SCORE_DECIMALS}),
    percentile DECIMAL(9, {PERCENTILE_DECIMALS}),
    rank INTEGER,
    reasons VARCHAR,
    worth DECIMAL(9, {WORTH_DECIMALS})
);
CREATE OR REPLACE TABLE anomaly_reasons (
    rank INTEGER,
    place INTEGER,
    reason VARCHAR,
    weight DECIMAL(9, {WEIGHT_DECIMALS}),
    explanation VARCHAR
);
CREATE OR REPLACE TABLE anomaly_totals (
    examined BIGINT,
    explained BIGINT,
    flagged BIGINT,
    set_aside BIGINT,
    most_per_subscriber BIGINT,
    learned_from BIGINT
);
CREATE OR REPLACE TABLE anomaly_drift (
    feature VARCHAR,
    psi DECIMAL(9, {PSI_DECIMALS}),
    verdict VARCHAR
);
"""


def publish(connection: DuckDBPyConnection, result: AnomalyResult) -> int:
    """Create the detector's tables and record a finding for each anomaly.

    `anomalies` has one row a flagged transaction, `anomaly_reasons` one row a reason: its place among
    those of its rank, from 1, and its weight. `anomaly_totals` has one row: how many transactions were
    examined, are explained by a rule, were flagged, and were set aside by the cap per subscriber, and how
    many decisions moved the ranking. `anomaly_drift` has one row a feature where a kept model was used.
    `anomalies_set_aside` has those that a decision set aside. What the detector found before is replaced.

    Returns
    -------
    int
        The number of findings.
    """
    connection.execute(_TABLES)
    connection.execute("DELETE FROM anomalies_set_aside")
    for name, rows, order in (
        ("anomalies_set_aside", _answered_rows(result), "score DESC, finding_id"),
        ("anomalies", _anomaly_rows(result), "rank"),
        ("anomaly_reasons", _reason_rows(result), "rank, place"),
        ("anomaly_drift", _drift_rows(result), "feature"),
    ):
        if rows:
            schema = connection.table(name).limit(0).to_arrow_table().schema
            connection.register("anomaly_rows", table_of(rows, schema))
            connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM anomaly_rows ORDER BY {order}")  # noqa: S608
            connection.unregister("anomaly_rows")
    connection.execute(
        "INSERT INTO anomaly_totals VALUES (?, ?, ?, ?, ?, ?)",
        (
            result.examined,
            result.explained,
            len(result.anomalies),
            result.set_aside,
            MOST_PER_SUBSCRIBER,
            result.learned_from,
        ),
    )
    return record_finding_rows(
        connection, finding_rows(result), rule=RULE, version=RULE_VERSION, severity=SEVERITY.value
    )


def finding_rows(result: AnomalyResult) -> pa.Table:
    """Return the anomalies as findings, with the columns of `balance_sync.store.findings.FINDING_ROW`."""
    import pyarrow as pa

    schema = pa.schema(
        [pa.field(name, pa.string()) if name == "subject" else FINDINGS.field(name) for name in FINDING_ROW]
    )
    return table_of([_finding(anomaly) for anomaly in result.anomalies], schema)


def _finding(anomaly: Candidate) -> dict[str, object]:
    context = anomaly.context
    return {
        "subject": subject_of(context),
        "user_id": context.user_id,
        "transaction_id": context.transaction_id,
        "request_id": context.request_id,
        "logged_at": context.logged_at,
        "currency": context.currency,
        "wallet": None,
        "expected": None,
        "actual": context.amount,
        "difference": None,
        "explanation": f"{_standing(anomaly)}: {_reasons_text(anomaly.reasons)}.",
        "source_id": context.source_id,
        "line": context.line,
    }


def _standing(anomaly: Candidate) -> str:
    return f"More unusual than {_exactly(anomaly.percentile, PERCENTILE_DECIMALS)} % of all transactions"


def _reasons_text(reasons: tuple[Reason, ...]) -> str:
    return "; ".join(reason.text.replace("; ", ", ") for reason in reasons)


def _anomaly_rows(result: AnomalyResult) -> list[dict[str, object]]:
    return [
        {
            "transaction_id": anomaly.context.transaction_id,
            "user_id": anomaly.context.user_id,
            "source_id": anomaly.context.source_id,
            "line": anomaly.context.line,
            "score": _exactly(anomaly.score, SCORE_DECIMALS),
            "percentile": _exactly(anomaly.percentile, PERCENTILE_DECIMALS),
            "rank": rank,
            "reasons": _reasons_text(anomaly.reasons),
            "worth": None if anomaly.worth is None else _exactly(anomaly.worth, WORTH_DECIMALS),
        }
        for rank, anomaly in enumerate(result.anomalies, start=1)
    ]


def _answered_rows(result: AnomalyResult) -> list[dict[str, object]]:
    return [
        {
            "finding_id": one.subject.finding_id,
            "transaction_id": one.candidate.context.transaction_id,
            "user_id": one.candidate.context.user_id,
            "currency": one.candidate.context.currency,
            "source_id": one.candidate.context.source_id,
            "line": one.candidate.context.line,
            "score": _exactly(one.candidate.score, SCORE_DECIMALS),
            "percentile": _exactly(one.candidate.percentile, PERCENTILE_DECIMALS),
            "reasons": _reasons_text(one.candidate.reasons),
            "entry_id": one.entry_id,
        }
        for one in result.answered
    ]


def _reason_rows(result: AnomalyResult) -> list[dict[str, object]]:
    return [
        {
            "rank": rank,
            "place": place,
            "reason": reason.name,
            "weight": _exactly(reason.weight, WEIGHT_DECIMALS),
            "explanation": reason.text,
        }
        for rank, anomaly in enumerate(result.anomalies, start=1)
        for place, reason in enumerate(anomaly.reasons, start=1)
    ]


def _drift_rows(result: AnomalyResult) -> list[dict[str, object]]:
    return [
        {"feature": one.feature, "psi": _exactly(one.psi, PSI_DECIMALS), "verdict": one.verdict}
        for one in result.drift
    ]


def _exactly(value: float, decimals: int) -> Decimal:
    return Decimal(f"{value:.{decimals}f}")
