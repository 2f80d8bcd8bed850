"""Messages and what became of them, against a plain reading of the definition."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from archive_text import (
    ALREADY_SYNCED,
    DAY,
    PUBLISHED,
    SKIPPED_CREATE,
    SKIPPED_FLAG,
    event,
    line,
    processing,
    report,
    request,
    stamp,
    sync_error,
    transaction,
)
from balance_sync.logs.messages import follow_messages
from balance_sync.logs.tables import parse_batch
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source

ONE, TWO = request(1), request(2)
BREAKS = ("timeout", "report")
STEP = st.fixed_dictionaries(
    {
        "request_id": st.sampled_from([ONE, TWO, None]),
        "at": st.integers(0, 5),
        "source": st.integers(0, 1),
        "what": st.sampled_from(
            ["processing", "transaction", "published", "failed", "already_synced", "timeout", "report"]
        ),
    }
)


def frame(steps: list[dict[str, Any]]) -> pl.DataFrame:
    rows = [
        {
            "part": [ONE, TWO].index(step["request_id"]) if step["request_id"] else None,
            "request_id": step["request_id"],
            "at": DAY + timedelta(milliseconds=step["at"]),
            "source": step["source"],
            "line": place,
            "kind": step["what"],
            "outcome": None
            if step["what"] in ("processing", "transaction")
            else "failed"
            if step["what"] in BREAKS
            else step["what"],
            "message_id": f"M{place}" if step["what"] == "processing" else None,
            "transaction_id": f"T{place}" if step["what"] == "transaction" else None,
        }
        for place, step in enumerate(steps)
    ]
    time = pl.Datetime("us", "UTC")
    texts = dict.fromkeys(("request_id", "kind", "outcome", "message_id", "transaction_id"), pl.String)
    numbers = {"part": pl.UInt32, "source": pl.UInt32, "line": pl.Int64}
    return pl.DataFrame(rows, schema={**texts, **numbers, "at": time})


def fail_open(messages: dict[str, Any], breaks: list[tuple[str, set[str]]]) -> None:
    """Fail what was open of a request when it was broken off, each time with the messages begun by then."""
    for request_id, begun in breaks:
        for message_id in begun:
            if messages[message_id]["request"] == request_id and messages[message_id]["outcome"] is None:
                messages[message_id]["outcome"] = "failed"


def told_plainly(steps: pl.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
    """Walk through each request in the order (time, source, line)."""
    messages: dict[str, Any] = {}
    transactions: dict[str, Any] = {}
    rows = [row for row in steps.rows(named=True) if row["request_id"]]
    current: dict[str, str] = {}
    breaks: list[tuple[str, set[str]]] = []
    for row in sorted(rows, key=lambda row: (row["at"], row["source"], row["line"])):
        own = current.get(row["request_id"])
        if row["kind"] == "processing":
            current[row["request_id"]] = row["message_id"]
            messages[row["message_id"]] = {
                "outcome": None,
                "transaction": None,
                "request": row["request_id"],
            }
        elif row["kind"] == "transaction":
            transactions[row["transaction_id"]] = own
            if own and messages[own]["transaction"] is None:
                messages[own]["transaction"] = row["transaction_id"]
        elif row["kind"] in BREAKS:
            breaks.append((row["request_id"], set(messages)))
            if own and messages[own]["outcome"] is None:
                messages[own]["outcome"] = "failed"
        elif own and messages[own]["outcome"] is None:
            messages[own]["outcome"] = row["outcome"]
    fail_open(messages, breaks)
    for message in messages.values():
        message["outcome"] = message["outcome"] or "incomplete"
        del message["request"]
    return messages, transactions


@given(st.lists(STEP, max_size=25), st.randoms(use_true_random=False))
def test_messages_are_those_of_a_plain_walk(steps: list[dict[str, Any]], order: random.Random) -> None:
    table = frame(steps)
    shuffled = table[order.sample(range(table.height), table.height)] if table.height else table
    messages, of_transactions = follow_messages(shuffled)
    expected, owners = told_plainly(table)
    assert {
        row["message_id"]: {"outcome": row["outcome"], "transaction": row["transaction_id"]}
        for row in messages.rows(named=True)
    } == expected
    for row in of_transactions.rows(named=True):
        owner = owners[f"T{row['line']}"]
        assert row["message_id"] == owner
        assert row["outcome"] == (expected[owner]["outcome"] if owner else None)
    assert of_transactions.height == len(owners)


def tables(*texts: str) -> Any:
    pieces = [
        TextPiece(Source(str(place), "", 0, 0, "", None), text.encode(), 0, 1, True, Reading())
        for place, text in enumerate(texts)
    ]
    return parse_batch(pieces)


def outcomes(*texts: str) -> dict[str, str]:
    return dict(tables(*texts).messages.select("message_id", "outcome").iter_rows())


def test_each_message_has_the_first_outcome_that_it_shows() -> None:
    text = "".join(
        (
            *(processing(0, ONE, "A"), line(1, ONE, PUBLISHED), line(2, ONE, "broken", "ERROR")),
            *(processing(3, ONE, "B"), line(4, ONE, "broken", "ERROR"), line(5, ONE, PUBLISHED)),
            *(processing(6, ONE, "C"), line(7, ONE, ALREADY_SYNCED), sync_error(8, ONE)),
            *(processing(9, ONE, "D"), sync_error(10, ONE), line(11, ONE, "unremarkable")),
            *(processing(12, ONE, "E"), line(13, ONE, SKIPPED_FLAG)),
            *(processing(14, ONE, "F"), line(15, ONE, SKIPPED_CREATE)),
            *(processing(16, TWO, "G"), report(17, TWO, status="timeout")),
        )
    )
    assert outcomes(text) == {
        "A": "published",
        "B": "failed",
        "C": "already_synced",
        "D": "incomplete",
        "E": "skipped_flag",
        "F": "skipped_create",
        "G": "failed",
    }


def test_timeouts_and_crashes_fail_the_message_that_they_end() -> None:
    timeout = event(5, f"{stamp(5)} {ONE} Task timed out after 3.00 seconds")
    crash = event(5, f"RequestId: {TWO} Error: Runtime exited\nRuntime.ExitError")
    text = (
        processing(0, ONE, "A") + processing(0, TWO, "B") + processing(0, request(3), "C") + timeout + crash
    )
    assert outcomes(text) == {"A": "failed", "B": "failed", "C": "incomplete"}


def test_a_broken_invocation_fails_all_of_its_open_messages() -> None:
    """But none that begins behind it, as where the same request is tried again."""
    broken = event(5, f"{stamp(5)} {ONE} Task timed out after 3.00 seconds")
    text = processing(0, ONE, "A") + processing(1, ONE, "B") + line(2, ONE, PUBLISHED)
    text += processing(3, ONE, "C") + broken + processing(6, ONE, "D")
    assert outcomes(text) == {"A": "failed", "B": "published", "C": "failed", "D": "incomplete"}
    assert outcomes(text + report(9, ONE)) == outcomes(text)


def test_order_is_time_and_never_position() -> None:
    parts = [processing(0, ONE, "A"), transaction(1, ONE), line(2, ONE, PUBLISHED), processing(3, ONE, "B")]
    for seed in range(8):
        random.Random(seed).shuffle(parts)
        found = tables("".join(parts))
        assert outcomes("".join(parts)) == {"A": "published", "B": "incomplete"}
        assert found.transactions.select("message_id", "outcome").rows() == [("A", "published")]


def test_events_of_one_time_are_in_the_order_of_their_lines() -> None:
    text = processing(0, ONE, "A") + line(0, ONE, PUBLISHED) + processing(0, ONE, "B") + transaction(0, ONE)
    assert outcomes(text) == {"A": "published", "B": "incomplete"}
    assert tables(text).transactions["message_id"].to_list() == ["B"]


def test_requests_may_interleave() -> None:
    first = processing(0, ONE, "A") + processing(1, TWO, "B") + line(2, ONE, PUBLISHED)
    assert outcomes(first + line(3, TWO, "broken", "ERROR")) == {"A": "published", "B": "failed"}


def test_a_batch_follows_each_source_for_itself() -> None:
    text = processing(0, ONE, "A") + transaction(1, ONE) + line(2, ONE, PUBLISHED)
    found = tables(text, text)
    assert found.messages.select("source", "outcome").rows() == [(0, "published"), (1, "published")]
    assert found.transactions["message_id"].to_list() == ["A", "A"]
    assert found.invocations.select("source", "status").rows() == [(0, "unseen"), (1, "unseen")]


def test_a_transaction_before_any_message_has_none() -> None:
    found = tables(transaction(0, ONE) + processing(1, ONE, "A") + line(2, ONE, PUBLISHED))
    assert found.transactions.select("message_id", "outcome").rows() == [(None, None)]
    assert found.messages["transaction_id"].to_list() == [None]


def test_a_redelivered_message_is_a_message_each_time() -> None:
    text = (
        processing(0, ONE, "A")
        + line(1, ONE, "broken", "ERROR")
        + processing(2, TWO, "A")
        + line(3, TWO, PUBLISHED)
    )
    assert tables(text).messages["outcome"].to_list() == ["failed", "published"]
