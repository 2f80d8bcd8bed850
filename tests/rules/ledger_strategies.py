"""Hypothesis strategies for tables that are small, plausible and nasty: ties, gaps, noise, repeats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from balance_sync.vocabulary import SuspectReason

START = datetime(2024, 1, 31, 20, 59, tzinfo=UTC)
NOISE = [
    Decimal(n)
    for n in ("0", "0", "0", "0.0005", "-0.0005", "0.0006", "0.005", "-0.0051", "0.000000000000000004")
]

users = st.sampled_from(["u1", "u1", "u1", "u1", "u2", None])
currencies = st.sampled_from(["BHD", "BHD", "BHD", "BHD", "SAR", "JPY", None])
times = st.integers(0, 5).map(lambda seconds: START + timedelta(seconds=seconds))
amounts = st.sampled_from(
    [Decimal(n) for n in ("1", "2.5", "3", "0.001", "-1.5", "0", "36.800000000000004", "0.5")]
)
balances = st.sampled_from([Decimal(n) for n in ("0", "1", "4", "5.5", "10", "-2", "8")])
noise = st.sampled_from(NOISE)
outcomes = st.sampled_from(["published", "published", "already_synced", None, "rejected_negative", "failed"])
requests = st.sampled_from(["r1", "r2", None])
messages = st.sampled_from(["m1", "m2", None])
deliveries = st.sampled_from(
    [
        "{}",
        '{"deliveryId":"d1"}',
        '{"deliveryId":"d1"}',
        '{"deliveryId":"d2"}',
        '{"deliveryId":""}',
        "{broken",
    ]
)


def maybe(strategy):
    return st.one_of(strategy, strategy, strategy, st.none())


@st.composite
def transaction_rows(draw):
    """Events that mostly follow from one another, so that chains hold as often as they break."""
    rows = []
    for line in range(1, draw(st.integers(0, 9)) + 1):
        if rows and draw(st.integers(0, 5)) == 0:
            rows.append(draw(st.sampled_from(rows)) | {"line": line, "logged_at": draw(times)})
            continue
        rows.append(_fresh_row(draw, rows, line))
    return rows


def _fresh_row(draw, rows, line):
    kind = draw(st.sampled_from(["CREDIT", "DEBIT", "DEBIT", None, "REFUND"]))
    amount, vat = draw(maybe(amounts)), draw(st.sampled_from([Decimal(0), Decimal("0.5"), None]))
    net = (amount or 0) - (vat or 0)
    start = draw(st.sampled_from(["new_balance", "new_balance", "old_balance", None]))
    follows = rows and start and rows[-1][start] is not None
    old = rows[-1][start] + draw(noise) if follows else draw(maybe(balances))
    change = net if kind == "CREDIT" else -net
    new = draw(maybe(balances)) if old is None or draw(st.integers(0, 4)) == 0 else old + change + draw(noise)
    return {
        "transaction_id": draw(st.sampled_from(["t1", "t2", "t3", "t4", "t5", None])),
        "user_id": draw(users),
        "logged_at": draw(times),
        "request_id": draw(requests),
        "message_id": draw(messages),
        "type": kind,
        "source_kind": None,
        "action": draw(
            st.sampled_from(["DELIVERY_DEDUCTION", "DELIVERY_DEDUCTION", "DELIVERY_DEDUCTION", None])
        ),
        "currency": draw(currencies),
        "amount": amount,
        "vat": vat,
        "old_balance": old,
        "new_balance": new,
        "payment_balance": draw(maybe(balances)),
        "update_payment_balance": None,
        "metadata": draw(deliveries),
        "outcome": draw(outcomes),
        "source_id": draw(st.sampled_from(["a", "b"])),
        "line": line,
    }


@st.composite
def sync_error_rows(draw):
    rows = []
    for line in range(1, draw(st.integers(0, 4)) + 1):
        subscription = draw(maybe(balances))
        near = subscription is not None and draw(st.booleans())
        payment = subscription + draw(noise) if near else draw(maybe(balances))
        rows.append(
            {
                "user_id": draw(users),
                "subscription_balance": subscription,
                "payment_balance": payment,
                "logged_at": draw(times),
                "request_id": draw(requests),
                "source_id": "c",
                "line": line,
            }
        )
    return rows


@st.composite
def message_rows(draw):
    return [
        {
            "message_id": draw(messages),
            "request_id": draw(requests),
            "started_at": draw(times),
            "outcome": draw(st.sampled_from(["published", "failed", "incomplete"])),
            "transaction_id": draw(st.sampled_from(["t1", "t2", "t3", None])),
            "source_id": "d",
            "line": line,
        }
        for line in range(1, draw(st.integers(0, 4)) + 1)
    ]


@st.composite
def suspect_rows(draw):
    reasons = [str(reason) for reason in SuspectReason]
    return [
        {
            "logged_at": draw(times),
            "said_at": draw(maybe(times)),
            "request_id": draw(requests),
            "kind": draw(st.sampled_from(["transaction", "sync_error", "processing", "published", "start"])),
            "reason": draw(st.sampled_from(reasons)),
            "began_at": draw(times),
            "ended_at": draw(times),
            "source_id": "e",
            "line": line,
        }
        for line in range(1, draw(st.integers(0, 3)) + 1)
    ]


tables = st.fixed_dictionaries(
    {
        "transactions": transaction_rows(),
        "sync_errors": sync_error_rows(),
        "messages": message_rows(),
        "suspects": suspect_rows(),
    }
)
