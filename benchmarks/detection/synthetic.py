"""Makes the transactions of a meal-subscription business with numpy, oddities of daily life included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from benchmarks.detection.planting import Row

from balance_sync.currency import minor_unit

START = datetime(2024, 1, 1, 21, 0, tzinfo=UTC)  # midnight in UTC+3
DAYS = 90
PRICES = {"BHD": (7.0, 8.0, 9.0, 10.5), "SAR": (81.0, 90.0, 100.0), "KWD": (7.5, 8.5)}
CORRECTIONS = (
    ("CREDIT", "COMPENSATION"),
    ("CREDIT", "CX_GIFT"),
    ("DEBIT", "INVALID_ENTRY"),
    ("DEBIT", "DOUBLE_ENTRY"),
)


def synthetic_rows(subscribers: int, seed: int, *, days: int = DAYS) -> list[Row]:
    """Return the transactions of so many subscribers over so many days, each chain of balances unbroken."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for number in range(subscribers):
        rows += _subscriber(random, number, days)
    return rows


def _subscriber(random: np.random.Generator, number: int, days: int) -> list[Row]:
    currency = str(random.choice(list(PRICES), p=(0.65, 0.3, 0.05)))
    price = float(random.choice(PRICES[currency]))
    moves = sorted(_moves(random, price, days), key=lambda move: move[0])
    balance, rows = _money(price * 30, currency), []
    for place, (minutes, direction, action, amount) in enumerate(moves):
        exact = _money(amount, currency)
        before, balance = balance, balance + (exact if direction == "CREDIT" else -exact)
        rows.append(
            {
                "transaction_id": f"01HZ{number:08X}{place:06X}{int(random.integers(16**8)):08X}",
                "user_id": f"subscriber-{number:06}",
                "logged_at": START + timedelta(minutes=minutes),
                "request_id": f"request-{number}-{place}",
                "type": direction,
                "source_kind": "PAYMENT" if action == "RENEW_SUBSCRIPTION" else "MANUAL",
                "action": action,
                "currency": currency,
                "amount": exact,
                "vat": Decimal(0),
                "old_balance": before,
                "new_balance": balance,
                "payment_balance": balance,
                "metadata": None,
                "outcome": "published",
                "source_id": f"{number:016x}",
                "line": 10 * place + 1,
            }
        )
    return rows


def _moves(random: np.random.Generator, price: float, days: int) -> list[tuple[float, str, str, float]]:
    """Return minutes since the start, direction, action and amount of a subscriber's transactions."""
    moves = []
    for day in range(days):
        if random.random() < 0.35:
            amount = price * (random.choice((2.0, 3.0, 0.5, 1.4)) if random.random() < 0.02 else 1.0)
            late = random.uniform(600, 1200) if random.random() < 0.006 else 0.0
            moves.append(
                (day * 1440 + 1 + random.exponential(3) + late, "DEBIT", "DELIVERY_DEDUCTION", amount)
            )
        if day % 30 == 5:
            bought = random.choice((5, 10, 20, 24))
            moves.append(
                (day * 1440 + random.normal(900, 180), "CREDIT", "RENEW_SUBSCRIPTION", price * bought)
            )
        if random.random() < 0.006:
            moves.append(
                (day * 1440 + random.uniform(540, 1380), "CREDIT", "ADD_DELIVERY_ADDONS", price * 1.5)
            )
        if random.random() < 0.002:
            direction, action = CORRECTIONS[random.integers(len(CORRECTIONS))]
            amount = price * float(random.lognormal(1.0, 1.2))
            moves.append((day * 1440 + random.uniform(480, 1320), direction, action, amount))
    return moves


def _money(amount: float, currency: str) -> Decimal:
    return Decimal(repr(round(float(amount), minor_unit(currency))))
