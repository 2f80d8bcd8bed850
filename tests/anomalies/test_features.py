from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meal_ledgers import MIDNIGHT, ZONE, chained, fill, judged, ordinary_moves, transaction

from balance_sync.anomalies.context import fetch_contexts
from balance_sync.anomalies.feature_values import iter_features, sample_features
from balance_sync.anomalies.features import FEATURES, build_features
from balance_sync.rules.ledger import build_ledger
from balance_sync.rules.workbench import workbench
from balance_sync.schema import TRANSACTIONS


def feature(connection, name, identifier):
    rows = connection.execute(
        f"SELECT f.{name} FROM transaction_features AS f"
        " JOIN numbered_ledger AS l ON f.ledger_row = l.event_number"
        " WHERE l.transaction_id = $id",
        {"id": identifier},
    ).fetchall()
    assert len(rows) == 1
    return rows[0][0]


def built(rows, spill, **more):
    return judged(chained(rows), spill, **more)


def test_an_amount_is_compared_with_the_subscribers_own(tmp_path):
    rows = ordinary_moves()
    rows.append(
        transaction("user-000", MIDNIGHT + timedelta(days=3, minutes=5), 9, transaction_id="usual-for-others")
    )
    with built(rows, tmp_path) as connection:
        build_features(connection, timezone=ZONE)
        assert feature(connection, "amount_subscriber", "usual-for-others") == pytest.approx(np.log(9 / 7))
        assert feature(connection, "amount_population", "usual-for-others") == 0
        assert feature(connection, "amount_both", "usual-for-others") == 0


def test_a_short_history_is_compared_with_the_population_only(tmp_path):
    rows = ordinary_moves()
    rows += [
        transaction("new", MIDNIGHT + timedelta(days=day), 8 if day else 90, transaction_id=f"new-{day}")
        for day in range(7)
    ]
    with built(rows, tmp_path) as connection:
        build_features(connection, timezone=ZONE)
        assert feature(connection, "amount_subscriber", "new-0") == 0
        assert feature(connection, "amount_population", "new-0") == pytest.approx(np.log(10))


def test_the_amount_that_is_judged_is_no_part_of_a_short_usual_range(tmp_path):
    rows = ordinary_moves()
    rows += [
        transaction(
            "user-000", MIDNIGHT + timedelta(days=day, hours=14), 10 if day < 3 else 100, action="ADD_ON"
        )
        for day in range(4)
    ]
    with built(rows, tmp_path) as connection:
        build_features(connection, timezone=ZONE)
        assert feature(connection, "amount_subscriber", rows[-1]["transaction_id"]) == pytest.approx(
            np.log(10)
        )


@pytest.mark.parametrize(
    ("seconds", "other", "repeats"),
    [(30, {}, True), (121, {}, False), (30, {"amount": Decimal(8)}, False), (30, {"action": "OTHER"}, False)],
)
def test_a_repeat_is_the_same_again_within_two_minutes(tmp_path, seconds, other, repeats):
    at = MIDNIGHT + timedelta(days=4, hours=6)
    rows = ordinary_moves()
    rows += [
        transaction("user-000", at, 5, transaction_id="first"),
        transaction("user-000", at + timedelta(seconds=seconds / 2), 6, transaction_id="between"),
        transaction("user-000", at + timedelta(seconds=seconds), 5, transaction_id="again") | other,
    ]
    with built(rows, tmp_path) as connection:
        build_features(connection, timezone=ZONE)
        assert feature(connection, "repeat", "first") == 0
        assert (feature(connection, "repeat", "again") > 2) is repeats


@pytest.mark.parametrize(("timezone", "hour"), [("Asia/Bahrain", 0), ("UTC", 21), ("America/New_York", 16)])
def test_hours_are_those_of_the_business_time_zone(tmp_path, timezone, hour):
    with built(ordinary_moves(5), tmp_path) as connection:
        build_features(connection, timezone=timezone)
        (context, *_), _ = fetch_contexts(connection, [0], timezone=timezone)
    assert context.busiest_hour == hour


def test_a_gap_that_is_reported_counts_for_nothing(tmp_path):
    rows = ordinary_moves()
    at = MIDNIGHT + timedelta(days=20)
    for name in ("reported", "unreported"):
        rows.append(transaction(f"user-{name}", at, 7, transaction_id=name))
    chained(rows)
    for row in rows[-2:]:
        row["payment_balance"] += 70
    error = {
        "user_id": "user-reported",
        "subscription_balance": rows[-2]["new_balance"],
        "payment_balance": rows[-2]["payment_balance"],
        "logged_at": at,
        "request_id": "request-reported",
        "source_id": "s",
        "line": 1,
    }
    with judged(rows, tmp_path, sync_errors=[error]) as connection:
        build_features(connection, timezone=ZONE)
        assert feature(connection, "wallet_gap", "reported") == 0
        assert feature(connection, "wallet_gap", "unreported") == pytest.approx(np.log(1 + 70 / 8))


def test_chunks_hold_each_transaction_once(tmp_path):
    with built(ordinary_moves(), tmp_path, threads=2) as connection:
        count = build_features(connection, timezone=ZONE)
        chunks = list(iter_features(connection, chunk_rows=100))
        sample = sample_features(connection, count)
    rows = np.concatenate([chunk.ledger_rows for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    assert sorted(rows) == list(range(count))
    assert values.shape == (count, len(FEATURES))
    assert sorted(map(tuple, values)) == sorted(map(tuple, sample))


def test_a_sample_of_many_is_a_part_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr("balance_sync.anomalies.feature_values.SAMPLE_ROWS", 100)
    with built(ordinary_moves(), tmp_path) as connection:
        count = build_features(connection, timezone=ZONE)
        sample = sample_features(connection, count)
    assert 50 < len(sample) < 150


odd_rows = st.lists(
    st.builds(
        lambda user, seconds, amount, action, kind, currency, balance: (
            transaction(
                user, MIDNIGHT + timedelta(seconds=seconds), 1, action=action, type_=kind, currency=currency
            )
            | {"amount": amount, "new_balance": balance, "old_balance": balance, "payment_balance": balance}
        ),
        st.sampled_from(["u", "u", "v", None]),
        st.integers(0, 10**7),
        st.sampled_from(
            [None, Decimal(0), Decimal(-3), Decimal("0.000000000000000001"), Decimal(10**19), Decimal(8)]
        ),
        st.sampled_from(["A", "A", "A", "B", None]),
        st.sampled_from(["CREDIT", "DEBIT", None]),
        st.sampled_from(["BHD", "JPY", "", None]),
        st.sampled_from([None, Decimal(0), Decimal(5), Decimal(-(10**19))]),
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def bench():
    with workbench() as connection:
        yield connection


@settings(max_examples=25)
@given(rows=odd_rows)
def test_features_are_finite_and_never_negative_for_any_rows(rows, bench):
    rows = [row | {"line": place, "transaction_id": f"t{place}"} for place, row in enumerate(rows)]
    bench.execute("DELETE FROM transactions")
    fill(bench, "transactions", TRANSACTIONS, rows)
    build_ledger(bench, check_lock=False)
    values = sample_features(bench, build_features(bench, timezone=ZONE))
    assert values.shape == (len(rows), len(FEATURES))
    assert np.isfinite(values).all()
    assert (values >= 0).all()


def test_scikit_learn_is_imported_only_when_asked_for():
    code = (
        "import sys; import balance_sync.anomalies as a, balance_sync.anomalies.publish; "
        "before = 'sklearn' in sys.modules; a.warm_up(); print(before, 'sklearn' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.split() == ["False", "True"]
