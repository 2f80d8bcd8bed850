"""The whole job: ``balance-sync run`` with all rules and the detector, and no report.

Its answer is the summary that ``balance-sync report`` makes of its database, outside of what is measured.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Outcome, Place, Program
from benchmarks.speed.yardsticks import GUNZIP

_COUNTS = ("bytes", "events", "transactions", "sync_errors", "messages", "users", "rejects")


def run(
    place: Place, output: Path, *options: str | Path, report: str = "none", logs: Path | None = None
) -> list[str]:
    """Return the command that does the whole job on the archive, or on `logs`."""
    read = logs or place.logs
    arguments = ["run", read, "--output", output, "--format", report, "--quiet", *options]
    return place.engine.program(*arguments)


def do(place: Place, output: Path, *, logs: Path | None = None) -> None:
    """Do the whole job on the archive, or on `logs`, outside of what is measured."""
    command = run(place, output, logs=logs)
    subprocess.run(
        command, env=place.engine.environment(), cwd=place.scratch, check=True, stdout=subprocess.DEVNULL
    )


def _command(place: Place) -> list[str]:
    return run(place, place.scratch / "reports")


def read_summary(place: Place, _: str) -> Outcome:
    """Read the summary in the scratch folder; where there is none, make it of the run."""
    reports = place.scratch / "reports"
    path = reports / "summary.json"
    if not path.exists():
        database = reports / "balance-sync.duckdb"
        command = place.engine.program("report", "--database", database, "--format", "json")
        subprocess.run(
            command, env=place.engine.environment(), cwd=place.scratch, check=True, stdout=subprocess.DEVNULL
        )
    summary = json.loads(path.read_text(encoding="utf-8"))
    facts = {name: summary[name] for name in (*_COUNTS, "outcomes", "findings")}
    return Outcome(facts, rows=summary["transactions"])


def expected_findings(answer: Facts) -> dict[str, int]:
    """Return how often each rule must fire."""
    lists = {
        name: len(answer[name])
        for name in (
            *("arithmetic", "continuity", "lost_update", "negative_amount"),
            *("repeated_delivery", "sub_minor_unit"),
        )
    }
    return {
        **lists,
        "discrepancy": answer["discrepancies"],
        "duplicate_transaction": len(answer["duplicate_ids"]),
        "failed_sync": answer["failed_sync"],
        "incomplete_sync": answer["incomplete_sync"],
        "overdraft": len(answer["overdraft_ledger"]) + len(answer["overdraft_payment"]),
        "repeated_message": answer["repeated_messages"],
        "suspect_event": 0,  # nobody forges lines in a made-up archive
    }


REVIEWED = 50
"""Anomalies that a run puts before a person unless it is told otherwise."""


def expected_summary(answer: Facts) -> Facts:
    """Return what the summary of a run must say."""
    counts = {name: answer[name] for name in _COUNTS}
    findings = {**expected_findings(answer), "anomaly": REVIEWED}
    return {**counts, "outcomes": answer["outcomes"], "findings": findings}


CASES = (
    Case(
        Program("job", _command, read_summary, expected_summary),
        title="the whole job without reports (`run --format json`)",
        yardstick=GUNZIP,
        bar=1.8,
        memory_mb=1500,
        starts=True,
    ),
)
