"""The ranking of the unusual as people ask for it: models that are kept, periods under review, answers."""

from __future__ import annotations

import importlib.util
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from program import balance_sync

from balance_sync.cli.run import _narrate_ranking
from balance_sync.generator.archive import generate_archive
from balance_sync.pipeline.detection import RankingNotes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an archive, ``logs``, and a run over it, ``first``, whose model was kept."""
    folder = tmp_path_factory.mktemp("work")
    generate_archive(folder / "logs", text_bytes=800_000, seed=3)
    ended = ranked(folder, "first", "--keep-model", "kept.model")
    assert ended["ranking"]["examined"] > 300
    return folder


@pytest.fixture(scope="module")
def usual(work: Path) -> dict[str, Any]:
    """Return what a run without options of ranking told, in the folder ``usual``."""
    return ranked(work, "usual", "--format", "html")


def ranked(folder: Path, out: str, *options: str) -> dict[str, Any]:
    """Run over the archive; return its summary, with what was flagged and what the run said."""
    ended = balance_sync(
        "run",
        "logs",
        "-o",
        out,
        "--store",
        "store",
        "--format",
        "json",
        "--review",
        "12",
        *options,
        cwd=folder,
    )
    assert ended.code == 0, ended.err
    summary: dict[str, Any] = json.loads((folder / out / "summary.json").read_text())
    with duckdb.connect(str(folder / out / "balance-sync.duckdb"), read_only=True) as connection:
        flagged = connection.execute(
            "SELECT f.finding_id, a.transaction_id, a.score, epoch_us(f.logged_at), a.reasons "
            "FROM anomalies AS a INNER JOIN findings AS f "
            "ON f.rule = 'anomaly' AND a.source_id = f.source_id AND a.line = f.line ORDER BY a.rank"
        ).fetchall()
    return {**summary, "flagged": flagged, "said": ended.err}


def test_a_kept_model_ranks_its_own_archive_the_same_and_sees_no_drift(
    work: Path, usual: dict[str, Any]
) -> None:
    first = usual
    kept = ranked(work, "kept", "--model", "kept.model")
    assert kept["flagged"] == first["flagged"]
    assert kept["options"]["model"] != first["options"]["model"] == ""
    assert kept["run_id"] != first["run_id"]
    assert "model: 0 of 18 features have moved" in kept["said"]
    assert {one["verdict"] for one in kept["ranking"]["drift"]} == {"stable"}
    assert first["ranking"]["drift"] == []


def test_another_archive_has_moved_away_from_the_model(work: Path, tmp_path: Path) -> None:
    generate_archive(tmp_path / "logs", text_bytes=300_000, seed=9)
    told = ranked(tmp_path, "out", "--model", str(work / "kept.model"))
    moved = [one for one in told["ranking"]["drift"] if one["verdict"] != "stable"]
    assert moved
    assert f"model: {len(moved)} of 18 features have moved" in told["said"]


def test_drift_is_shown_to_who_reads_the_page(work: Path, usual: dict[str, Any]) -> None:
    told = ranked(work, "shown", "--model", "kept.model", "--format", "html")
    assert usual["ranking"]["drift"] == []
    page = (work / "shown" / "report.html").read_text(encoding="utf-8")
    assert "0 of 18 features have moved since the model was kept." in page
    assert page.count(">stable<") == len(told["ranking"]["drift"]) == 18
    assert "since the model was kept" not in (work / "usual" / "report.html").read_text(encoding="utf-8")


def test_nights_and_levels_are_told_and_the_same_again(work: Path, usual: dict[str, Any]) -> None:
    told = usual
    other = ranked(work, "more-threads", "--threads", "2")
    tables = ("unusual_nights", "change_points")
    assert [told[name] for name in tables] == [other[name] for name in tables]
    with duckdb.connect(str(work / "usual" / "balance-sync.duckdb"), read_only=True) as connection:
        for name in tables:
            ((count,),) = connection.execute(f"SELECT count(*) FROM {name}").fetchall()
            assert told[name]["count"] == count
    some = any(told[name]["count"] for name in tables)
    assert some == ("unusual:" in told["said"])


def test_the_strongest_night_and_level_are_told_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    nights = ((date(2024, 3, 16), "12 debits on 2 days, usual: 326"), (date(2024, 2, 13), "2 debits"))
    _narrate_ranking(RankingNotes(unusual_nights=nights))
    _narrate_ranking(RankingNotes(change_points=((date(2024, 2, 25), "a balance of\u202e about"),)))
    first, second = capsys.readouterr().err.splitlines()
    assert first == "unusual: 2 nights; strongest 2024-03-16: 12 debits on 2 days, usual: 326"
    assert second.startswith("unusual: 1 change point; strongest 2024-02-25: a balance of")
    assert "\u202e" not in second


def test_only_the_period_under_review_is_flagged(work: Path, usual: dict[str, Any]) -> None:
    every = usual["flagged"]
    middle = sorted(at for _, _, _, at, _ in every)[len(every) // 2]
    since = duckdb.execute(
        "SELECT strftime(make_timestamp(?), '%Y-%m-%dT%H:%M:%S+00:00')", [middle]
    ).fetchall()
    late = ranked(work, "late", "--review-since", since[0][0])["flagged"]
    assert late
    assert all(at >= middle - 1_000_000 for _, _, _, at, _ in late)


def test_answers_move_the_next_list_and_can_be_left_out_of_it(work: Path, usual: dict[str, Any]) -> None:
    before = usual["flagged"]
    confirmed, false = before[1][0], before[0][0]
    for finding, decision in ((confirmed, "confirmed"), (false, "false_positive")):
        ended = balance_sync(
            *("feedback", "add", finding, "--decision", decision, "--database", "usual/balance-sync.duckdb"),
            *("--feedback", "answers.sqlite", "--by", "Anna"),
            cwd=work,
        )
        assert ended.code == 0, ended.err
    after = ranked(work, "after", "--feedback", "answers.sqlite")
    ids = [one[0] for one in after["flagged"]]
    assert false not in ids
    assert ids[0] == confirmed
    assert len(ids) == 13
    assert after["ranking"]["learned_from"] == 2
    assert "ranking: learned from 2 decisions" in after["said"]
    ignored = ranked(work, "ignored", "--feedback", "answers.sqlite", "--no-feedback")
    assert ignored["flagged"] == before
    assert ignored["ranking"]["learned_from"] == 0


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--model", "nowhere"], 3, "nowhere: cannot be read"),
        (["--model", "logs/../kept.model", "--detector", "forest"], 2, "--detector: is that of --model"),
        (["--model", "kept.model", "--keep-model", "other"], 2, "--keep-model: would keep --model again"),
        (["--keep-model", "logs/logs/model"], 2, "'logs/logs/model' is one of the logs, or lies among them"),
        (["--keep-model", "other", "--rule", "overdraft"], 2, "--keep-model: has no ranking"),
        (["--keep-model", "other", "--review", "0"], 2, "--keep-model: has no ranking"),
        (["--review-since", "yesterday"], 2, "--review-since: 'yesterday' is no date or time"),
        (["--detector", "crystal-ball"], 2, "crystal-ball"),
    ],
)
def test_what_cannot_be_meant_is_told(work: Path, options: list[str], code: int, words: str) -> None:
    ended = balance_sync("run", "logs", "-o", "none", "--store", "store", *options, cwd=work)
    assert (ended.code, words in ended.err) == (code, True), ended.err
    assert not (work / "none").exists()


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="the extra is installed")
def test_a_detector_whose_extra_is_missing_says_how_to_get_it(work: Path) -> None:
    ended = balance_sync("run", "logs", "-o", "none", "--detector", "deep", cwd=work)
    assert ended.code == 2
    assert "balance-sync[deep]" in ended.err


def test_other_detectors_rank_by_name(work: Path, usual: dict[str, Any]) -> None:
    told = ranked(work, "forest", "--detector", "forest")
    assert told["options"]["detector"] == "forest"
    assert told["flagged"] != usual["flagged"]
