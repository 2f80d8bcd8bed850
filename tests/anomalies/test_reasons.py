from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from balance_sync.anomalies.context import Context
from balance_sync.anomalies.features import FEATURES
from balance_sync.anomalies.reason_words import money
from balance_sync.anomalies.reasons import KINDS

CONTEXT = Context(
    ledger_row=0,
    transaction_id="t",
    user_id="u",
    source_id="s",
    line=1,
    request_id="r",
    at_us=1_704_067_200_123_456,
    local_time="03:12",
    currency="BHD",
    action="GIFT",
    direction="CREDIT",
    amount=Decimal("120.000000000000000000"),
    new_balance=Decimal(500),
    usual_low=2.0,
    usual_high=8.5,
    same_action=1,
    population_low=5.0,
    population_high=100.0,
    population=40,
    pooled=False,
    seconds_after_identical=2.5,
    population_repeats=3,
    history=34,
    action_count=3,
    currency_count=11341,
    hour=3,
    hour_count=1,
    busiest_hour=23,
    busiest_count=9,
    pause_seconds=30.0,
    pause_low=3600.0,
    pause_high=400000.0,
    gap=-12.25,
    gap_before=0.0,
    balance_low=10.0,
    balance_high=250.0,
    usual_debit=8.0,
    relative_low=0.5,
    relative_high=2.25,
    near_count=3,
    near_population=700,
    near_others=4,
    day_count=6,
    day_others=1,
    day_sum=200.0,
    day_high=1.5,
    batch_count=7,
    batch_population=90,
    batch_others=14,
    source_kind="MANUAL_ADDITION",
    source_count=2,
    action_total=41,
    direction_total=43,
)


def words(name, **changed):
    kind = next(kind for kind in KINDS if kind.name == name)
    return kind.words(msgspec.structs.replace(CONTEXT, **changed), "Asia/Bahrain")


@pytest.mark.parametrize(
    ("name", "changed", "expected"),
    [
        (
            "amount_subscriber",
            {},
            "amount 120.000 BHD; this subscriber's usual for GIFT is 2.000 to 8.500 BHD",
        ),
        ("amount_population", {}, "amount 120.000 BHD; usual for GIFT in BHD is 5.000 to 100.000 BHD"),
        (
            "amount_population",
            {"pooled": True},
            "amount 120.000 BHD; usual for seldom seen credit actions in BHD is 5.000 to 100.000 BHD",
        ),
        (
            "amount_population",
            {"action": None, "currency": None},
            "amount 120.00; usual for credits without a stated action is 5.00 to 100.00",
        ),
        (
            "repeat",
            {},
            "same action and amount as 2.5 s before; that happened 3 times in 40 such transactions",
        ),
        ("action_subscriber", {}, "GIFT seen once in this subscriber's 34 transactions"),
        ("action_rarity", {}, "GIFT seen 3 times in 11,341 transactions in BHD"),
        (
            "hour_of_day",
            {},
            "03:12 local time (Asia/Bahrain); 1 of 40 GIFT in BHD fall in that hour, most (9) in 23:00–00:00",
        ),
        (
            "pause",
            {},
            "30 s after the subscriber's previous transaction; usual for GIFT is 60 min to 5 days",
        ),
        (
            "wallet_gap",
            {},
            "payment balance 12.250 BHD below the subscription balance, and not reported as out of sync",
        ),
        (
            "wallet_gap_step",
            {},
            "the difference between the two balances changed by 12.250 BHD since the previous transaction",
        ),
        ("balance", {}, "new balance 500.000 BHD; this subscriber's usual is 10.000 to 250.000 BHD"),
        (
            "amount_relative",
            {},
            "amount 120.000 BHD is 15 times this subscriber's usual debit; "
            "usual for GIFT is 0.5 to 2.25 times",
        ),
        (
            "near",
            {},
            "3 credits of this subscriber within ten minutes; as many are seen 4 times in 700 in BHD",
        ),
        (
            "day",
            {},
            "6 credits of this subscriber within half a day; as many are seen once in 700 in BHD",
        ),
        (
            "day_amount",
            {},
            "credits within half a day add up to 25 times this subscriber's usual debit; "
            "usual for GIFT is up to 1.5 times",
        ),
        (
            "batch",
            {},
            "7 transactions with the same action and amount in the same minute; "
            "as many are seen 14 times in 90 in BHD",
        ),
        (
            "source",
            {},
            "GIFT from manual addition; that is so 2 times in 41 such transactions",
        ),
        (
            "direction_of_action",
            {},
            "GIFT as a credit; that is so 41 times in 43 transactions of that action",
        ),
    ],
)
def test_words(name, changed, expected):
    assert words(name, **changed) == expected


def test_every_feature_has_words():
    assert {name for kind in KINDS for name in kind.features} == set(FEATURES)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("8"), "BHD", "8.000 BHD"),
        (Decimal("36.800000000000004"), "BHD", "36.800000000000004 BHD"),
        (Decimal("-0.5"), "SAR", "-0.50 SAR"),
        (Decimal("1E+3"), "JPY", "1000 JPY"),
        (0.1 + 0.2, "BHD", "0.300 BHD"),
        (5.684e-14, "SAR", "0.00 SAR"),
        (1e18, "JPY", "1000000000000000000 JPY"),
        (3.0, None, "3.00"),
        (None, "BHD", "an unstated amount"),
    ],
)
def test_money_has_its_currencys_decimals(amount, currency, text):
    assert money(amount, currency) == text


def test_logged_at_is_utc():
    assert CONTEXT.logged_at is not None
    assert CONTEXT.logged_at.isoformat() == "2024-01-01T00:00:00.123456+00:00"
