"""A source that was read in pieces is judged as a whole, wherever it was cut and whatever came between."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from filled import fill
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_text import (
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
)
from balance_sync.config import IngestOptions
from balance_sync.pipeline import cut_sources, stored_lines
from balance_sync.pipeline import ingest as ingestion
from balance_sync.pipeline.cut_sources import judge_cut_sources
from balance_sync.pipeline.ingest import find_store, ingest
from balance_sync.pipeline.parsing import parse_into
from balance_sync.sources import opening
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.reading import Reading, TextPiece
from balance_sync.sources.source import Source

DAY = 86_400_000
HELD = st.sampled_from([0, 1_000_000])
"""Events up to which the lines of a file are held while it is judged."""

# What a stream may hold at any place: by its time and a request.
MADE: dict[str, Callable[[int, str], str]] = {
    "start": start,
    "end": end,
    "report": report,
    "failure": partial(report, status="error"),
    "timeout": lambda at, one: event(at, f"{stamp(at)} {one} Task timed out after 3.00 seconds"),
    "message": lambda at, one: processing(at, one, f"M{at % 7}"),
    "transaction": lambda at, one: transaction(at, one, id=f"'T{at % 7}'"),
    "unreadable": lambda at, one: line(at, one, "Start syncing the balance { no"),
    "sync error": sync_error,
    "outcome": lambda at, one: line(at, one, PUBLISHED),
    "error": lambda at, one: line(at, one, "broken", "ERROR"),
    "word": lambda at, one: line(at, one, "x"),
    "unknown error": lambda at, _: event(at, "Unknown application error occurred\nRuntime.Unknown"),
    "late": lambda at, one: event(at, f"{stamp(at - 9_000)}\t{one}\tINFO\t{PUBLISHED}"),
    "other time": lambda at, one: event(at, f"{stamp(at + DAY)}\t{one}\tINFO\t{PUBLISHED}"),
    "nobody's": lambda at, _: processing(at, "undefined", "M"),
    "nobody's, old": lambda at, _: processing(at - 2 * DAY, "undefined", "M"),
    "old": lambda at, one: transaction(at - 2 * DAY, one),
    "old start": lambda at, one: start(at - 2 * DAY, one),
    "whole": lambda at, one: synced(at, int(one[-1], 16)),
}
NUMBERS = st.integers(1, 5)
INVOCATION = st.tuples(
    st.sampled_from([50, 1_000, 8_000]), NUMBERS, st.sampled_from(["", "no START", "no END"])
)
PRINTED = st.tuples(st.sampled_from(sorted(MADE)), NUMBERS, st.integers(-3, 30), st.integers(1, 5))
STREAMS = st.lists(
    st.tuples(INVOCATION, st.lists(PRINTED, max_size=3), st.sampled_from([0, 60, 20_000])),
    min_size=1,
    max_size=6,
)
PLACE = st.integers(0, 40)


def text_of(invocations: list, moved: tuple[int, int, int]) -> str:  # type: ignore[type-arg]
    """Return invocations, each with lines that are put into it, and a chunk of them moved elsewhere."""
    events: list[str] = []
    at = 0
    for (lasting, number, lost), printed, pause in invocations:
        one = request(number)
        inside = [
            *(start(at, one), processing(at + 1, one, f"M{number}")),
            transaction(at + lasting // 2, one, id=f"'T{number}'"),
            *(line(at + lasting - 1, one, PUBLISHED), end(at + lasting, one), report(at + lasting, one)),
        ]
        inside = inside[1:] if lost == "no START" else inside[:4] if lost == "no END" else inside
        for what, other, tenths, place in printed:
            inside.insert(place, MADE[what](at + lasting * tenths // 10, request(other)))
        events += inside
        at += lasting + pause
    begin, length, to = moved
    chunk = events[begin : begin + length]
    rest = events[:begin] + events[begin + length :]
    return "".join([*rest[:to], *chunk, *rest[to:]])


@settings(max_examples=4)
@given(
    invocations=STREAMS,
    moved=st.tuples(PLACE, PLACE, PLACE),
    batch_bytes=st.sampled_from([1, 700, 2_000, 5_000]),
    few=HELD,
)
def test_a_source_in_pieces_gives_what_it_gives_in_one(
    tmp_path_factory: pytest.TempPathFactory,
    invocations: list,  # type: ignore[type-arg]
    moved: tuple[int, int, int],
    batch_bytes: int,
    few: int,
) -> None:
    root = tmp_path_factory.mktemp("cut")
    logs = write_export(root / "logs", {STREAM: text_of(invocations, moved)})
    whole = fill(logs, store=root / "whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored_lines, "_FEW_EVENTS", few)
        assert fill(logs, store=root / "pieces", batch_bytes=batch_bytes).content == whole.content


def forged_text() -> str:
    """Return a stream with a suspect of each kind, in which the evidence stands far from what it is about."""
    texts = [synced(number * 60_000, number) for number in range(1, 21)]
    texts[3] += line(12 * 60_000, request(1), PUBLISHED)
    texts[6] += line(8 * 60_000 - 30_000, request(98), PUBLISHED)
    inside = synced(10 * 60_000 + 25, 99) + report(10 * 60_000 + 26, request(2), status="error")
    texts[9] = texts[9].replace(line(10 * 60_000 + 30, request(10), PUBLISHED), "", 1)
    own = line(10 * 60_000 + 21, request(10), "text")
    texts[9] = texts[9].replace(end(10 * 60_000 + 50, request(10)), own + inside, 1)
    texts[9] += line(10 * 60_000 + 40, request(10), PUBLISHED) + end(10 * 60_000 + 90, request(10))
    texts[14] += synced(-2 * DAY, 97)
    texts[17] += line(18 * 60_000 + 10, request(96), PUBLISHED)
    return "".join(texts)


@pytest.mark.slow
def test_forged_lines_of_a_large_file_are_those_of_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = write_export(tmp_path / "logs", {STREAM: forged_text()})
    whole = fill(logs, store=tmp_path / "whole", judged=True)
    found = {(row["kind"], row["reason"]) for row in whole.tables["suspects"]}
    assert {reason for _, reason in found} == {
        *("outside_invocation", "between_invocations", "inside_another", "before_stream")
    }
    assert {("report", "inside_another"), ("transaction", "inside_another")} < found
    ids = whole.column("transactions", "transaction_id")
    assert sorted(ids) == sorted(f"T{number}" for number in range(1, 21))
    for batch_bytes, few in ((900, stored_lines._FEW_EVENTS), (900, 0), (6_000, 0)):
        monkeypatch.setattr(stored_lines, "_FEW_EVENTS", few)
        pieces = fill(logs, store=tmp_path / f"{batch_bytes}/{few}", batch_bytes=batch_bytes, judged=True)
        assert pieces.content == whole.content


def test_an_error_that_names_no_request_ends_one_that_began_in_another_piece(tmp_path: Path) -> None:
    """And may be all that its own piece holds of the request."""
    unknown = event(3, "Unknown application error occurred\nRuntime.Unknown")
    ended = start(0, request(1)) + processing(1, request(1), "A") + transaction(2, request(1))
    text = unknown + ended + end(4, request(1)) + report(4, request(1)) + synced(60_000, 2)
    logs = write_export(tmp_path / "logs", {STREAM: text})
    whole = fill(logs, store=tmp_path / "whole", judged=True)
    assert whole.column("messages", "outcome") == ["failed", "published"]
    assert sorted(whole.column("invocations", "status")) == ["error", "ok"]
    for batch_bytes in (1, 300, 1_000):
        pieces = fill(logs, store=tmp_path / f"{batch_bytes}", batch_bytes=batch_bytes, judged=True)
        assert pieces.content == whole.content


class Interruption:
    """Ends a run before what it is about to do with files for the nth time."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int) -> None:
        self.left = at
        for owner, name in ((Path, "rename"), (Path, "unlink"), (shutil, "rmtree")):
            patch.setattr(owner, name, self.counting(getattr(owner, name)))

    def counting(self, do: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **named: object) -> object:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return do(*arguments, **named)

        return counted


