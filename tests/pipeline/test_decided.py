"""What decisions do to a run, and that a run which only adds does the same as one over everything."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from test_continued import REPORTS, assert_same, content, judge

from balance_sync.errors import InputError
from balance_sync.feedback.journal import Journal
from balance_sync.feedback.statements import Decision, Scope, Statement, Subject
from balance_sync.generator import generate_archive

BUDGET = 5


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the logs of an archive in which much is odd, half of them in ``early`` and all in ``all``."""
    folder = tmp_path_factory.mktemp("archive")
    generate_archive(folder, text_bytes=700_000, seed=5)
    files = sorted((folder / "logs").rglob("*.gz"), key=lambda path: path.parent.name)
    for name, some in (("early", files[: len(files) * 3 // 4]), ("all", files)):
        for path in some:
            target = folder / name / path.relative_to(folder / "logs")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    return folder


def decide(journal: Path, row: dict[str, Any], decision: str = "false_positive", **other: Any) -> None:
    """Take down what Anna decided about a row of findings."""
    subject = Subject(*(row[name] for name in Subject.__struct_fields__))
    fields = {"note": "seen", "decided_by": "Anna", "decided_at": datetime(2024, 5, 1, tzinfo=UTC), **other}
    Journal(journal).append([Statement(subject=subject, decision=Decision(decision), **fields)])


def flagged(tables: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["finding_id"]: row for row in tables["findings"] if row["rule"] == "anomaly"}


@pytest.mark.slow
def test_an_answered_transaction_makes_way_and_everything_else_stays(archive: Path, tmp_path: Path) -> None:
    out, journal = tmp_path / "out", tmp_path / "feedback.sqlite"
    options = {"store": tmp_path / "store", "review_budget": BUDGET}
    judge(archive / "all", out, **options)
    before = content(out)
    rows = list(flagged(before).values())
    decide(journal, rows[0])
    decide(journal, rows[1], "confirmed")
    decide(journal, next(row for row in before["findings"] if row["rule"] != "anomaly"), "accepted")
    result = judge(archive / "all", out, formats=REPORTS, **options)
    after = content(out)

    assert (result.continued, result.repeated) == (True, False)
    # What was confirmed stays, and takes no place of the list.
    assert len(flagged(after)) == BUDGET + 1
    assert rows[1]["finding_id"] in flagged(after)
    assert rows[0]["finding_id"] not in flagged(after)
    assert [row["finding_id"] for row in after["anomalies_set_aside"]] == [rows[0]["finding_id"]]
    proofs = [row for row in before["findings"] if row["rule"] != "anomaly"]
    assert [row for row in after["findings"] if row["rule"] != "anomaly"] == proofs
    assert {row["decision"]: row["set_aside"] for row in after["decisions"]} == {
        **{"false_positive": True, "confirmed": False},
        "accepted": False,
    }
    assert (result.feedback.set_aside, result.feedback.findings) == (1, 2)
    assert (result.feedback.reviewed, result.feedback.confirmed, str(result.feedback.precision)) == (
        *(2, 1),
        "0.5000",
    )
    summary = json.loads((out / "summary.json").read_text())
    assert summary["feedback"]["review"]["precision"] == "0.5000"
    assert summary["options"]["feedback"] == result.feedback.head[:16]

    ignored = judge(archive / "all", out, ignore_feedback=True, **options)
    assert flagged(content(out)) == flagged(before)
    assert (ignored.feedback.set_aside, str(ignored.feedback.precision)) == (0, "0.5000")
    assert len({result.run_id, ignored.run_id}) == 2


@pytest.mark.slow
@pytest.mark.parametrize("scope", [Scope.FINDING, Scope.SUBSCRIBER])
def test_decisions_between_two_runs_give_what_one_run_with_them_gives(
    archive: Path, tmp_path: Path, scope: Scope
) -> None:
    logs, store = tmp_path / "logs", tmp_path / "store"
    options = {"store": store, "review_budget": BUDGET, "formats": REPORTS}
    shutil.copytree(archive / "early", logs)
    judge(logs, tmp_path / "added", **options)
    rows = list(flagged(content(tmp_path / "added")).values())
    for row, decision in zip(rows, ("false_positive", "accepted", "confirmed"), strict=False):
        decide(tmp_path / "feedback.sqlite", row, decision, scope=scope)
    shutil.copytree(archive / "all", logs, dirs_exist_ok=True)
    assert judge(logs, tmp_path / "added", **options).continued
    assert not judge(logs, tmp_path / "whole", **options).continued
    assert_same(tmp_path / "added", tmp_path / "whole")
    # With nothing new but another word on the same finding.
    decide(tmp_path / "feedback.sqlite", rows[0], "needs_information", scope=scope)
    assert judge(logs, tmp_path / "added", **options).continued
    assert not judge(logs, tmp_path / "whole", rebuild=True, **options).continued
    assert_same(tmp_path / "added", tmp_path / "whole")
    assert rows[0]["finding_id"] not in {
        row["finding_id"] for row in content(tmp_path / "added")["anomalies_set_aside"]
    }


@pytest.mark.slow
def test_a_decision_expires_with_the_archive_and_not_with_the_calendar(archive: Path, tmp_path: Path) -> None:
    options = {"store": tmp_path / "store", "review_budget": BUDGET}
    judge(archive / "all", tmp_path / "out", **options)
    tables = content(tmp_path / "out")
    row = next(iter(flagged(tables).values()))
    last = max(row["last_at"] for row in tables["sources"] if row["last_at"]).date()
    decide(tmp_path / "feedback.sqlite", row, until=date(2000, 1, 1))
    assert judge(archive / "all", tmp_path / "out", **options).feedback.expired == 1
    assert row["finding_id"] in flagged(content(tmp_path / "out"))
    decide(tmp_path / "feedback.sqlite", row, until=last.replace(year=last.year + 1))
    assert judge(archive / "all", tmp_path / "out", **options).feedback.set_aside == 1


def test_a_run_refuses_decisions_that_were_changed(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "feedback.sqlite").write_bytes(b"no decisions")
    with pytest.raises(InputError):
        judge(archive / "early", tmp_path / "out", store=tmp_path / "store")
    assert not (tmp_path / "out").exists()
