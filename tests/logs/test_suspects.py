"""Events that cannot be what they say, against a plain reading of the text."""

from __future__ import annotations

import gzip
import random
import re
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from archive_text import (
    ALREADY_SYNCED,
    DAY,
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
    transaction,
)
from balance_sync.generator.archive import generate_archive
from balance_sync.logs.scan import classified_frame
from balance_sync.logs.tables import BatchTables, parse_batch
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source

MINUTE = 60_000
ONE, TWO, THREE, FORGED = request(1), request(2), request(3), request(99)


def piece(text: str, *, stream: str = STREAM, number: int = 0, is_last: bool = True) -> TextPiece:
    source = Source(f"{STREAM}/000000.gz", "", 0, 0, stream, None)
    return TextPiece(source, text.encode(), number, 1, is_last, Reading())


def parse(text: str, **named: object) -> BatchTables:
    return parse_batch([piece(text, **named)])  # type: ignore[arg-type]


def invocation(at: int, request_id: str, *inside: str) -> str:
    return "".join(
        [start(at, request_id), *inside, end(at + 1000, request_id), report(at + 1000, request_id)]
    )


def reasons(text: str, **named: object) -> list[str]:
    return parse(text, **named).suspects["reason"].to_list()


def disagreeing(at: int, said: int, request_id: str, message: str) -> str:
    return event(at, f"{stamp(said)}\t{request_id}\tINFO\t{message}")


def test_a_forged_transaction_is_a_suspect_and_nothing_else():
    forged = transaction(10, ONE).replace(stamp(10), stamp(-86_400_000), 1)
    tables = parse(invocation(0, ONE, processing(5, ONE, "M1"), forged, line(20, ONE, PUBLISHED)))
    assert tables.transactions.is_empty()
    assert tables.rejects.is_empty()
    (suspect,) = tables.suspects.to_dicts()
    assert suspect["kind"] == "transaction"
    assert suspect["reason"] == "other_time"
    assert suspect["said_at"] == DAY + timedelta(milliseconds=10)
    assert suspect["logged_at"] == DAY - timedelta(days=1)
    assert suspect["request_id"] == ONE
    assert suspect["line"] == 5
    assert tables.messages["outcome"].to_list() == ["published"]
    assert tables.messages["transaction_id"].to_list() == [None]


def test_the_same_is_told_by_the_lazy_scan():
    text = invocation(0, ONE, disagreeing(10, 10 * MINUTE, ONE, PUBLISHED))
    kinds = classified_frame([piece(text)])
    assert kinds["kind"].to_list() == ["start", "suspect", "end", "report"]
    assert kinds["outcome"].null_count() == 4


def test_clocks_that_are_a_little_apart_are_believed():
    assert reasons(invocation(0, ONE, disagreeing(10, -5 * MINUTE + 10, ONE, PUBLISHED))) == []
    assert reasons(invocation(0, ONE, disagreeing(10, 5 * MINUTE + 10, ONE, PUBLISHED))) == []
    assert reasons(invocation(0, ONE, disagreeing(10, 5 * MINUTE + 11, ONE, PUBLISHED))) == ["other_time"]


def test_a_time_that_is_none_is_no_time():
    text = invocation(0, ONE, event(10, f"2024-02-31T00:00:00.000Z\t{ONE}\tINFO\t{PUBLISHED}"))
    tables = parse(text)
    assert tables.suspects["reason"].to_list() == ["other_time"]
    assert tables.suspects["said_at"].to_list() == [None]


def test_lines_that_mean_nothing_for_a_sync_are_left_alone():
    assert reasons(invocation(0, ONE, disagreeing(10, 90 * MINUTE, ONE, "hello"))) == []


def test_a_request_outside_of_its_invocation():
    rest = invocation(MINUTE, TWO)
    assert reasons(invocation(0, ONE) + rest + line(2 * MINUTE, ONE, PUBLISHED)) == ["outside_invocation"]
    assert reasons(invocation(0, TWO) + line(1, ONE, PUBLISHED) + invocation(MINUTE, ONE)) == [
        "outside_invocation"
    ]


def test_of_a_piece_only_that_is_told_which_a_line_tells_alone():
    """Where a file is cut, the rest of it may say something else of a request."""
    tried = start(0, ONE) + end(1000, ONE) + start(MINUTE, ONE) + line(MINUTE + 1, ONE, PUBLISHED)
    assert reasons(start(-1, TWO) + tried, is_last=False) == []
    assert reasons(start(-1, TWO) + tried + end(MINUTE + 2, ONE)) == []
    late = invocation(0, ONE) + line(MINUTE, ONE, PUBLISHED)
    assert reasons(late) == ["outside_invocation"]
    assert reasons(late, is_last=False) == reasons(late, number=1) == []
    other_time = invocation(0, ONE, disagreeing(10, 10 * MINUTE, ONE, PUBLISHED))
    assert reasons(other_time, is_last=False) == reasons(other_time, number=1) == ["other_time"]


