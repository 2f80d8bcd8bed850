"""What people decide moves what is like it, and nothing else, and nobody's say drowns the others'."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from meal_ledgers import MIDNIGHT, chained, found, identifiers, judged, ordinary_moves, transaction

from balance_sync.anomalies.features import FEATURES
from balance_sync.anomalies.learning import (
    FIRST_WORTH,
    MOST_OF_ONE_PERSON,
    PRIOR_WEIGHT,
    Lessons,
    weigh,
)
from balance_sync.anomalies.review import subject_of_candidate
from balance_sync.anomalies.scaling import Scaling
from balance_sync.feedback.statements import Decision, Entry, Scope, Statement

SCALING = Scaling(np.ones(len(FEATURES)))


def row(**features):
    return [float(features.get(name, 0)) for name in FEATURES]


def lessons(*taught):
    """Make lessons of (row, confirmed, who)."""
    values = np.array([values for values, _, _ in taught]).reshape(-1, len(FEATURES))
    return Lessons(values, np.array([yes for _, yes, _ in taught], bool), tuple(who for _, _, who in taught))


def worth(rows, taught, scores=None):
    given_scores = np.linspace(1, 0.1, len(rows)) if scores is None else np.array(scores)
    return weigh(given_scores, np.array(rows), lessons=taught, scaling=SCALING)


def test_what_is_like_a_confirmed_one_rises_and_the_rest_stays():
    rows = [row(pause=3), row(repeat=2), row(amount_both=1), row(amount_both=1.02)]
    told = worth(rows, lessons((row(amount_both=1), True, "a")))
    assert told.after[2] > told.after[0]
    assert told.after[3] > told.after[0]
    assert told.like_confirmed.tolist() == [0, 0, 1, 1]
    assert told.after[:2] == pytest.approx(told.before[:2], abs=1e-4)


def test_what_is_like_a_false_one_falls():
    rows = [row(pause=3), row(repeat=2)]
    told = worth(rows, lessons((row(pause=3), False, "a")))
    assert told.after[0] < told.before[0] / 2
    assert told.after[1] == pytest.approx(told.before[1], abs=1e-4)


@given(st.integers(1, 400))
def test_one_person_however_busy_cannot_bury_anything(said):
    rows = [row(pause=3)]
    told = worth(rows, lessons(*[(rows[0], False, "a")] * said))
    least = PRIOR_WEIGHT * told.before[0] / (PRIOR_WEIGHT + MOST_OF_ONE_PERSON)
    assert told.after[0] >= least - 1e-6


def test_others_are_heard_over_a_flood():
    rows = [row(pause=3)]
    flood = [(rows[0], False, "flooder")] * 300
    against = [(rows[0], True, name) for name in ("b", "c", "d") for _ in range(3)]
    assert worth(rows, lessons(*flood, *against)).after[0] > FIRST_WORTH


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_without_lessons_worth_follows_the_score(scores):
    told = worth([row()] * len(scores), lessons(), scores)
    assert told.after.tolist() == told.before.tolist()
    order = np.argsort(scores, kind="stable")
    assert (np.diff(told.after[order]) >= 0).all()


@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_worth_is_a_chance(random, size):
    rows = [row(pause=random.uniform(0, 9), repeat=random.uniform(0, 9)) for _ in range(size)]
    taught = [(random.choice(rows), random.random() < 0.5, random.choice("abc")) for _ in range(size)]
    told = worth(rows, lessons(*taught))
    assert ((told.after >= 0) & (told.after <= 1)).all()


def with_slips():
    """Return a ledger with two slips of a digit, three gifts at night and three quick repeats."""
    rows = ordinary_moves()
    for number in range(2):
        at = MIDNIGHT + timedelta(days=9, minutes=1, seconds=50 + number)
        rows.append(transaction(f"user-00{number}", at, 80, transaction_id=f"slip-{number}"))
    for number in range(3):
        at = MIDNIGHT + timedelta(days=7, hours=3, minutes=number)
        rows.append(
            transaction(
                f"user-01{number}",
                at,
                Decimal(40),
                action="CX_GIFT",
                type_="CREDIT",
                transaction_id=f"gift-{number}",
            )
        )
        at = MIDNIGHT + timedelta(days=5, minutes=2, seconds=30 + number)
        rows.append(transaction(f"user-02{number}", at, 9, transaction_id=f"repeat-{number}"))
        rows.append(
            transaction(f"user-02{number}", at + timedelta(seconds=9), 9, transaction_id=f"again-{number}")
        )
    return chained(rows)


def decided(result, decisions, *, scope=Scope.FINDING):
    """Decide about transactions of a list: ``{"slip-0": Decision.CONFIRMED}``."""
    subjects = {one.context.transaction_id: subject_of_candidate(one.context) for one in result.anomalies}
    return [
        Entry(
            number,
            Statement(
                subject=subjects[identifier],
                decision=decision,
                note="",
                decided_by="a",
                decided_at=datetime(2024, 2, 1, tzinfo=UTC),
                scope=scope,
            ),
            "",
            "",
        )
        for number, (identifier, decision) in enumerate(decisions.items(), start=1)
    ]


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    with judged(with_slips(), tmp_path_factory.mktemp("spill")) as session:
        yield session


def place(result, identifier):
    return identifiers(result).index(identifier) if identifier in identifiers(result) else 999


def test_a_false_positive_makes_its_like_stand_lower_in_the_next_list(connection):
    first = found(connection, budget=12)
    second = found(connection, budget=12, decisions=decided(first, {"gift-0": Decision.FALSE_POSITIVE}))
    assert place(first, "gift-1") < 999
    assert place(second, "gift-0") == 999
    assert place(second, "gift-1") > place(first, "gift-1")
    assert [one.subject.transaction_id for one in second.answered] == ["gift-0"]
    assert second.learned_from == 1


def test_a_confirmed_one_stays_takes_no_place_and_lifts_its_like(connection):
    first = found(connection, budget=12)
    second = found(connection, budget=12, decisions=decided(first, {"gift-0": Decision.CONFIRMED}))
    assert "gift-0" in identifiers(second)
    assert len(second.anomalies) == 13
    assert place(second, "gift-1") < place(first, "gift-1")
    reasons = {one.context.transaction_id: one.reasons for one in second.anomalies}
    told = [reason.text for reason in reasons["gift-1"] if reason.name == "feedback"]
    assert told == ["much like a transaction that was confirmed"]


def test_what_needs_information_or_is_said_of_everything_teaches_nothing(connection):
    first = found(connection, budget=12)
    asked = decided(first, {"gift-0": Decision.NEEDS_INFORMATION})
    wide = decided(first, {"gift-0": Decision.FALSE_POSITIVE}, scope=Scope.SUBSCRIBER)
    assert found(connection, budget=12, decisions=asked).anomalies == first.anomalies
    assert found(connection, budget=12, decisions=wide).learned_from == 0


def test_the_same_decisions_give_the_same_list_with_one_thread_and_with_two(connection):
    first = found(connection, budget=12)
    entries = decided(first, {"gift-0": Decision.FALSE_POSITIVE, "slip-0": Decision.CONFIRMED})
    one = found(connection, budget=12, decisions=entries)
    two = found(connection, budget=12, decisions=entries, threads=2)
    assert one.anomalies == two.anomalies
    assert [one.worth for one in one.anomalies] == sorted((a.worth for a in one.anomalies), reverse=True)


def test_only_what_is_logged_since_is_flagged(connection):
    since = MIDNIGHT + timedelta(days=8)
    result = found(connection, budget=50, since=since)
    assert result.anomalies
    assert all(one.context.logged_at >= since for one in result.anomalies)
    assert result.examined == len(with_slips())
