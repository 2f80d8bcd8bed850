"""A run that begins with the database of the one before ends with what a run over everything ends with."""

from __future__ import annotations

import os
import random
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_text import (
    ALREADY_SYNCED,
    NEGATIVE,
    OTHER_STREAM,
    PUBLISHED,
    STREAM,
    end,
    line,
    processing,
    report,
    request,
    start,
    sync_error,
    synced,
    transaction,
    write_gz,
)
from balance_sync.config import RunOptions
from balance_sync.generator import generate_archive
from balance_sync.pipeline.run import RunResult, run
from balance_sync.store.session import open_session
from ledger_forms import ledgers_in_place

WALL_CLOCK = {"started_at", "finished_at", "options"}
"""Columns of `runs` that tell of the run and not of its results; `options` names the folders."""


REPORTS = ("json", "csv")


def judge(logs: Path, output: Path, *, formats: tuple[str, ...] = (), **options: Any) -> RunResult:
    return run(RunOptions((str(logs),), output=output, formats=formats, threads=1, **options))


def content(output: Path) -> dict[str, Any]:
    """Return every table of the database, and every published table as text."""
    spill = output / "spill"
    connection = open_session(
        output / "balance-sync.duckdb",
        memory_limit="500MB",
        threads=1,
        spill_directory=spill,
        spill_limit="1GB",
    )
    try:
        tables = {}
        named = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' ORDER BY table_name"
        for (name,) in connection.execute(named).fetchall():
            rows = connection.sql(f"FROM {name} ORDER BY ALL").to_arrow_table().to_pylist()
            tables[name] = [
                {key: value for key, value in row.items() if name != "runs" or key not in WALL_CLOCK}
                for row in rows
            ]
    finally:
        connection.close()
    texts = {
        path.name: path.read_text() for path in (output / "csv").glob("*.csv") if path.name != "runs.csv"
    }
    return {**tables, **texts}


def assert_same(one: Path, other: Path) -> None:
    first, second = content(one), content(other)
    assert first.keys() == second.keys()
    for name in first:
        assert first[name] == second[name], name


USERS, IDS, MESSAGES = (
    ("'U1'", "'U2'", "undefined"),
    ("'T1'", "'T2'", "'T3'", "undefined"),
    ("M1", "M2", "M3"),
)
OUTCOMES = (PUBLISHED, ALREADY_SYNCED, NEGATIVE, "")


@st.composite
def invocations(draw: st.DrawFn) -> tuple[str, str]:
    """Return the two halves of an invocation that may carry anything twice or break anything."""
    number, at = draw(st.integers(1, 6)), 100 * draw(st.integers(0, 9))
    one = request(number)
    balance = draw(st.sampled_from(["95", "95", "90", "-1", "105", "95.0004"]))
    half = start(at, one) + processing(at + 10, one, draw(st.sampled_from(MESSAGES)))
    half += transaction(
        at + 20,
        one,
        id=draw(st.sampled_from(IDS)),
        userId=draw(st.sampled_from(USERS)),
        oldBalance=draw(st.sampled_from(["100", "100", "95", "90"])),
        newBalance=balance,
        currency=draw(st.sampled_from(["'BHD'", "'BHD'", "'SAR'"])),
        metadata=f"""'{{"deliveryId":"d-{draw(st.integers(1, 3))}"}}'""",
    )
    rest = sync_error(at + 25, one, user=draw(st.sampled_from(USERS[:2]))) if draw(st.booleans()) else ""
    outcome = draw(st.sampled_from(OUTCOMES))
    rest += line(at + 30, one, outcome) if outcome else ""
    rest += end(at + 50, one) + report(at + 50, one) if draw(st.booleans()) else ""
    return half, rest


@st.composite
def archives(draw: st.DrawFn) -> list[list[tuple[str, str]]]:
    """Return steps of files (path, text): requests go on in later files, and files overlap or are copies."""
    steps: list[list[tuple[str, str]]] = []
    texts: list[str] = []
    for step in range(draw(st.integers(2, 3))):
        files = []
        for number in range(draw(st.integers(1, 2))):
            parts = [
                half for halves in draw(st.lists(invocations(), min_size=1, max_size=3)) for half in halves
            ]
            again = draw(st.lists(st.sampled_from(texts), max_size=2)) if texts else []
            cut = draw(st.integers(1, len(parts)))
            text = "".join([*again, *parts[:cut]])
            texts += ["".join(parts[cut - 1 :]), text]
            stream = draw(st.sampled_from([STREAM, OTHER_STREAM]))
            # Folders that sort before earlier ones take events from them.
            folder = draw(st.sampled_from([f"{step}", f"{step}", f"{9 - step}"]))
            # A file outside the folder of a stream may share events with any.
            is_plain = draw(st.integers(0, 5)) == 0
            files.append((f"{folder}-{number}/{'plain' if is_plain else stream}/000000.gz", text))
        steps.append(files)
    return steps