def test_a_little_outside_is_not_outside():
    assert reasons(invocation(0, ONE) + line(6000, ONE, PUBLISHED)) == []
    assert reasons(invocation(0, ONE) + line(6001, ONE, PUBLISHED)) == ["outside_invocation"]


def test_an_export_that_begins_or_ends_within_an_invocation_holds_no_forgery():
    cut_start = [line(0, ONE, PUBLISHED), end(10, ONE), report(10, ONE)]
    cut_end = [start(9 * MINUTE, THREE), line(20 * MINUTE, THREE, PUBLISHED)]
    assert reasons("".join([*cut_start, invocation(MINUTE, TWO), *cut_end])) == []
    assert reasons(line(0, ONE, PUBLISHED) + invocation(MINUTE, TWO)) == []
    assert reasons(invocation(MINUTE, TWO) + line(3 * MINUTE, THREE, PUBLISHED)) == []
    # An earlier try under the same id, of which the export has the end alone.
    assert reasons(line(0, ONE, PUBLISHED) + end(10, ONE) + invocation(MINUTE, ONE)) == []


def test_a_missing_start_proves_nothing():
    lost = line(MINUTE, TWO, PUBLISHED) + end(MINUTE + 10, TWO) + report(MINUTE + 10, TWO)
    assert reasons(invocation(0, ONE) + lost + invocation(2 * MINUTE, THREE)) == []
    assert reasons(invocation(0, ONE) + line(MINUTE, TWO, PUBLISHED) + start(2 * MINUTE, THREE)) == []


def test_a_request_that_the_stream_does_not_know():
    within = invocation(0, ONE, line(500, FORGED, PUBLISHED)) + invocation(MINUTE, TWO)
    between = invocation(0, ONE) + line(30_000, FORGED, PUBLISHED) + invocation(MINUTE, TWO)
    assert reasons(within) == ["inside_another"]
    assert reasons(between) == ["between_invocations"]


def test_what_else_ran_is_no_evidence_where_several_streams_are_one_file():
    text = invocation(0, ONE, line(500, FORGED, PUBLISHED)) + invocation(MINUTE, TWO)
    assert reasons(text, stream=f"{STREAM}/000000.gz") == []
    assert reasons(invocation(500, THREE) + text) == []


def test_a_line_that_came_late_is_judged_by_no_invocation():
    # The container was frozen with the line in its pipe, and went on with another request.
    late = disagreeing(MINUTE + 500, 900, ONE, PUBLISHED)
    assert reasons(invocation(0, ONE) + invocation(MINUTE, TWO, late)) == []


def test_a_clock_that_was_set_back_is_no_evidence():
    text = start(MINUTE, ONE) + line(0, ONE, PUBLISHED) + end(500, ONE) + report(500, ONE)
    assert reasons(invocation(-MINUTE, TWO) + text) == []


def test_text_within_an_object_imitates_nothing():
    imitation = f"x\\n\\n{stamp(0)} {stamp(0)}\\t{TWO}\\tERROR\\tfailed\\n\\n{stamp(0)} END RequestId: {ONE}"
    genuine = transaction(10, ONE, metadata=f'\'{{"comment":"{imitation}"}}\'')
    inside = [processing(5, ONE, "M1"), genuine, line(20, ONE, PUBLISHED)]
    tables = parse(invocation(0, ONE, *inside) + invocation(MINUTE, TWO, processing(MINUTE + 1, TWO, "M2")))
    assert tables.suspects.is_empty()
    assert tables.rejects.is_empty()
    assert tables.transactions["outcome"].to_list() == ["published"]
    assert tables.messages["outcome"].to_list() == ["published", "incomplete"]


def test_text_that_was_logged_raw_changes_no_other_message():
    note = "a note\n\n" + "".join(
        [
            line(10, FORGED, "Processing message M9"),
            disagreeing(-MINUTE * 60, 40, TWO, ALREADY_SYNCED),
            transaction(11, TWO),
            sync_error(12, FORGED),
        ]
    )
    others = invocation(MINUTE, TWO, processing(MINUTE + 5, TWO, "M2"), line(MINUTE + 20, TWO, PUBLISHED))
    plain = invocation(0, ONE, processing(5, ONE, "M1"), line(9, ONE, "a note"), line(20, ONE, PUBLISHED))
    forged = invocation(0, ONE, processing(5, ONE, "M1"), line(9, ONE, note), line(20, ONE, PUBLISHED))
    expected, found = parse(plain + others), parse(forged + others)
    for table in ("transactions", "sync_errors"):
        assert getattr(found, table).is_empty()
    columns = ("message_id", "request_id", "outcome", "transaction_id", "started_at")
    assert found.messages.select(columns).equals(expected.messages.select(columns))
    assert found.suspects["reason"].to_list() == [
        *("inside_another", "other_time", "outside_invocation", "inside_another")
    ]


