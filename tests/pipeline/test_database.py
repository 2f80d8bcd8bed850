"""The tables of a run: each event once, whatever the files, their order and the size of batches."""

from __future__ import annotations

import gzip
import random
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from filled import fill, touch
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_text import (
    DAY,
    OTHER_STREAM,
    PUBLISHED,
    STREAM,
    end,
    event,
    line,
    processing,
    report,
    request,
    stamp,
    start,
    sync_error,
    synced,
    transaction,
    write_export,
    write_gz,
)
from balance_sync.logs import repeats, resolution

ONE, TWO = request(1), request(2)
BOOT = event(0, "INIT_START Runtime Version: nodejs:20.v14\tRuntime Version ARN: arn")


def test_a_plain_archive_gives_its_tables(tmp_path: Path) -> None:
    text = BOOT + synced(1, 1) + synced(100, 2)
    noticed = [number for number, row in enumerate(text.split("\n"), 1) if "Start syncing" in row]
    logs = write_export(tmp_path / "logs", {STREAM: text})
    found = fill(logs, store=tmp_path / "store")
    assert found.column("transactions", "transaction_id") == ["T1", "T2"]
    assert found.column("transactions", "outcome") == ["published", "published"]
    assert found.column("transactions", "line") == noticed
    assert found.column("transactions", "logged_at") == [DAY + timedelta(milliseconds=at) for at in (21, 120)]
    assert found.column("messages", "transaction_id") == ["T1", "T2"]
    assert found.column("invocations", "status") == ["ok", "ok"]
    assert found.kinds == {
        **{"init_start": 1, "start": 2, "processing": 2, "transaction": 2, "published": 2},
        **{"end": 2, "report": 2},
    }
    (source,) = found.tables["sources"]
    assert (source["path"], source["status"], source["events"]) == (f"{STREAM}/000000.gz", "read", 13)


def test_overlapping_exports_count_each_event_once(tmp_path: Path) -> None:
    parts = [BOOT, *(synced(number * 100, number) for number in range(1, 7))]
    write_export(tmp_path / "one", {STREAM: "".join(parts[:5])})
    write_export(tmp_path / "two", {STREAM: "".join(parts[2:])})
    whole = fill(write_export(tmp_path / "all", {STREAM: "".join(parts)}), store=tmp_path / "s1")
    found = fill(tmp_path / "one", tmp_path / "two", store=tmp_path / "s2")
    assert found.kinds == whole.kinds
    assert found.column("transactions", "transaction_id") == [f"T{number}" for number in range(1, 7)]
    for table, names in {
        "transactions": ("transaction_id", "message_id", "outcome", "amount"),
        "messages": ("message_id", "outcome", "transaction_id", "started_at"),
        "invocations": ("request_id", "started_at", "status", "duration_ms"),
    }.items():
        for name in names:
            assert found.column(table, name) == whole.column(table, name), (table, name)
    assert found.column("sources", "repeated_events") == [0, 18]
    assert sum(found.column("sources", "events")) == sum(whole.column("sources", "events"))


def test_an_unknown_error_of_overlapping_exports_counts_once_and_ends_its_request(tmp_path: Path) -> None:
    """Whichever of them lacks what tells whose it is."""
    unknown = event(3, "Unknown application error occurred\nRuntime.Unknown")
    events = [start(0, ONE), processing(1, ONE, "A"), unknown, end(4, ONE), report(4, ONE)]
    events.append(synced(60_000, 2))
    for first, second in (((0, 3), (0, 6)), ((0, 6), (0, 3)), ((0, 6), (2, 6)), ((2, 6), (0, 6))):
        root = tmp_path / f"{first}{second}"
        write_export(root / "logs" / "one", {STREAM: "".join(events[slice(*first)])})
        write_export(root / "logs" / "two", {STREAM: "".join(events[slice(*second)])})
        found = fill(root / "logs", store=root / "store")
        assert found.kinds["unknown_error"] == 1
        assert sorted(found.column("messages", "outcome")) == ["failed", "published"]
        assert sorted(found.column("invocations", "status")) == ["error", "ok"]