@settings(max_examples=2, deadline=None)
@given(archives(), st.booleans())
def test_adding_sources_gives_what_reading_all_at_once_gives(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[str, str]]], in_place: bool
) -> None:
    add_in_steps(tmp_path_factory, steps, in_place=in_place)


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(archives(), st.booleans())
def test_adding_sources_gives_the_same_in_many_more_cases(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[str, str]]], in_place: bool
) -> None:
    add_in_steps(tmp_path_factory, steps, in_place=in_place)


def add_in_steps(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[str, str]]], *, in_place: bool
) -> None:
    folder = tmp_path_factory.mktemp("continued")
    logs, store = folder / "logs", folder / "store"
    for step in steps:
        for path, text in step:
            write_gz(logs / path, text)
        with ledgers_in_place(wanted=in_place):
            judge(logs, folder / "added", store=store, formats=REPORTS)
    assert not judge(logs, folder / "whole", store=store, formats=REPORTS).continued
    assert_same(folder / "added", folder / "whole")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return logs with every kind of break planted, and the results of a run over all of them."""
    folder = tmp_path_factory.mktemp("grown")
    generate_archive(folder, text_bytes=1_200_000, seed=3)
    judge(folder / "logs", folder / "whole", formats=REPORTS)
    return folder / "logs", folder / "whole"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, None, 2])
def test_a_generated_archive_comes_in_parts(
    grown: tuple[Path, Path], tmp_path: Path, seed: int | None
) -> None:
    """By days, as they come, and in no order at all."""
    whole, results = grown
    logs = tmp_path / "logs"
    streams = sorted((path.parent.name, path) for path in whole.rglob("*.gz"))
    if seed is not None:
        random.Random(seed).shuffle(streams)
    at = [0, len(streams) // 2, len(streams) - 9, len(streams) - 1, len(streams)]
    for begin, stop in pairwise(at):
        for _, path in streams[begin:stop]:
            target = logs / path.relative_to(whole)
            target.parent.mkdir(parents=True)
            os.link(path, target)
        with ledgers_in_place():
            last = judge(logs, tmp_path / "added", formats=REPORTS)
        assert last.continued == (begin > 0)
    assert_same(tmp_path / "added", results)


def test_nothing_new_changes_nothing(tmp_path: Path) -> None:
    write_gz(tmp_path / "logs" / STREAM / "000000.gz", synced(0, 1) + synced(100, 2, newBalance="-5"))
    first = judge(tmp_path / "logs", tmp_path / "out", formats=REPORTS)
    before = content(tmp_path / "out")
    again = judge(tmp_path / "logs", tmp_path / "out", formats=REPORTS)
    assert (first.continued, again.continued, again.run_id) == (False, True, first.run_id)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.findings == first.findings
    assert content(tmp_path / "out") == before


@pytest.mark.slow
def test_what_was_judged_is_not_judged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless somebody has written to the database, other options are asked for, or a model is to be kept."""
    generate_archive(tmp_path / "logs", text_bytes=300_000, seed=3)
    logs, output = tmp_path / "logs", tmp_path / "out"
    judge(logs, output, formats=REPORTS)
    before = content(output)
    for name in ("judge_all", "judge_changes"):
        monkeypatch.setattr(f"balance_sync.pipeline.run.{name}", None)
    assert judge(logs, output, formats=("json", "csv", "html")).repeated
    assert content(output) == before
    monkeypatch.undo()
    empty, wrong = "DELETE FROM anomaly_totals", "UPDATE currencies SET minor_unit = 0"
    for statement in (empty, wrong):
        with duckdb.connect(output / "balance-sync.duckdb") as connection:
            connection.execute(statement)
        assert not judge(logs, output, formats=("json", "csv", "html")).repeated
        assert content(output) == before
    assert not judge(logs, output, review_budget=3).continued
    again = judge(logs, output, review_budget=3, keep_model=tmp_path / "kept.model")
    assert (again.continued, again.repeated, (tmp_path / "kept.model").is_file()) == (True, False, True)
    generate_archive(tmp_path / "more", text_bytes=100_000, seed=4)
    shutil.move(tmp_path / "more", logs / "more")
    more = judge(logs, output, review_budget=3)
    assert (more.continued, more.repeated) == (True, False)