def read(logs: Path, store: Path, batch_bytes: int = 4_000) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_CHUNK_BYTES", 64)
        patch.setattr(ingestion, "plan_batches", partial(plan_batches, batch_bytes=batch_bytes))
        ingest(IngestOptions((str(logs),), store, threads=1))


def kept(store: Path) -> dict[str, bytes]:
    paths = sorted(path for path in store.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(store)): path.read_bytes() for path in paths}


@pytest.mark.slow
def test_a_run_that_is_ended_anywhere_leaves_what_the_next_one_needs(tmp_path: Path) -> None:
    logs = write_export(tmp_path / "logs", {STREAM: forged_text()})
    read(logs, tmp_path / "whole")
    expected = kept(tmp_path / "whole")
    assert sum(name.endswith("events.parquet") for name in expected) > 3
    for at in range(1, 500):
        store = tmp_path / f"{at}"
        with pytest.MonkeyPatch.context() as patch:
            interruption = Interruption(patch, at)
            with suppress(KeyboardInterrupt):
                read(logs, store)
        read(logs, store)
        assert kept(store) == expected
        if interruption.left > 0:
            break
    assert at > 20


def test_what_a_process_leaves_that_outlived_a_killed_run_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = write_export(tmp_path / "logs", {STREAM: forged_text()})
    with monkeypatch.context() as patch:
        patch.setattr(cut_sources, "judge_cut_sources", lambda *_: None)
        read(logs, tmp_path / "store")
    left = tmp_path / "store" / "waiting"
    shutil.copytree(left, tmp_path / "left")
    read(logs, tmp_path / "store")
    assert not left.exists()
    expected = kept(tmp_path / "store")
    shutil.copytree(tmp_path / "left", left)
    read(logs, tmp_path / "store")
    assert kept(tmp_path / "store") == expected