def test_a_timeout_in_another_file_fails_all_open_messages(tmp_path: Path) -> None:
    opened = start(0, ONE) + processing(1, ONE, "A") + processing(2, ONE, "B") + line(3, ONE, PUBLISHED)
    ended = event(9, f"{stamp(9)} {ONE} Task timed out after 3.00 seconds") + end(9, ONE)
    write_gz(tmp_path / "logs" / STREAM / "000000.gz", opened + processing(4, ONE, "C"))
    write_gz(tmp_path / "logs" / STREAM / "000001.gz", ended)
    found = fill(tmp_path / "logs", store=tmp_path / "store")
    outcomes = zip(found.column("messages", "message_id"), found.column("messages", "outcome"), strict=True)
    assert dict(outcomes) == {"A": "failed", "B": "published", "C": "failed"}


@pytest.mark.parametrize("first", ["whole", "part"])
def test_a_line_is_believed_that_one_export_shows_in_its_place(first: str, tmp_path: Path) -> None:
    """In the other one stands neither the START nor the END of its request, but those around it."""
    before, after = synced(0, 1), synced(120_000, 3)
    middle = (
        processing(60_001, TWO, "M2") + transaction(60_002, TWO, id="'T2'") + line(60_003, TWO, PUBLISHED)
    )
    whole = before + start(60_000, TWO) + middle + end(60_009, TWO) + report(60_009, TWO) + after
    texts = {"whole": whole, "part": before + middle + after}
    alone = fill(write_export(tmp_path / "alone", {STREAM: texts["part"]}), store=tmp_path / "s0")
    assert len(alone.tables["suspects"]) == 3
    names = sorted(texts, key=lambda name: name != first)
    for number, name in enumerate(names):
        write_export(tmp_path / "logs" / str(number), {STREAM: texts[name]})
    found = fill(tmp_path / "logs", store=tmp_path / "s1")
    assert found.tables["suspects"] == []
    assert found.column("transactions", "transaction_id") == ["T1", "T2", "T3"]
    assert set(found.column("messages", "outcome")) == {"published"}


def test_exports_overlap_in_the_middle_of_a_request(tmp_path: Path) -> None:
    events = [
        start(0, ONE),
        processing(1, ONE, "A"),
        transaction(2, ONE),
        line(3, ONE, PUBLISHED),
        report(4, ONE),
    ]
    for cut in range(1, 5):
        for overlap in range(cut + 1):
            root = tmp_path / f"{cut}-{overlap}"
            write_export(root / "one", {STREAM: "".join(events[:cut])})
            write_export(root / "two", {STREAM: "".join(events[cut - overlap :])})
            found = fill(root / "one", root / "two", store=root / "store")
            assert found.kinds == dict.fromkeys(
                ("processing", "published", "report", "start", "transaction"), 1
            )
            assert found.column("transactions", "outcome") == ["published"]
            assert found.column("messages", "transaction_id") == ["T1"]
            assert [
                (row["status"], row["started_at"], row["duration_ms"] is not None)
                for row in found.tables["invocations"]
            ] == [("ok", DAY, True)]


def test_an_export_within_another_adds_nothing(tmp_path: Path) -> None:
    parts = [BOOT, *(synced(number * 100, number) for number in range(1, 7)), line(900, ONE, "{ what")]
    write_export(tmp_path / "a", {STREAM: "".join(parts)})
    write_export(tmp_path / "b", {STREAM: "".join(parts[2:4])})
    # It ends in the middle of a request.
    write_export(tmp_path / "c", {STREAM: "".join(parts[4:6]) + start(600, request(6))})
    found = fill(*(tmp_path / name for name in "abc"), store=tmp_path / "s1")
    alone = fill(tmp_path / "a", store=tmp_path / "s2")
    assert found.kinds == alone.kinds
    for table in found.tables.keys() - {"sources"}:
        assert [{**row, "source_id": ""} for row in found.tables[table]] == [
            {**row, "source_id": ""} for row in alone.tables[table]
        ], table
    told = sorted((row["path"][0], row["events"], row["repeated_events"]) for row in found.tables["sources"])
    assert told == [("a", 38, 0), ("b", 0, 12), ("c", 0, 13)]


def test_however_few_events_and_requests_are_looked_at_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [BOOT, *(synced(number * 100, number) for number in range(1, 9))]
    write_export(tmp_path / "one", {STREAM: "".join(parts[:6])[:-1], OTHER_STREAM: parts[7] + parts[8]})
    write_export(tmp_path / "two", {STREAM: "".join(parts[2:8]), OTHER_STREAM: parts[7]})
    many = fill(tmp_path / "one", tmp_path / "two", store=tmp_path / "s1")
    monkeypatch.setattr(repeats, "_EVENTS_AT_ONCE", 5)
    monkeypatch.setattr(resolution, "_REQUESTS_AT_ONCE", 2)
    assert fill(tmp_path / "one", tmp_path / "two", store=tmp_path / "s2").content == many.content