def test_a_source_that_repeats_others_adds_nothing(tmp_path: Path) -> None:
    logs, store = tmp_path / "logs", tmp_path / "store"
    write_gz(logs / "a" / STREAM / "000000.gz", synced(0, 1) + synced(100, 2, newBalance="-5"))
    judge(logs, tmp_path / "added", store=store)
    write_gz(logs / "b" / STREAM / "000000.gz", synced(100, 2, newBalance="-5"))
    assert judge(logs, tmp_path / "added", store=store).continued
    judge(logs, tmp_path / "whole", store=store)
    assert_same(tmp_path / "added", tmp_path / "whole")
    told = sorted((row["path"][0], row["repeated_events"]) for row in content(tmp_path / "added")["sources"])
    assert told == [("a", 0), ("b", 6)]


@pytest.fixture
def twice(tmp_path: Path) -> Path:
    """Return a folder with logs of which a half has been judged."""
    write_gz(tmp_path / "logs" / STREAM / "000000.gz", synced(0, 1))
    judge(tmp_path / "logs", tmp_path / "out")
    write_gz(tmp_path / "logs" / OTHER_STREAM / "000000.gz", synced(100, 2))
    return tmp_path


@pytest.mark.slow
def test_findings_about_one_transaction_id_stay_apart(tmp_path: Path) -> None:
    """What tells them apart counts all of them, also those of a subscriber with nothing new."""
    logs, store = tmp_path / "logs", tmp_path / "store"
    wrong = {"id": "'T1'", "newBalance": "90"}
    shared = synced(0, 1, userId="'U1'", **wrong) + synced(100, 2, userId="'U2'", **wrong)
    # Who shares an id with whoever shares one is counted, too.
    further = {"id": "'T9'", "oldBalance": "90", "newBalance": "80"}
    shared += synced(200, 3, userId="'U3'", **further) + synced(250, 5, userId="'U1'", **further)
    write_gz(logs / STREAM / "000000.gz", shared)
    judge(logs, tmp_path / "added", store=store)
    later = synced(300, 4, userId="'U2'", id="'T4'", oldBalance="90", newBalance="85")
    write_gz(logs / OTHER_STREAM / "000000.gz", later)
    assert judge(logs, tmp_path / "added", store=store).continued
    judge(logs, tmp_path / "whole", store=store)
    assert_same(tmp_path / "added", tmp_path / "whole")


def test_a_new_transaction_names_the_subscriber_of_an_old_finding(tmp_path: Path) -> None:
    """A repeated message is told with the subscriber of its transaction's first event."""
    logs, store = tmp_path / "logs", tmp_path / "store"
    again = "".join(synced(at, number, id="'T1'").replace("M6", "M5") for at, number in ((500, 5), (600, 6)))
    write_gz(logs / STREAM / "000000.gz", again)
    judge(logs, tmp_path / "added", store=store)
    write_gz(logs / OTHER_STREAM / "000000.gz", synced(0, 1, userId="'U9'"))
    assert judge(logs, tmp_path / "added", store=store).continued
    judge(logs, tmp_path / "whole", store=store)
    assert_same(tmp_path / "added", tmp_path / "whole")
    repeated = [row for row in content(tmp_path / "added")["findings"] if row["rule"] == "repeated_message"]
    assert [row["user_id"] for row in repeated] == ["U9"]


def test_a_file_of_an_unknown_stream_judges_everything_anew(twice: Path) -> None:
    """From then on events of different streams are compared."""
    write_gz(twice / "logs" / "pasted.gz", synced(500, 5))
    assert not judge(twice / "logs", twice / "out").continued


def test_a_file_of_an_unknown_stream_counts_wherever_it_lies_in_time(tmp_path: Path) -> None:
    """Beside it streams are not told apart, also where a new source has no time in common with it."""
    logs = tmp_path / "logs"
    write_gz(logs / "1" / STREAM / "000000.gz", synced(0, 1))
    write_gz(logs / "1" / "plain" / "000000.gz", synced(10_000, 2))
    judge(logs, tmp_path / "added")
    write_gz(logs / "2" / OTHER_STREAM / "000000.gz", synced(0, 1) + synced(200, 3))
    assert judge(logs, tmp_path / "added").continued
    judge(logs, tmp_path / "whole", store=tmp_path / "added" / "store")
    assert_same(tmp_path / "added", tmp_path / "whole")