def test_a_made_up_archive_has_none_however_it_is_cut(tmp_path):
    generate_archive(tmp_path, text_bytes=150_000, seed=11)
    files = sorted(tmp_path.rglob("*.gz"))
    assert files
    for file in files:
        stream, text = file.parent.name, gzip.decompress(file.read_bytes()).decode()
        events = re.split(r"(?m)^(?=\d{4}-\d\d-\d\dT\S+Z )", text)
        assert reasons(text) == []
        order = random.Random(stream)
        for _ in range(3):
            begin = order.randrange(len(events))
            chunk = events[begin : order.randrange(begin, len(events)) + 1]
            order.shuffle(chunk)
            assert reasons("".join(chunk)) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["start", "end", "line", "line", "late", "other"]),
        st.sampled_from([0, 1, 2]),
        st.integers(0, 12),
    ),
    max_size=12,
)


def text_of(steps):
    made = {
        "start": lambda at, r: start(at, r),
        "end": lambda at, r: end(at, r),
        "line": lambda at, r: line(at, r, PUBLISHED),
        "late": lambda at, r: disagreeing(at, at - 2000, r, PUBLISHED),
        "other": lambda at, r: disagreeing(at, at - 6 * MINUTE, r, PUBLISHED),
    }
    return "".join(made[what](at * 2000, request(number)) for what, number, at in steps)


def events_of(text):
    events = []
    for number, row in enumerate(text.split("\n"), 1):
        match = re.match(r"(\S+Z) (?:(\S+Z)\t(\S+)\t|(START|END) RequestId: (\S+))", row)
        if match:
            at, said = (one and datetime.fromisoformat(one) for one in match.groups()[:2])
            events.append((number, at, said, match[3] or match[5], match[4]))
    return events


def invocations_of(events):
    ran = {}
    for request_id in {one[3] for one in events}:
        starts = [at for _, at, _, r, what in events if r == request_id and what == "START"]
        ends = [at for _, at, _, r, what in events if r == request_id and what == "END"]
        ran[request_id] = (min(starts, default=None), max(ends, default=None))
    return ran


def whole_of(events):
    ran = invocations_of(events)
    return {r: span for r, span in ran.items() if None not in span and span[0] <= span[1]}


def overlap(whole):
    return any(after[0] < before[1] for before, after in pairwise(sorted(whole.values())))


def is_printed(event, events):
    """Return whether a line of the platform stands among those of another request that ran then."""
    for request_id, (begin, end_) in whole_of(events).items():
        before = [e for e in events if e[0] < event[0] and e[3] == request_id]
        after = [e for e in events if e[0] > event[0] and e[3] == request_id]
        goes_on = before and after and before[-1][4] != "END"
        if request_id != event[3] and begin < event[1] < end_ and goes_on:
            return True
    return False


def plainly(text):
    """Yield line and reason of each suspect, by the definitions and no thought of speed."""
    events = events_of(text)
    printed = [event for event in events if event[4] and is_printed(event, events)]
    believed = [event for event in events if event not in printed]
    if overlap(whole_of(believed)):
        printed, believed = [], events
    yield from ((event[0], "inside_another") for event in printed)
    events, ran, whole = believed, invocations_of(believed), whole_of(believed)
    spans = sorted(whole.values())
    for number, at, said, request_id, what in events:
        if not what and abs(said - at) > timedelta(minutes=5):
            yield number, "other_time"
        elif not what and abs(said - at) <= timedelta(seconds=1):
            begun = any(w == "START" and a <= at for _, a, _, _, w in events)
            if request_id in whole:
                reason = by_its_own(at, whole[request_id], begun=begun)
            else:
                known = overlap(whole) or ran[request_id] != (None, None)
                reason = "" if known else by_others(at, spans)
            if reason:
                yield number, reason


def by_its_own(at, span, *, begun):
    early = begun and at < span[0] - timedelta(seconds=5)
    return "outside_invocation" if early or at > span[1] + timedelta(seconds=5) else ""


def by_others(at, spans):
    before, after = ([s for s in spans if s[0] <= at], [s for s in spans if s[0] > at])
    if before and at <= before[-1][1]:
        return "inside_another"
    return "between_invocations" if before and after else ""


@given(steps=STEPS)
@example(steps=[("start", 0, 0), ("start", 1, 0), ("start", 1, 1), ("end", 0, 2), ("end", 1, 0)])
def test_suspects_are_those_of_a_plain_reading(steps):
    text = text_of(steps)
    found = parse(text).suspects
    assert sorted(zip(found["line"], found["reason"], strict=True)) == sorted(plainly(text))