def test_one_file_under_two_names_counts_once(tmp_path: Path) -> None:
    text = BOOT + synced(1, 1) + "what is this"
    for name in ("a.gz", "b.gz"):
        write_gz(tmp_path / "logs" / name, text)
    found = fill(tmp_path / "logs", store=tmp_path / "store")
    assert len(found.tables["transactions"]) == len(found.tables["messages"]) == 1
    assert [(row["path"], row["status"], row["events"]) for row in found.tables["sources"]] == [
        ("a.gz", "read", 7),
        ("b.gz", "duplicate", 0),
    ]
    assert found.tables["sources"][1]["reason"] == "same content as a.gz"
    assert found.column("sources", "repeated_events") == [0, 7]


def test_equal_events_within_one_file_stay_what_they_are(tmp_path: Path) -> None:
    twice = sync_error(5, ONE)
    text = start(0, ONE) + twice + twice + end(9, ONE)
    write_export(tmp_path / "one", {STREAM: text})
    write_export(tmp_path / "two", {STREAM: text + start(20, TWO)})
    found = fill(tmp_path / "one", tmp_path / "two", store=tmp_path / "store")
    assert len(found.tables["sync_errors"]) == 2
    assert found.kinds == {"start": 2, "sync_error": 2, "end": 1}


def test_equal_platform_events_of_two_streams_are_two(tmp_path: Path) -> None:
    logs = write_export(tmp_path / "logs", {STREAM: BOOT + synced(1, 1), OTHER_STREAM: BOOT + synced(1, 2)})
    assert fill(logs, store=tmp_path / "store").kinds["init_start"] == 2


def test_a_request_in_two_files_is_followed_through_both(tmp_path: Path) -> None:
    first = start(0, ONE) + processing(1, ONE, "A") + transaction(2, ONE) + processing(5, ONE, "B")
    second = line(3, ONE, PUBLISHED) + line(6, ONE, "broken", "ERROR") + end(7, ONE) + report(8, ONE)
    logs = write_export(tmp_path / "logs", {STREAM: second})
    write_gz(logs / STREAM / "000001.gz", first)
    for batch_bytes in (None, 1):
        found = fill(logs, store=tmp_path / f"store-{batch_bytes}", batch_bytes=batch_bytes)
        assert found.column("transactions", "message_id") == ["A"]
        assert dict(
            zip(found.column("messages", "message_id"), found.column("messages", "outcome"), strict=True)
        ) == {"A": "published", "B": "failed"}
        assert [(row["started_at"], row["status"]) for row in found.tables["invocations"]] == [(DAY, "ok")]


# What an archive may hold at any place: whole invocations, halves of them, repeats, and rubbish.
PARTS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 400), st.integers(0, 7)), min_size=1, max_size=8)


def part_of(number: int, at: int, cut: int) -> str:
    events = synced(at, number).split("\n\n")
    kept = events[cut % 3 :] if cut < 6 else events[: cut - 3]
    odd = {3: event(at, "RequestId: x"), 4: sync_error(at, request(number)), 5: event(at, "\xa0")}
    return "".join(f"{text}\n\n" for text in kept if text) + odd.get(cut, "")


@settings(max_examples=4)
@given(
    files=st.lists(PARTS, min_size=1, max_size=3),
    batch_bytes=st.sampled_from([1, 700]),
    streams=st.lists(st.sampled_from([STREAM, OTHER_STREAM]), min_size=3, max_size=3),
    order=st.randoms(use_true_random=False),
)
def test_order_of_files_and_size_of_batches_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    files: list[list[tuple[int, int, int]]],
    batch_bytes: int,
    streams: list[str],
    order: random.Random,
) -> None:
    root = tmp_path_factory.mktemp("archive")
    folders = []
    for place, (parts, stream) in enumerate(zip(files, streams, strict=False)):
        text = "".join(part_of(*part) for part in parts)
        folders.append(write_export(root / f"export{place}", {stream: text}))
    whole = fill(*folders, store=root / "whole")
    order.shuffle(folders)
    pieces = fill(*folders, store=root / "pieces", batch_bytes=batch_bytes)
    assert pieces.content == whole.content
    assert sum(whole.kinds.values()) == sum(whole.column("sources", "events"))


