"""Every planted break shows in the text, and nothing else breaks."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from break_plans import EVERY_BREAK
from plain_reading import findings, read_archive

from balance_sync.generator import BreakPlan, generate_archive

FOUND_AS = {
    "overdraft_subscription": "overdraft_ledger",
    "arithmetic": "arithmetic",
    "lost_update": "lost_update",
    "continuity_gap": "continuity",
    "duplicate_transaction": "duplicate_ids",
    "repeated_delivery": "repeated_delivery",
    "negative_amount": "negative_amount",
    "sub_minor_unit": "sub_minor_unit",
}


def test_without_breaks_no_rule_fires(sound) -> None:
    _, answer, reading = sound
    found = findings(reading)
    for rule in (*FOUND_AS.values(), "overdraft_payment"):
        assert found[rule] == []
    assert reading.sync_errors == []
    assert set(found["outcomes"]) <= {"published", "already_synced", "skipped_create", "skipped_flag"}
    assert found["repeated_messages"] == 0
    assert answer.planted == {}


def test_as_many_breaks_are_planted_as_were_asked_for(broken) -> None:
    _, answer, _ = broken
    assert {kind: len(ids) for kind, ids in answer.planted.items()} == EVERY_BREAK.counts(0)


@pytest.mark.parametrize("kind", FOUND_AS)
def test_planted_transactions_are_found(kind, broken) -> None:
    _, answer, reading = broken
    found = findings(reading)[FOUND_AS[kind]]
    assert set(answer.planted[kind]) <= set(found)
    if kind not in ("overdraft_subscription", "lost_update"):
        assert answer.planted[kind] == found


@pytest.mark.parametrize("kind", FOUND_AS)
def test_each_kind_can_be_planted_alone(kind, tmp_path) -> None:
    answer = generate_archive(tmp_path, text_bytes=250_000, breaks=BreakPlan(**{kind: 2}))
    found = findings(read_archive(tmp_path / "logs"))
    fired = {rule for rule in FOUND_AS.values() if found[rule]}
    assert fired == {FOUND_AS[kind]}
    assert len(answer.planted[kind]) == len(found[FOUND_AS[kind]]) == 2


def test_unapplied_changes_are_lost_updates_of_what_comes_next(broken) -> None:
    _, answer, reading = broken
    users = {t["userId"] for t in reading.transactions if t["id"] in answer.planted["unapplied_change"]}
    lost = findings(reading)["lost_update"]
    assert len(users) == EVERY_BREAK.unapplied_change
    followed = {t["userId"] for t in reading.transactions if t["id"] in lost}
    assert len(users & followed) >= len(users) - 2
    days = {t["at"][:10] for t in reading.transactions if t["id"] in answer.planted["unapplied_change"]}
    assert len(days) == 1


def test_messages_end_as_planted(broken) -> None:
    _, answer, reading = broken
    endings = {}
    for message in sorted(reading.messages, key=lambda message: message["at"]):
        endings.setdefault(message["id"], []).append(message["outcome"])
    for kind, outcome in (
        ("incomplete_sync", ["incomplete"]),
        ("rejected_negative", ["rejected_negative"]),
    ):
        assert [endings[i] for i in answer.planted[kind]] == [outcome] * len(answer.planted[kind])
    for identifier in answer.planted["failed_sync"]:
        assert endings[identifier] in (["failed"], ["failed", "published"])
    for identifier in answer.planted["repeated_message"]:
        assert endings[identifier] in (["skipped_flag"] * 2, ["skipped_create"] * 2)


def test_failures_come_in_every_form(broken) -> None:
    _, _, reading = broken
    assert reading.kinds["TIMEOUT"] == 2
    assert reading.kinds["RUNTIME"] == 1
    assert reading.kinds["ERROR"] == 3


def test_payment_overdrafts_belong_to_those_subscribers(broken) -> None:
    _, answer, reading = broken
    users = {t["userId"] for t in reading.transactions if t["id"] in answer.overdraft_payment}
    assert set(answer.planted["overdraft_payment"]) & users
    both = [t for t in reading.transactions if t["id"] in answer.overdraft_payment]
    assert any(Decimal(t["newBalance"]) > 0 for t in both)


def test_near_discrepancies_stay_within_the_tolerance(broken) -> None:
    _, answer, reading = broken
    near = set(answer.planted["near_discrepancy"])
    gaps = [
        abs(Decimal(e["subscriptionBalance"]) - Decimal(e["paymentBalance"]))
        for e in reading.sync_errors
        if e["userId"] in near
    ]
    assert len(gaps) == answer.near_discrepancies > 0
    assert max(gaps) <= Decimal("0.005")


def test_anomalies_are_legal(broken) -> None:
    _, answer, reading = broken
    found = findings(reading)
    explained = {i for rule in (*FOUND_AS.values(), "overdraft_payment") for i in found[rule]}
    odd = [t for t in reading.transactions if t["id"] in answer.planted["anomaly"]]
    assert len(odd) == EVERY_BREAK.anomaly
    assert not {t["id"] for t in odd} & explained


def test_identifiers_never_repeat_unless_planted(broken) -> None:
    _, answer, reading = broken
    planted = {
        *(("transaction", i) for i in answer.planted["duplicate_transaction"]),
        *(("message", i) for i in answer.planted["repeated_message"]),
        *(("message", i) for i in answer.planted["failed_sync"]),
    }
    assert {key for key, count in reading.ids.items() if count > 1} <= planted


def test_realistic_breaks_grow_with_the_archive() -> None:
    small, large = (BreakPlan.realistic().counts(n) for n in (10_000, 1_000_000))
    assert all(large[kind] == 100 * count for kind, count in small.items())
    assert all(count > 0 for count in small.values())
    assert set(BreakPlan.none().counts(1_000_000).values()) == {0}


def test_older_records_lack_the_newer_fields(demo) -> None:
    _, _, reading = demo
    older = [t for t in reading.transactions if "type" not in t]
    assert 0.05 < len(older) / len(reading.transactions) < 0.25
    newer_fields = {"type", "source", "action", "paymentBalance", "updatePaymentBalance", "metadata"}
    for transaction in older:
        assert not newer_fields & set(transaction)
    first_newer = min(t["at"] for t in reading.transactions if "type" in t)
    assert first_newer < max(t["at"] for t in older)


def test_identifiers_carry_their_time(demo) -> None:
    _, _, reading = demo
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for t in reading.transactions[:200]:
        assert re.fullmatch(r"01[0-9A-HJKMNP-TV-Z]{24}", t["id"])
        made = sum(letters.index(c) * 32 ** (9 - n) for n, c in enumerate(t["id"][:10])) // 1000
        assert made > 1_700_000_000
