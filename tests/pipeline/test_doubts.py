"""A line whose request another file of its stream tells of is what it says, wherever the files are cut."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from filled import Database, fill
from hypothesis import given, settings
from hypothesis import strategies as st
from test_continued import assert_same, judge

from archive_text import (
    OTHER_STREAM,
    PUBLISHED,
    STREAM,
    end,
    event,
    line,
    processing,
    report,
    request,
    start,
    sync_error,
    synced,
    transaction,
    write_export,
    write_gz,
)
from balance_sync.pipeline.ingest import find_store

MINUTE = 60_000
UNKNOWN = "Unknown application error occurred\nRuntime.Unknown"
PLACES = {"source_id", "line"}


def invocation(number: int) -> list[str]:
    """Return the events of an invocation that are no two the same."""
    at, one = number * MINUTE, request(number)
    return [
        start(at, one),
        processing(at + 10, one, f"M{number}"),
        transaction(at + 20, one, id=f"'T{number}'", userId=f"'U{number}'"),
        sync_error(at + 30, one, user=f"'U{number}'"),
        line(at + 40, one, PUBLISHED),
        end(at + 50, one),
        report(at + 51, one),
    ]


def crash(number: int) -> list[str]:
    begun, ended = invocation(number)[:3], invocation(number)[-2:]
    return [*begun, event(number * MINUTE + 45, UNKNOWN), *ended]


def dealt(root: Path, files: list[list[str]], stream: str = STREAM) -> Path:
    for number, events in enumerate(files):
        write_gz(root / stream / f"{number:06}.gz", "".join(events))
    return root


def told(database: Database) -> dict[str, Any]:
    """Return what the tables tell but for where it stands."""
    tables = {
        name: sorted(
            repr({key: value for key, value in row.items() if key not in PLACES})
            for row in rows
            if name != "sources"
        )
        for name, rows in database.tables.items()
    }
    return {**tables, "kinds": database.kinds}


def three_invocations() -> tuple[list[str], list[str], list[str]]:
    return invocation(1), invocation(2), invocation(3)


@pytest.mark.parametrize("batch_bytes", [None, 1, 900])
def test_lines_whose_request_another_file_tells_of_are_counted(
    tmp_path: Path, batch_bytes: int | None
) -> None:
    """One file has the lines of the second invocation, between others, and another one its START and END."""
    first, second, third = three_invocations()
    whole = fill(dealt(tmp_path / "one", [first + second + third]), store=tmp_path / "a")
    files = [first + second[1:5] + third, [second[0], *second[5:]]]
    parts = fill(dealt(tmp_path / "two", files), store=tmp_path / "b", batch_bytes=batch_bytes)
    assert parts.tables["suspects"] == []
    assert told(parts) == told(whole)
    assert parts.kinds["transaction"] == 3


def test_a_file_alone_is_judged_by_itself(tmp_path: Path) -> None:
    first, second, third = three_invocations()
    logs = dealt(tmp_path / "logs", [first + second[1:5] + third])
    found = fill(logs, store=tmp_path / "store")
    assert {row["reason"] for row in found.tables["suspects"]} == {"between_invocations"}
    assert sorted(found.column("transactions", "transaction_id")) == ["T1", "T3"]


@pytest.mark.parametrize("batch_bytes", [None, 1, 700])
def test_an_error_that_names_no_request_ends_the_one_that_another_file_tells_of(
    tmp_path: Path, batch_bytes: int | None
) -> None:
    first, second, third = invocation(1), crash(2), invocation(3)
    whole = fill(dealt(tmp_path / "one", [first + second + third]), store=tmp_path / "a")
    files = [[*first, second[3], *third], second[:3] + second[4:]]
    parts = fill(dealt(tmp_path / "two", files), store=tmp_path / "b", batch_bytes=batch_bytes)
    assert told(parts) == told(whole)
    assert sorted(parts.column("invocations", "status")) == ["error", "ok", "ok"]
    assert sorted(parts.column("messages", "outcome")) == ["failed", "published", "published"]


def forged(first: list[str], at: int, one: str) -> list[str]:
    return [*first, transaction(at, one, id="'FORGED'"), *invocation(3)]


@pytest.mark.parametrize("batch_bytes", [None, 1])
def test_what_no_file_of_the_stream_tells_of_stays_suspect(tmp_path: Path, batch_bytes: int | None) -> None:
    """A request that is none, one of another stream, and one that ran at another time."""
    tries = {
        "made up": (2 * MINUTE + 20, request(99)),
        "of another stream": (2 * MINUTE + 20, request(50)),
        "at another time": (2 * MINUTE + 40_000, request(2)),
    }
    for name, (at, one) in tries.items():
        logs = dealt(tmp_path / name / "logs", [forged(invocation(1), at, one), invocation(2)])
        write_export(logs, {OTHER_STREAM: synced(2 * MINUTE, 50)})
        found = fill(logs, store=tmp_path / name / "store", batch_bytes=batch_bytes)
        assert [row["kind"] for row in found.tables["suspects"]] == ["transaction"]
        ids = found.column("transactions", "transaction_id")
        assert sorted(ids) == ["T1", "T2", "T3", "T50"]


def test_what_a_run_has_not_seen_settles_nothing(tmp_path: Path) -> None:
    """The store may hold more files of the stream than a run counts; each run counts its own."""
    first, second, third = three_invocations()
    files = [first + second[1:5] + third, [second[0], *second[5:]]]
    logs = dealt(tmp_path / "logs", files)
    both = fill(logs, store=tmp_path / "store")
    alone_logs = dealt(tmp_path / "alone" / "logs", files[:1])
    (logs / STREAM / "000001.gz").rename(tmp_path / "000001.gz")
    alone = fill(logs, store=tmp_path / "store")
    apart = fill(alone_logs, store=tmp_path / "apart")
    assert told(alone) == told(apart)
    assert len(alone.tables["suspects"]) == 4
    (tmp_path / "000001.gz").rename(logs / STREAM / "000001.gz")
    assert fill(logs, store=tmp_path / "store").content == both.content
    assert len(find_store(tmp_path / "store").settled.batches()) == 1


@pytest.mark.slow
def test_a_file_that_comes_later_settles_what_was_doubted(tmp_path: Path) -> None:
    first, second, third = three_invocations()
    logs = dealt(tmp_path / "logs", [first + second[1:5] + third])
    write_export(logs, {OTHER_STREAM: synced(9 * MINUTE, 9)})
    before = judge(logs, tmp_path / "out")
    assert before.suspects == 4
    write_gz(logs / STREAM / "000001.gz", "".join([second[0], *second[5:]]))
    after = judge(logs, tmp_path / "out")
    assert (after.suspects, after.continued) == (0, False)
    judge(logs, tmp_path / "anew")
    assert_same(tmp_path / "out", tmp_path / "anew")
    write_gz(logs / STREAM / "000002.gz", "".join(invocation(12)))
    assert judge(logs, tmp_path / "out").continued
    judge(logs, tmp_path / "anew", rebuild=True)
    assert_same(tmp_path / "out", tmp_path / "anew")


@settings(max_examples=4)
@given(
    seed=st.integers(0, 1 << 30),
    invocations=st.integers(1, 7),
    files=st.integers(1, 4),
    chunk=st.integers(1, 9),
    batch_bytes=st.sampled_from([None, 1, 800, 3_000]),
)
def test_events_dealt_to_files_in_any_order_tell_what_they_tell_in_one(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    invocations: int,
    files: int,
    chunk: int,
    batch_bytes: int | None,
) -> None:
    root, chance = tmp_path_factory.mktemp("dealt"), random.Random(seed)
    events = [
        one
        for number in range(1, invocations + 1)
        for one in (crash if chance.random() < 0.2 else invocation)(number)
    ]
    whole = fill(dealt(root / "one", [events]), store=root / "a", judged=True)
    chunks = [events[begin : begin + chunk] for begin in range(0, len(events), chunk)]
    chance.shuffle(chunks)
    parts: list[list[str]] = [[] for _ in range(files)]
    for number, some in enumerate(chunks):
        parts[number % files] += some
    logs = dealt(root / "several", parts)
    several = fill(logs, store=root / "b", batch_bytes=batch_bytes, judged=True)
    assert told(several) == told(whole)
