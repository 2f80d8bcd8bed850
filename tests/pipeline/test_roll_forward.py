"""Opening + credits - debits + unexplained = closing for everybody, whatever is planted; and it is found."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path

import pytest
from filled import fill
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_roll_forward import complaints, roll_forward

from archive_text import (
    NEGATIVE,
    PUBLISHED,
    STREAM,
    end,
    line,
    processing,
    report,
    request,
    start,
    sync_error,
    transaction,
    write_export,
)
from balance_sync.generator import BreakPlan, generate_archive

REAL_LOGS = Path(__file__).parents[3] / "shared" / "logs"
EVERY_KIND = BreakPlan(**{one.name: 4 for one in fields(BreakPlan) if one.name != "per"})
RULE_OF = {
    "overdraft_subscription": "overdraft",
    "arithmetic": "arithmetic",
    "lost_update": "lost_update",
    "continuity_gap": "continuity",
    "duplicate_transaction": "duplicate_transaction",
    "repeated_delivery": "repeated_delivery",
    "negative_amount": "negative_amount",
    "sub_minor_unit": "sub_minor_unit",
}
"""Kinds of planted breaks whose note is a transaction."""

RULE_OF_MESSAGES = {name: name for name in ("failed_sync", "incomplete_sync", "repeated_message")}
# A payment balance below zero shows in not-in-sync records; a transaction meanwhile need not carry it.
RULE_OF_SUBSCRIBERS = {"discrepancy": "discrepancy", "overdraft_payment": "discrepancy"}


def not_found(tables, planted):
    """Name each planted break that no finding of its rule tells of."""
    found = {(row["rule"], row[name]) for row in tables["findings"] for name in ("transaction_id", "user_id")}
    started = {row["request_id"]: [] for row in tables["messages"]}
    for row in tables["messages"]:
        started[row["request_id"]].append(row["message_id"])
    for row in tables["findings"]:
        found |= {(row["rule"], message) for message in started.get(row["request_id"], ())}
    return [
        (kind, identifier)
        for kind, rule in (RULE_OF | RULE_OF_MESSAGES | RULE_OF_SUBSCRIBERS).items()
        for identifier in planted.get(kind, ())
        if (rule, identifier) not in found
    ]


def test_an_archive_with_every_break_adds_up_for_everybody(tmp_path):
    answer = generate_archive(tmp_path / "made", text_bytes=1_200_000, seed=7, breaks=EVERY_KIND)
    assert {kind: len(ids) for kind, ids in answer.planted.items()} == EVERY_KIND.counts(0)
    tables = fill(tmp_path / "made" / "logs", store=tmp_path / "store", summed=True).tables
    assert complaints(tables) == []
    assert not_found(tables, answer.planted) == []
    outcomes = {row["message_id"]: row["outcome"] for row in tables["messages"]}
    assert {outcomes[message] for message in answer.planted["rejected_negative"]} == {"rejected_negative"}
    by_rule = {rule: [] for rule in ("arithmetic", "lost_update", "continuity")}
    for row in tables["findings"]:
        by_rule.get(row["rule"], []).append(row["transaction_id"])
    assert {rule: sorted(ids) for rule, ids in by_rule.items()} == {
        rule: sorted(getattr(answer, rule)) for rule in by_rule
    }
    rolled = roll_forward(tables).values()
    # Nothing would be shown if no balance had moved without a reason.
    assert sum(bool(own.unexplained_continuity) for own in rolled) > 8
    assert sum(bool(own.unexplained_arithmetic) for own in rolled) >= 4


@pytest.mark.slow
@pytest.mark.skipif(
    not REAL_LOGS.is_dir(), reason=f"{REAL_LOGS} is absent: no real archive was rolled forward"
)
def test_the_real_export_adds_up_for_everybody(tmp_path):
    tables = fill(REAL_LOGS, store=tmp_path / "store", summed=True).tables
    assert tables["roll_forward"]
    assert complaints(tables) == []


def test_what_does_not_add_up_would_be_seen(tmp_path):
    generate_archive(tmp_path / "made", text_bytes=60_000, seed=2, breaks=BreakPlan.none())
    tables = fill(tmp_path / "made" / "logs", store=tmp_path / "store", summed=True).tables
    assert complaints(tables) == []
    tables["roll_forward"][0]["closing"] += Decimal("0.000000000000000001")
    assert len(complaints(tables)) == 1
    last = max(tables["transactions"], key=lambda row: row["logged_at"])
    last["new_balance"] += 1
    assert any("is off by" in text for text in complaints(tables))


@dataclass
class Plan:
    """Text of an archive, and what each break planted in it has to be found as."""

    text: list[str] = field(default_factory=list)
    planted: list[tuple[str, str]] = field(default_factory=list)


_CENTS = {"BHD": 3, "SAR": 2, "JPY": 0}
_KINDS = (
    *("none", "none", "arithmetic", "lost_update", "continuity", "negative_amount", "overdraft"),
    *("duplicate_transaction", "rejected", "failed_sync", "incomplete_sync", "discrepancy", "sub_minor_unit"),
)


@st.composite
def planted_archives(draw):
    """Draw subscribers, what they buy for how much, and which of it breaks and how."""
    plan = Plan()
    accounts = {
        f"U{user}": [draw(st.sampled_from(sorted(_CENTS))), Decimal(draw(st.integers(500, 90_000))), None]
        for user in range(draw(st.integers(1, 4)))
    }
    for number in range(1, draw(st.integers(1, 14)) + 1):
        user = draw(st.sampled_from(sorted(accounts)))
        _step(draw, plan, accounts[user], user, number)
    return plan


def _step(draw, plan, account, user, number):
    """Let a subscriber pay or be paid, with a break or none.

    The account is its currency, its balance and the balance before that.
    """
    currency, balance, last_old = account
    unit = Decimal(1).scaleb(-_CENTS[currency])
    amount = draw(st.integers(1, 400)) * unit
    credit = draw(st.booleans())
    # More than any tolerance, and never what would make up for another break.
    off = draw(st.integers(11, 9_000)) * unit + unit * 1_000_000
    kind = draw(st.sampled_from(_KINDS))
    old = balance
    if kind == "lost_update":
        if last_old is None or abs(last_old - balance) <= unit:
            kind = "none"
        else:
            old = last_old
    elif kind == "continuity":
        kind = "continuity" if last_old is not None else "none"
        old = balance + off if kind == "continuity" else balance
    elif kind == "negative_amount":
        amount = -amount
    elif kind == "sub_minor_unit":
        amount += unit / 8
    elif kind == "overdraft":
        credit, amount = False, max(old, Decimal(0)) + off
    new = old + amount if credit else old - amount
    if kind == "arithmetic":
        new += off
    note(kind)
    _write(plan, user, number, kind, credit=credit, figures=(currency, amount, old, new))
    if kind not in ("rejected", "failed_sync"):
        account[1], account[2] = new, old


def _write(plan, user, number, kind, *, credit, figures):
    currency, amount, old, new = figures
    fields_ = {
        "id": f"'T{number}'",
        "userId": f"'{user}'",
        "type": "'CREDIT'" if credit else "'DEBIT'",
        "currency": f"'{currency}'",
        "amount": f"{amount.normalize():f}",
        "oldBalance": f"{old.normalize():f}",
        "newBalance": f"{new.normalize():f}",
        "paymentBalance": f"{new.normalize():f}" if new >= 0 else "0",
        "metadata": f"""'{{"deliveryId":"d-{number}"}}'""",
    }
    at, one = number * 10_000, request(number)
    ending = {"rejected": line(at + 30, one, NEGATIVE, "ERROR"), "incomplete_sync": ""}.get(
        kind, line(at + 30, one, PUBLISHED)
    )
    if kind == "failed_sync":
        ending = line(at + 30, one, "Cannot reach the queue", "ERROR")
    if kind == "discrepancy":
        ending = sync_error(at + 25, one, user=f"'{user}'", subscription="10", payment="99.5") + ending
    body = (processing(at + 10, one, f"M{number}"), transaction(at + 20, one, **fields_), ending)
    plan.text += [start(at, one), *body, end(at + 50, one), report(at + 50, one)]
    if kind == "duplicate_transaction":
        again = request(500 + number)
        repeat = (processing(at + 1_010, again, f"M{number}b"), transaction(at + 1_020, again, **fields_))
        plan.text += [start(at + 1_000, again), *repeat, line(at + 1_030, again, PUBLISHED)]
        plan.text += [end(at + 1_050, again), report(at + 1_050, again)]
    if kind not in ("none", "rejected"):
        plan.planted.append((kind, user if kind == "discrepancy" else f"T{number}"))


@pytest.mark.slow
@settings(max_examples=20)
@given(planted_archives())
def test_breaks_of_any_kind_size_and_subscriber_are_found(plan):
    with tempfile.TemporaryDirectory() as folder:
        logs = write_export(Path(folder) / "logs", {STREAM: "".join(plan.text)})
        tables = fill(logs, store=Path(folder) / "store", summed=True).tables
    assert tables["rejects"] == []
    assert complaints(tables) == []
    found = {(row["rule"], row[name]) for row in tables["findings"] for name in ("transaction_id", "user_id")}
    assert set(plan.planted) <= found
    # Nor is there a break in a chain that nobody planted.
    for rule in ("arithmetic", "duplicate_transaction", "failed_sync", "incomplete_sync", "negative_amount"):
        planted = Counter(kind for kind, _ in plan.planted)[rule]
        assert sum(row["rule"] == rule for row in tables["findings"]) == planted
