from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from meal_ledgers import MIDNIGHT, chained, found, identifiers, judged, ordinary_moves, transaction

from balance_sync.anomalies import warm_up
from balance_sync.anomalies.publish import publish
from balance_sync.anomalies.review import MOST_PER_SUBSCRIBER
from balance_sync.pipeline.processes import Processes

SLIP_AT = MIDNIGHT + timedelta(days=9, minutes=1, seconds=55)


def with_errors():
    """Return an ordinary ledger with one error of each of four kinds."""
    rows = ordinary_moves()
    rows += [
        transaction("user-003", SLIP_AT, 80, transaction_id="slip"),
        transaction("user-004", MIDNIGHT + timedelta(days=5, minutes=2), 9, transaction_id="once"),
        transaction(
            "user-004", MIDNIGHT + timedelta(days=5, minutes=2, seconds=12), 9, transaction_id="twice"
        ),
        transaction(
            "user-005",
            MIDNIGHT + timedelta(days=7, hours=3),
            40,
            action="CX_GIFT",
            type_="CREDIT",
            transaction_id="night-gift",
        ),
        transaction("user-006", MIDNIGHT + timedelta(days=8, hours=15), 7, transaction_id="daytime"),
    ]
    return chained(rows)


@pytest.fixture(scope="module")
def flagged(tmp_path_factory):
    with judged(with_errors(), tmp_path_factory.mktemp("spill")) as connection:
        yield found(connection, budget=6)


def reasons_of(result, identifier):
    return next(a.reasons for a in result.anomalies if a.context.transaction_id == identifier)


def test_planted_errors_are_found(flagged):
    assert {"slip", "twice", "night-gift", "daytime"} <= set(identifiers(flagged))


def test_the_review_budget_is_kept(flagged):
    assert len(flagged.anomalies) <= 6


def test_another_process_gives_the_same_to_the_last_bit(flagged, tmp_path):
    with judged(with_errors(), tmp_path) as connection, Processes(1) as executor:
        executor.submit(warm_up)
        again = found(connection, budget=6, executor=executor)
        assert again.anomalies == flagged.anomalies
        assert again.sample.tobytes() == flagged.sample.tobytes()