def pieces_of(name: str, text: str) -> list[TextPiece]:
    """Return two pieces of a file."""
    source = Source(f"{name}/{STREAM}/000000.gz", "", 0, 0, STREAM, None)
    cut = text.index(stamp(10 * 60_000))
    first_line = text.count("\n", 0, cut) + 1
    return [
        TextPiece(source, text[:cut].encode(), 0, 1, False, Reading(content_hash=name)),
        TextPiece(source, text[cut:].encode(), 1, first_line, True, Reading(content_hash=name)),
    ]


def test_a_piece_that_a_killed_run_left_of_a_file_that_is_gone_holds_up_no_other(tmp_path: Path) -> None:
    begin, rest = pieces_of("a", forged_text())
    gone, _ = pieces_of("b", forged_text())
    batches = {
        "clean": [[begin], [rest]],
        "left": [[rest, gone], [begin], [rest]],
        "lacks": [[begin, gone], [rest]],
    }
    found = {}
    for name, pieces in batches.items():
        store = find_store(tmp_path / name)
        with store.sole_use():
            store.open()
            for batch in pieces:
                parse_into(lambda batch=batch: iter([batch]), store)  # type: ignore[misc]
            judge_cut_sources(store)
        found[name] = kept(store.directory / "batches")
    assert len(found["clean"]) > 0
    assert found["left"] == found["clean"]
    assert found["lacks"] == {}


@pytest.mark.slow
def test_several_large_files_are_judged_each_for_itself(tmp_path: Path) -> None:
    """Small files share a batch with the begin of a large one."""
    texts = {f"2024-01-15-[$LATEST]{number:032x}": forged_text() for number in range(3)}
    texts |= {f"2024-01-15-[$LATEST]{number:032x}": synced(number, number) for number in range(10, 14)}
    logs = write_export(tmp_path / "logs", texts)
    whole = fill(logs, store=tmp_path / "whole")
    for threads in (1, 3):
        store = tmp_path / f"{threads}"
        assert fill(logs, store=store, batch_bytes=6_000, threads=threads).content == whole.content
        assert find_store(store).waiting.batches() == []
