"""Nights on which the job misbehaved and levels that have moved: what is told, and what is not."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from meal_ledgers import MIDNIGHT, ZONE, chained, judged, ordinary_moves, transaction
from plain_periods import pettitt, unusual_days

from balance_sync.anomalies.periods import _find_levels, _read, record_periods

DAY_ONE = date(2024, 1, 2)
BAD = 30  # a Thursday, counted from the first day
BAD_DAY = DAY_ONE + timedelta(days=BAD)


def meals(subscribers=20, days=60, currency=lambda _: "BHD", price=lambda _number, _day: Decimal(8)):
    """Give a delivery a night to everybody, and a payment now and then."""
    rows = []
    for number in range(subscribers):
        user = f"user-{number:03}"
        for day in range(days):
            at = MIDNIGHT + timedelta(days=day, minutes=1, seconds=number)
            rows.append(transaction(user, at, price(number, day), currency=currency(number)))
        for day in range(number % 10, days, 10):
            at = MIDNIGHT + timedelta(days=day, hours=12, minutes=number)
            words = {"action": "RENEW_SUBSCRIPTION", "type_": "CREDIT", "currency": currency(number)}
            rows.append(transaction(user, at, 80, **words))
    return rows


def business_day(row):
    return (row["logged_at"] - MIDNIGHT).days


def is_debit(row):
    return row["type"] == "DEBIT"


def recorded(rows, tmp_path, *, messages=(), since=None, threads=1):
    """Give the rows of both tables as dictionaries."""
    with judged(chained([dict(row) for row in rows]), tmp_path, threads=threads) as connection:
        for moment, outcome in messages:
            connection.execute("INSERT INTO messages (started_at, outcome) VALUES (?, ?)", (moment, outcome))
        record_periods(connection, timezone=ZONE, since=since)
        tables = ("unusual_nights", "change_points")
        return tuple(connection.table(name).to_arrow_table().to_pylist() for name in tables)


def told(nights):
    return [
        (one["measure"], one["currency"], one["first_day"], one["last_day"], one["direction"])
        for one in nights
    ]


def test_ordinary_months_have_nothing_to_tell(tmp_path):
    assert recorded(meals(), tmp_path) == ([], [])


def test_too_short_an_archive_has_nothing_to_tell(tmp_path):
    assert recorded(ordinary_moves(), tmp_path) == ([], [])


def test_no_transactions_have_nothing_to_tell(tmp_path):
    assert recorded([], tmp_path) == ([], [])


def test_a_night_without_the_job_is_told(tmp_path):
    rows = [row for row in meals() if not (is_debit(row) and business_day(row) == BAD)]
    nights, changes = recorded(rows, tmp_path)
    assert told(nights) == [("debits", None, BAD_DAY, BAD_DAY, "fewer")]
    assert (nights[0]["seen"], nights[0]["usual"], nights[0]["nights"]) == (0, Decimal("20.0"), 1)
    assert nights[0]["explanation"] == "0 debits, usual on a Thursday: 20"
    assert changes == []


def test_nights_that_follow_each_other_are_one(tmp_path):
    rows = [row for row in meals() if not (is_debit(row) and BAD <= business_day(row) < BAD + 3)]
    nights, _ = recorded(rows, tmp_path)
    assert told(nights) == [("debits", None, BAD_DAY, BAD_DAY + timedelta(days=2), "fewer")]
    assert nights[0]["explanation"] == "0 debits on 3 days, usual: 60"


def test_a_night_that_was_processed_twice_is_told_as_that(tmp_path):
    rows = meals(40)
    rows += [
        transaction(row["user_id"], row["logged_at"] + timedelta(hours=1), row["amount"])
        for row in rows
        if is_debit(row) and business_day(row) == BAD
    ]
    nights, _ = recorded(rows, tmp_path)
    assert told(nights) == [
        ("repeats", None, BAD_DAY, BAD_DAY, "more"),
        ("debits", None, BAD_DAY, BAD_DAY, "more"),
    ]


def test_a_night_of_failures_is_told(tmp_path):
    at = MIDNIGHT + timedelta(days=BAD, minutes=2)
    failures = [(at, "failed")] * 9 + [(at, "published")] * 30
    nights, _ = recorded(meals(), tmp_path, messages=failures)
    assert told(nights) == [("failures", None, BAD_DAY, BAD_DAY, "more")]
    assert nights[0]["explanation"] == "9 messages that did not go through, usual on a Thursday: 0"


def test_a_night_that_one_currency_alone_missed_is_told_of_that_currency(tmp_path):
    rows = meals(60, currency=lambda number: "SAR" if number % 3 == 0 else "BHD")
    rows = [
        row for row in rows if not (is_debit(row) and business_day(row) == BAD and row["currency"] == "SAR")
    ]
    nights, _ = recorded(rows, tmp_path)
    assert told(nights) == [("debits", "SAR", BAD_DAY, BAD_DAY, "fewer")]
    assert nights[0]["explanation"] == "0 debits in SAR, usual on a Thursday: 20"


def test_quiet_weekdays_are_usual(tmp_path):
    rows = [
        row
        for row in meals(40)
        if not (is_debit(row) and business_day(row) % 7 in (2, 3) and row["user_id"] > "user-005")
    ]
    assert recorded(rows, tmp_path)[0] == []


def test_a_season_with_fewer_meals_is_usual_from_its_first_night(tmp_path):
    """A month of half as many, as a fast may bring, is no unusual night; that it began is told."""
    rows = [
        row
        for row in meals(60, days=150)
        if not (is_debit(row) and 60 <= business_day(row) < 90 and row["user_id"] >= "user-025")
    ]
    nights, changes = recorded(rows, tmp_path)
    assert nights == []
    assert [(one["measure"], one["first_day"], one["explanation"]) for one in changes] == [
        ("volume", DAY_ONE + timedelta(days=60), "25 debits a day in BHD, 60 before"),
        ("volume", DAY_ONE + timedelta(days=90), "60 debits a day in BHD, 25 before"),
    ]


def test_an_archive_that_ends_in_the_night_is_compared_up_to_then(tmp_path):
    """The last day has half of its usual debits because the other half is later in the night."""
    rows = meals(40)
    for row in rows:
        if is_debit(row) and row["user_id"] >= "user-020":
            row["logged_at"] += timedelta(hours=2)
    whole_nights = [row for row in rows if business_day(row) < 59 or row["logged_at"].hour == 21]
    assert recorded(whole_nights, tmp_path)[0] == []
    missed = [row for row in whole_nights if business_day(row) < 59 or row["user_id"] < "user-002"]
    missed.append(transaction("user-000", MIDNIGHT + timedelta(days=59, minutes=5), 8, transaction_id="last"))
    (night,) = recorded(missed, tmp_path)[0]
    assert (night["first_day"], night["seen"], night["usual"]) == (date(2024, 3, 1), 3, Decimal("20.0"))


@pytest.mark.parametrize("seed", range(6))
def test_nights_are_those_that_a_slow_reading_of_the_header_finds(seed, tmp_path):
    chance = random.Random(seed)
    quiet = {day: chance.choice((1.0, 1.0, 0.9, 0.7, 0.2)) for day in range(7)}
    bad = {day: chance.choice((0.0, 0.3, 2.0)) for day in chance.sample(range(59), 6)}
    rows = []
    for row in meals(50, currency=lambda number: ("BHD", "SAR", "KWD")[number % 3]):
        day = business_day(row)
        share = quiet[day % 7] * bad.get(day, 1.0) if is_debit(row) else 1.0
        if chance.random() < share:
            rows.append(row)
        if share > 1 and chance.random() < 0.8:
            rows.append(
                transaction(
                    row["user_id"], row["logged_at"] + timedelta(hours=1), 8, currency=row["currency"]
                )
            )
    last = max(row["logged_at"] for row in rows)
    for row in rows:  # so that the last day is a whole one
        if business_day(row) == 59 and row["logged_at"] == last:
            row["logged_at"] = MIDNIGHT + timedelta(days=59, hours=23, minutes=59)
    expected = unusual_days(rows, ZONE)
    nights, _ = recorded(rows, tmp_path)
    spread_out = {
        (one["measure"], one["currency"], one["first_day"] + timedelta(days=more)): one["direction"]
        for one in nights
        for more in range(one["nights"])
    }
    assert spread_out == {key: direction for key, (direction, _) in expected.items()}
    for one in nights:
        if one["nights"] == 1:
            usual = expected[one["measure"], one["currency"], one["first_day"]][1]
            assert one["usual"] == Decimal(str(usual))
    assert spread_out


def test_spending_that_doubles_for_good_is_told(tmp_path):
    rows = meals(25, price=lambda number, day: Decimal(16 if number == 7 and day >= 35 else 8))
    nights, changes = recorded(rows, tmp_path)
    assert nights == []
    (change,) = changes
    first_day = DAY_ONE + timedelta(days=35)
    assert (change["measure"], change["user_id"], change["currency"]) == ("spending", "user-007", "BHD")
    assert (change["first_day"], change["last_day"]) == (first_day, DAY_ONE + timedelta(days=59))
    assert (change["usual"], change["seen"]) == (Decimal(8), Decimal(16))
    assert change["explanation"] == "debits of about 16.000 BHD on a day that has any, 8.000 BHD before"
    (evidence,) = (
        row for row in rows if row["user_id"] == "user-007" and business_day(row) == 35 and is_debit(row)
    )
    assert change["transaction_id"] == evidence["transaction_id"]
    assert (change["source_id"], change["line"]) == (evidence["source_id"], evidence["line"])


def test_a_month_of_higher_spending_is_two_changes(tmp_path):
    rows = meals(25, days=120, price=lambda number, day: Decimal(20 if number == 7 and 30 <= day < 60 else 8))
    _, changes = recorded(rows, tmp_path)
    assert [(one["first_day"], one["last_day"], one["seen"]) for one in changes] == [
        (DAY_ONE + timedelta(days=30), DAY_ONE + timedelta(days=59), Decimal(20)),
        (DAY_ONE + timedelta(days=60), DAY_ONE + timedelta(days=119), Decimal(8)),
    ]


def test_a_single_day_of_high_spending_is_no_change(tmp_path):
    rows = meals(25, price=lambda number, day: Decimal(800 if number == 7 and day in (20, 41, 42) else 8))
    assert recorded(rows, tmp_path)[1] == []


def test_a_price_that_rises_for_everybody_is_nobodys_change(tmp_path):
    rows = meals(25, price=lambda _, day: Decimal(16 if day >= 35 else 8))
    assert recorded(rows, tmp_path)[1] == []


def test_a_balance_that_stays_where_it_never_was_is_told(tmp_path):
    rows = meals(25, days=90)
    at = MIDNIGHT + timedelta(days=44, hours=9)
    rows.append(transaction("user-003", at, 5000, action="CX_GIFT", type_="CREDIT", transaction_id="gift"))
    _, (change,) = recorded(rows, tmp_path)
    assert (change["measure"], change["user_id"], change["transaction_id"]) == ("balance", "user-003", "gift")
    assert change["first_day"] == DAY_ONE + timedelta(days=44)
    assert change["seen"] - change["usual"] > 4500


def test_renewals_and_their_use_are_no_change_of_the_balance(tmp_path):
    rows = [row for row in meals(25, days=120) if is_debit(row)]
    for number in range(25):
        for day in range(number, 120, 30):
            at = MIDNIGHT + timedelta(days=day, hours=12)
            rows.append(
                transaction(f"user-{number:03}", at, 240, action="RENEW_SUBSCRIPTION", type_="CREDIT")
            )
    assert recorded(rows, tmp_path)[1] == []


@pytest.mark.parametrize("seed", range(8))
def test_a_change_is_placed_where_a_slow_comparison_of_all_pairs_places_it(seed, tmp_path):
    chance = random.Random(seed)
    split = chance.randrange(12, 40)
    prices = [Decimal(chance.randrange(60, 110) + (120 if day >= split else 0)) / 10 for day in range(52)]
    rows = [row for row in meals(25, days=52) if row["user_id"] != "user-007"]
    rows += [
        transaction("user-007", MIDNIGHT + timedelta(days=day, minutes=1), price)
        for day, price in enumerate(prices)
    ]
    place, total = pettitt(prices)
    with judged(chained(rows), tmp_path) as connection:
        _find_levels(connection, timezone=ZONE)
        connection.execute(
            "DELETE FROM day_segments WHERE measure <> 'spending' OR user_id IS DISTINCT FROM 'user-007'"
        )
        changes, parameters = _read("change_points")
        found = connection.execute(f"SELECT first_day FROM ({changes})", parameters).fetchall()
    assert total > 0
    assert found == [(DAY_ONE + timedelta(days=place),)]


def test_only_what_is_since_a_day_is_told(tmp_path):
    rows = meals(25, price=lambda number, day: Decimal(16 if number == 7 and day >= 35 else 8))
    rows = [row for row in rows if not (is_debit(row) and business_day(row) == BAD)]
    nights, changes = recorded(rows, tmp_path, since=BAD_DAY + timedelta(days=1))
    assert (nights, len(changes)) == ([], 1)
    nights, changes = recorded(rows, tmp_path, since=DAY_ONE + timedelta(days=36))
    assert (nights, changes) == ([], [])


def test_the_order_of_rows_and_threads_changes_nothing(tmp_path):
    rows = meals(25, price=lambda number, day: Decimal(16 if number % 9 == 7 and day >= 35 else 8))
    rows = [row for row in rows if not (is_debit(row) and business_day(row) == BAD)]
    first = recorded(rows, tmp_path)
    random.Random(3).shuffle(rows)
    assert recorded(rows, tmp_path, threads=4) == first
    assert first[0]
    assert len(first[1]) == 2


def test_levels_are_the_same_where_what_is_usual_is_found_in_parts(tmp_path, monkeypatch):
    rows = meals(25, price=lambda number, day: Decimal(16 if number % 9 == 7 and day >= 35 else 8))
    first = recorded(rows, tmp_path)
    monkeypatch.setattr("balance_sync.anomalies.periods._parts", lambda _connection: 3)
    assert recorded(rows, tmp_path) == first
    assert len(first[1]) == 2


def test_times_before_all_and_after_all_do_no_harm(tmp_path):
    rows = meals(3, days=3)
    rows.append(transaction("user-000", datetime(2024, 1, 1, tzinfo=UTC), 8, transaction_id="early"))
    rows += [transaction(None, MIDNIGHT, 8, transaction_id="nobody"), transaction("user-1", MIDNIGHT, 0)]
    assert recorded(rows, tmp_path) == ([], [])