def test_scores_and_percentiles_fall_with_the_rank(flagged):
    scores = [anomaly.score for anomaly in flagged.anomalies]
    percentiles = [anomaly.percentile for anomaly in flagged.anomalies]
    assert scores == sorted(scores, reverse=True)
    assert percentiles == sorted(percentiles, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert all(90 < percentile < 100 for percentile in percentiles)


@pytest.mark.parametrize(
    ("identifier", "reason", "words"),
    [
        (
            "slip",
            "amount_subscriber",
            "amount 80.000 BHD; this subscriber's usual for DELIVERY_DEDUCTION is 7.000 BHD",
        ),
        (
            "slip",
            "amount_population",
            "amount 80.000 BHD; usual for DELIVERY_DEDUCTION in BHD is 7.000 to 9.000 BHD",
        ),
        (
            "twice",
            "repeat",
            "same action and amount as 12 s before; that happened once in 484 such transactions",
        ),
        ("night-gift", "action_subscriber", "CX_GIFT seen once in this subscriber's 18 transactions"),
        (
            "daytime",
            "hour_of_day",
            "15:00 local time (Asia/Bahrain); 1 of 484 DELIVERY_DEDUCTION in BHD fall in that hour, "
            "most (483) in 00:00–01:00",
        ),
    ],
)
def test_reasons_name_the_planted_cause(flagged, identifier, reason, words):
    told = {told.name: told.text for told in reasons_of(flagged, identifier)}
    assert told[reason] == words


def test_each_reason_carries_weight(flagged):
    for anomaly in flagged.anomalies:
        weights = [reason.weight for reason in anomaly.reasons]
        assert 1 <= len(weights) <= 3
        assert weights == sorted(weights, reverse=True)
        assert all(0 < weight <= 1 for weight in weights)


def test_without_its_cause_a_transaction_stands_lower(tmp_path):
    def rank_and_score(rows):
        with judged(rows, tmp_path) as connection:
            result = found(connection, budget=200)
        found_at = [
            (rank, a.score) for rank, a in enumerate(result.anomalies) if a.context.transaction_id == "slip"
        ]
        return found_at[0] if found_at else (999, 0.0)

    rank, score = rank_and_score(with_errors())
    usual = [
        row | ({"amount": Decimal(7)} if row["transaction_id"] == "slip" else {}) for row in with_errors()
    ]
    for row in usual:
        row.update(old_balance=None, payment_balance=None)
    rank_without, score_without = rank_and_score(chained(usual))
    assert score_without < score
    assert rank_without > rank


def test_what_a_rule_explains_is_not_repeated(tmp_path):
    rows = with_errors()
    slip = next(row for row in rows if row["transaction_id"] == "slip")
    slip["new_balance"] -= 1  # now the arithmetic is wrong, too
    with judged(rows, tmp_path) as connection:
        named = connection.execute(
            "SELECT DISTINCT rule FROM findings WHERE transaction_id = 'slip'"
        ).fetchall()
        result = found(connection, budget=20)
    assert ("arithmetic",) in named
    assert "slip" not in identifiers(result)
    assert "twice" in identifiers(result)
    assert result.explained >= 1


def test_mild_findings_explain_nothing(tmp_path):
    with judged(with_errors(), tmp_path) as connection:
        connection.execute(
            "INSERT INTO findings (rule, severity, transaction_id) VALUES ('sub_minor_unit', 'info', 'slip'),"
            " ('anomaly', 'warning', 'twice')"
        )
        result = found(connection, budget=6)
    assert {"slip", "twice"} <= set(identifiers(result))


def test_one_subscriber_does_not_fill_the_list(tmp_path):
    rows = ordinary_moves()
    for day in range(8):
        at = MIDNIGHT + timedelta(days=day, minutes=3)
        rows.append(transaction("user-003", at, 300 + 40 * day, type_="CREDIT", transaction_id=f"big-{day}"))
    with judged(chained(rows), tmp_path) as connection:
        result = found(connection, budget=20)
    assert sum(a.context.user_id == "user-003" for a in result.anomalies) == MOST_PER_SUBSCRIBER
    assert result.set_aside >= 5


def published_tables(rows, spill, *, threads):
    with judged(rows, spill, threads=threads) as connection:
        publish(connection, found(connection, budget=10, threads=threads))
        return [
            connection.execute(f"SELECT * EXCLUDE ({left_out}) FROM {table} ORDER BY {order}").fetchall()
            for table, order, left_out in (
                ("anomalies", "rank", "user_id"),
                ("anomaly_reasons", "rank, place", "rank"),
                ("findings", "finding_id", "logged_at"),
            )
        ]


def test_neither_threads_nor_the_order_of_rows_change_anything(tmp_path):
    rows = with_errors()
    shuffled = random.Random(4).sample(rows, len(rows))
    first = published_tables(rows, tmp_path, threads=1)
    assert published_tables(shuffled, tmp_path, threads=2) == first
    assert published_tables(rows, tmp_path, threads=2) == first
    assert len(first[0]) == 10


def test_publishing_twice_replaces(tmp_path):
    with judged(with_errors(), tmp_path) as connection:
        result = found(connection, budget=5)
        assert publish(connection, result) == publish(connection, result) == 5
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM anomalies), (SELECT count(*) FROM findings WHERE rule = 'anomaly')"
        ).fetchall()
        explanation, actual, severity = connection.execute(
            "SELECT explanation, actual, severity FROM findings"
            " WHERE rule = 'anomaly' AND transaction_id = 'slip'"
        ).fetchall()[0]
        totals = connection.execute("FROM anomaly_totals").fetchall()
    assert counts == [(5, 5)]
    assert totals == [(result.examined, result.explained, 5, result.set_aside, MOST_PER_SUBSCRIBER, 0)]
    assert severity == "warning"
    assert actual == 80
    assert explanation.startswith("More unusual than 9")
    assert "amount 80.000 BHD, this subscriber's usual for DELIVERY_DEDUCTION is 7.000 BHD" in explanation


@pytest.mark.parametrize("count", [0, 1, 19])
def test_too_few_transactions_have_no_usual(tmp_path, count):
    with judged(chained(ordinary_moves()[:count]), tmp_path) as connection:
        result = found(connection)
        assert publish(connection, result) == 0
        assert connection.execute("SELECT count(*) FROM anomalies").fetchall() == [(0,)]
    assert (result.anomalies, result.examined) == ((), count)


def test_a_budget_of_none_flags_none(tmp_path):
    with judged(with_errors(), tmp_path) as connection:
        assert found(connection, budget=0).anomalies == ()


def test_identical_transactions_are_all_usual(tmp_path):
    rows = [transaction("user-000", MIDNIGHT + timedelta(days=day), 8) for day in range(60)]
    with judged(chained(rows, start=Decimal(1000)), tmp_path) as connection:
        assert found(connection).anomalies == ()


def test_unstated_and_enormous_values_are_ranked_with_the_rest(tmp_path):
    rows = ordinary_moves(10)
    for number, (amount, currency, user) in enumerate(
        [(9, None, None), (10**15, "BHD", "user-001"), (0, "", "x")]
    ):
        at = MIDNIGHT + timedelta(days=3, hours=number)
        rows.append(
            transaction(
                user, at, amount, action=None, type_=None, currency=currency, transaction_id=f"odd-{number}"
            )
        )
    rows = chained(rows)
    rows.append(
        transaction("user-002", MIDNIGHT, 0, transaction_id="no-amount") | {"amount": None, "vat": None}
    )
    rows.append(transaction("user-002", MIDNIGHT, 1, transaction_id="no-time") | {"logged_at": None})
    with judged(rows, tmp_path) as connection:
        result = found(connection, budget=200)
        assert publish(connection, result) == len(result.anomalies)
    assert result.examined == len(rows)
    texts = [reason.text for anomaly in result.anomalies for reason in anomaly.reasons]
    assert not [text for text in texts if "nan" in text or "None" in text or "inf " in text]