def test_the_detector_alone_stays_alone(twice: Path) -> None:
    for _ in range(2):
        result = judge(twice / "logs", twice / "out", rules=("anomaly",))
        assert (result.continued, set(result.findings)) == (False, {"anomaly"})


def test_a_profile_is_of_everything(twice: Path) -> None:
    profile = twice / "profile"
    assert not judge(twice / "logs", twice / "out", profile_directory=profile).continued
    assert (profile / "00_ledger.txt").is_file()


@pytest.mark.parametrize(
    "other", [{"timezone": "UTC"}, {"rules": ("overdraft",)}, {"rebuild": True}, {"review_budget": 3}]
)
def test_other_options_judge_everything_anew(twice: Path, other: dict[str, Any]) -> None:
    assert not judge(twice / "logs", twice / "out", **other).continued


def test_a_source_that_is_gone_or_changed_judges_everything_anew(twice: Path) -> None:
    (twice / "logs" / STREAM / "000000.gz").unlink()
    assert not judge(twice / "logs", twice / "out").continued
    write_gz(twice / "logs" / OTHER_STREAM / "000000.gz", synced(100, 3))
    assert not judge(twice / "logs", twice / "out").continued


def test_a_database_that_somebody_changed_is_not_built_upon(twice: Path) -> None:
    with duckdb.connect(str(twice / "out" / "balance-sync.duckdb")) as connection:
        connection.execute("DELETE FROM transactions")
    result = judge(twice / "logs", twice / "out")
    assert not result.continued
    assert len(content(twice / "out")["transactions"]) == 2


def test_what_is_no_database_is_not_built_upon(twice: Path) -> None:
    (twice / "out" / "balance-sync.duckdb").write_bytes(b"not a database")
    assert not judge(twice / "logs", twice / "out").continued


def test_rules_of_ones_own_see_everything(twice: Path) -> None:
    rule = twice / "rules" / "most_users" / "v1.sql"
    rule.parent.mkdir(parents=True)
    built_in = Path(__file__).parents[2] / "sql" / "rules" / "negative_amount" / "v1.sql"
    rule.write_text(built_in.read_text().replace('"negative_amount"', '"most_users"'))
    assert not judge(
        twice / "logs", twice / "own", store=twice / "out" / "store", rules_directory=twice / "rules"
    ).continued
    assert not judge(
        twice / "logs", twice / "own", store=twice / "out" / "store", rules_directory=twice / "rules"
    ).continued


@pytest.mark.slow
def test_suspects_of_old_and_new_sources_are_each_found_once(tmp_path: Path) -> None:
    logs, store = tmp_path / "logs", tmp_path / "store"
    unknown = line(20, request(99), PUBLISHED)
    write_gz(logs / STREAM / "000000.gz", synced(0, 1) + unknown)
    judge(logs, tmp_path / "added", store=store)
    write_gz(logs / OTHER_STREAM / "000000.gz", synced(0, 2) + unknown + line(90_000, request(2), PUBLISHED))
    assert judge(logs, tmp_path / "added", store=store).continued
    judge(logs, tmp_path / "whole", store=store)
    assert_same(tmp_path / "added", tmp_path / "whole")
    suspects = [row for row in content(tmp_path / "added")["findings"] if row["rule"] == "suspect_event"]
    assert len(suspects) == len(content(tmp_path / "added")["suspects"]) == 3


@pytest.mark.slow
def test_files_that_only_repeat_leave_requests_that_others_share(tmp_path: Path) -> None:
    """A request whose halves two exports hold is followed again, though the third brings nothing new."""
    one = request(1)
    half = start(0, one) + processing(10, one, "M1") + transaction(20, one, id="'T1'")
    whole = half + line(30, one, PUBLISHED) + end(50, one) + report(50, one)
    logs, grown, fresh = tmp_path / "logs", tmp_path / "grown", tmp_path / "fresh"
    write_gz(logs / "1" / STREAM / "000000.gz", half)
    write_gz(logs / "2" / STREAM / "000000.gz", whole)
    judge(logs, grown, formats=REPORTS)
    write_gz(logs / "3" / STREAM / "000000.gz", whole + "\n")
    assert judge(logs, grown, formats=REPORTS).continued
    judge(logs, fresh, formats=REPORTS)
    assert_same(grown, fresh)
    assert len(content(grown)["messages"]) == 1
