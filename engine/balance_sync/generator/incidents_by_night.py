"""Breaks that come with a nightly delivery."""

from __future__ import annotations

import random

from balance_sync.generator.calendar import Day
from balance_sync.generator.javascript import js_number, js_round
from balance_sync.generator.ledger import Ledger
from balance_sync.generator.people import Subscriber
from balance_sync.generator.planting import Incident, Planted
from balance_sync.generator.records import Ending, Message

_FAILURES = (
    (Ending.ERROR, True),
    (Ending.TIMEOUT, True),
    (Ending.ERROR, False),
    (Ending.CRASH, True),
    (Ending.INVOKE_ERROR, False),
    (Ending.TIMEOUT, False),
)
"""The forms of a failure, and whether it strikes after the record was dumped.

After the dump the change is lost; before it the queue brings the message again and it succeeds.
"""


class NightIncidents:
    """Each method serves one subscriber's delivery with a break; None where it cannot happen yet."""

    def __init__(self, rng: random.Random, ledger: Ledger, planted: Planted) -> None:
        self._rng = rng
        self._ledger = ledger
        self._planted = planted

    def overdraft(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Take most of the balance away, then deduct a delivery that it no longer covers."""
        messages = []
        if subscriber.balance >= subscriber.price:
            decimals = subscriber.market.decimals
            rest = js_round(subscriber.price * 0.4, decimals)
            debit = self._ledger.post(
                subscriber,
                day,
                made_ms=made_ms,
                kind="DEBIT",
                source="MANUAL_DEDUCTION",
                action="REMOVING_DISCOUNT_CODE_CREDITS",
                amount=js_round(subscriber.balance - rest, decimals),
            )
            messages.append(self._ledger.message(subscriber, debit))
        transaction = self._ledger.deliver(subscriber, day, made_ms=made_ms + 900)
        self._planted.note("overdraft_subscription", transaction.transaction_id)
        return Incident([*messages, self._ledger.message(subscriber, transaction)], [])

    def gap(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Move the balance without a record, then deduct a delivery from there."""
        if subscriber.last_old is None:
            return None
        decimals = subscriber.market.decimals
        moved = js_round(subscriber.price * self._rng.choice((1.5, 2.5, 3.75)), decimals)
        if abs(subscriber.balance + moved - subscriber.last_old) < subscriber.price / 10:
            moved = js_round(moved * 1.5, decimals)
        subscriber.balance = js_round(subscriber.balance + moved)
        transaction = self._ledger.deliver(subscriber, day, made_ms=made_ms)
        self._planted.note("continuity_gap", transaction.transaction_id)
        return Incident([self._ledger.message(subscriber, transaction)], [])

    def lost_update(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Start two deductions from the same balance; the second overwrites the first."""
        first = self._ledger.deliver(subscriber, day, made_ms=made_ms, apply=False)
        amount = js_round(subscriber.price / 2, subscriber.market.decimals)
        second = self._ledger.deliver(subscriber, day, made_ms=made_ms + 40, amount=amount)
        self._planted.note("lost_update", second.transaction_id)
        return Incident([self._ledger.message(subscriber, t) for t in (first, second)], [])

    def repeated_delivery(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Deduct a delivery twice; only the newer schema shows which delivery it was."""
        if not day.typed or day.mixed or not subscriber.affords(2 * subscriber.price):
            return None
        first = self._ledger.deliver(subscriber, day, made_ms=made_ms)
        second = self._ledger.deliver(subscriber, day, made_ms=made_ms + 700, delivery_id=first.delivery_id)
        self._planted.note("repeated_delivery", second.transaction_id)
        return Incident([self._ledger.message(subscriber, t) for t in (first, second)], [])

    def negative_amount(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Deduct less than nothing: the balance grows."""
        amount = -self._rng.choice((1.0, 1.5, 2.0, 17.0))
        return self._odd_delivery("negative_amount", subscriber, day, made_ms, amount)

    def sub_minor_unit(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Deduct an amount with more decimals than the currency has."""
        amount = _too_fine(subscriber.price, subscriber.market.decimals)
        return self._odd_delivery("sub_minor_unit", subscriber, day, made_ms, amount)

    def ten_times(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Deduct ten times the usual, where the account bears it: odd, and legal."""
        if not subscriber.affords(10 * subscriber.price):
            return None
        amount = js_round(subscriber.price * 10, subscriber.market.decimals)
        return self._odd_delivery("anomaly", subscriber, day, made_ms, amount)

    def incomplete(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Apply a deduction whose message shows no outcome."""
        transaction = self._ledger.deliver(subscriber, day, made_ms=made_ms)
        message = self._ledger.message(subscriber, transaction, ending=Ending.SILENT)
        self._planted.note("incomplete_sync", message.message_id)
        return Incident([message], [])

    def failed(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Fail, in one form after the other."""
        ending, dumped = _FAILURES[self._planted.turn("failed_sync") % len(_FAILURES)]
        transaction = self._ledger.deliver(subscriber, day, made_ms=made_ms, apply=not dumped)
        message = self._ledger.message(subscriber, transaction, ending=ending if dumped else None)
        self._planted.note("failed_sync", message.message_id)
        if dumped:
            return Incident([message], [])
        return Incident([Message(message.message_id, ending, subscriber.user_id)], [message])

    def _odd_delivery(
        self, kind: str, subscriber: Subscriber, day: Day, made_ms: int, amount: float
    ) -> Incident:
        transaction = self._ledger.deliver(subscriber, day, made_ms=made_ms, amount=amount)
        self._planted.note(kind, transaction.transaction_id)
        return Incident([self._ledger.message(subscriber, transaction)], [])


def _too_fine(price: float, decimals: int) -> float:
    """Return an amount near `price` with the noise that adding doubles leaves, or a part of it."""
    noisy = (price * factor for factor in (1.1, 1.2, 1.3, 0.7, 2.3, 1.7))
    parts = (js_round(price / divisor, decimals + 1) for divisor in (7, 9, 11, 13, 17))
    fine = [amount for amount in noisy if _decimals(amount) > 10]
    return (fine or [amount for amount in parts if _decimals(amount) > decimals])[0]


def _decimals(amount: float) -> int:
    return len(js_number(amount).partition(".")[2])