def test_damaged_and_empty_sources_are_told_and_keep_what_they_hold(tmp_path: Path) -> None:
    logs = write_export(tmp_path / "logs", {STREAM: synced(1, 1)})
    cut = gzip.compress("".join(synced(at * 100, at) for at in range(2, 40)).encode())[:-40]
    (logs / "cut.gz").write_bytes(cut)
    (logs / "empty.gz").write_bytes(gzip.compress(b""))
    (logs / "nothing.txt").write_bytes(b"")
    (logs / "header.gz").write_bytes(gzip.compress(b"")[:8])
    found = fill(logs, store=tmp_path / "store")
    statuses = {row["path"]: row["status"] for row in found.tables["sources"]}
    assert statuses == {
        f"{STREAM}/000000.gz": "read",
        "cut.gz": "damaged",
        "empty.gz": "empty",
        "header.gz": "unreadable",
        "nothing.txt": "empty",
    }
    assert dict(found.filled.problems) == {
        "cut.gz": f"gzip data cut short at byte {len(cut)}",
        "header.gz": "gzip data cut short at byte 8",
    }
    assert len(found.tables["transactions"]) > 1


def test_an_archive_without_an_event_gives_empty_tables(tmp_path: Path) -> None:
    write_gz(tmp_path / "logs" / "a.gz", "")
    found = fill(tmp_path / "logs", store=tmp_path / "store")
    assert [len(rows) for rows in found.tables.values()] == [1, *[0] * 7]


def test_nothing_is_lost(tmp_path: Path) -> None:
    text = (
        "before\n"
        + synced(1, 1)
        + line(60, ONE, "Start syncing the balance { no", "INFO")
        + "2024-02-31T00:00:00.000Z x\n"
    )
    found = fill(write_gz(tmp_path / "logs" / "a.gz", text + "\xff"), store=tmp_path / "store")
    assert sum(found.kinds.values()) == found.column("sources", "events")[0] == 9
    reasons = Counter(row["reason"].partition(":")[0] for row in found.tables["rejects"])
    assert reasons == {
        "text before the first event": 1,
        "the dump cannot be read": 1,
        "the time of the event is impossible": 1,
    }
    assert found.column("sources", "text_bytes") == [len((text + "\xff").encode())]


def test_a_period_is_filled_with_all_before_its_end_and_counts_its_own(tmp_path: Path) -> None:
    logs = write_export(tmp_path / "logs", {STREAM: "".join(synced(at * 1000, at) for at in range(1, 6))})
    period = {"since": DAY + timedelta(seconds=2), "until": DAY + timedelta(seconds=4)}
    found = fill(logs, store=tmp_path / "store", **period)
    assert found.column("transactions", "transaction_id") == ["T1", "T2", "T3"]
    assert found.column("messages", "message_id") == ["M1", "M2", "M3"]
    assert sum(found.kinds.values()) == 12


def test_a_touched_file_beside_untouched_ones_counts_once(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    for number in (1, 2, 3):
        write_gz(logs / f"{number}.gz", synced(number * 100, number))
    before = fill(logs, store=tmp_path / "store")
    touch(logs / "2.gz")
    after = fill(logs, store=tmp_path / "store")
    assert after.ingested.sources_read == 1
    assert after.content == before.content


def test_a_source_in_two_batches_counts_once(tmp_path: Path) -> None:
    """A process that outlives a killed run may commit a batch of what the next run batches otherwise."""
    logs = tmp_path / "logs"
    for number in (1, 2, 3):
        write_gz(logs / f"{number}.gz", synced(number * 100, number))
    before = fill(logs, store=tmp_path / "store")
    fill(logs / "2.gz", store=tmp_path / "other")
    fill(logs / "1.gz", logs / "3.gz", store=tmp_path / "other")
    shutil.copytree(tmp_path / "other" / "batches", tmp_path / "store" / "batches", dirs_exist_ok=True)
    after = fill(logs, store=tmp_path / "store")
    assert after.ingested.sources_read == 0
    assert after.content == before.content


def test_an_invocation_keeps_the_largest_of_what_it_is_told_twice(tmp_path: Path) -> None:
    text = start(0, ONE) + report(1, ONE, duration="9" * 40, init="5.25") + report(2, ONE, duration="20.25")
    for batch_bytes in (None, 1):
        logs = write_gz(tmp_path / "logs" / "a.gz", text + report(3, ONE, status="timeout"))
        (row,) = fill(logs, store=tmp_path / f"{batch_bytes}", batch_bytes=batch_bytes).tables["invocations"]
        assert (str(row["duration_ms"]), str(row["init_ms"]), row["status"]) == ("20.25", "5.25", "timeout")
