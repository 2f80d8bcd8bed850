"""What happens when a break is due, and its entry in the answer."""

from __future__ import annotations

import random
from collections.abc import Callable

from balance_sync.generator.calendar import Day
from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.incidents_by_day import DayIncidents
from balance_sync.generator.incidents_by_night import NightIncidents
from balance_sync.generator.javascript import js_round
from balance_sync.generator.ledger import Ledger
from balance_sync.generator.people import Subscriber
from balance_sync.generator.planting import Incident, Planted

_NEAR_TWO_DECIMALS = (0.001, 0.004, 0.005, 0.0)
_NEAR_THREE_DECIMALS = (0.0005, 0.0003, 0.0, 0.0001)

Act = Callable[[Subscriber, Day, int], Incident | None]


class Incidents:
    """Carries out breaks and notes what was planted."""

    def __init__(self, rng: random.Random, mint: IdentifierMint, ledger: Ledger) -> None:
        self.planted = Planted()
        self._rng = rng
        nightly = NightIncidents(rng, ledger, self.planted)
        daily = DayIncidents(mint, ledger, self.planted)
        self._nightly: dict[str, Act] = {
            "overdraft_subscription": nightly.overdraft,
            "continuity_gap": nightly.gap,
            "lost_update": nightly.lost_update,
            "repeated_delivery": nightly.repeated_delivery,
            "negative_amount": nightly.negative_amount,
            "incomplete_sync": nightly.incomplete,
            "failed_sync": nightly.failed,
            "sub_minor_unit": nightly.sub_minor_unit,
            "anomaly": nightly.ten_times,
        }
        self._daily: dict[str, Act] = {
            "arithmetic": daily.arithmetic,
            "duplicate_transaction": daily.duplicate,
            "repeated_message": daily.repeated_message,
            "rejected_negative": daily.rejected,
        }
        self.odd_hour = daily.odd_hour

    def is_daily(self, kind: str) -> bool:
        """Return whether `kind` happens by day; the others come with a nightly delivery."""
        return kind in self._daily

    def begin(self, subscriber: Subscriber, kind: str, day: Day) -> None:
        """Take up a break that is due: lasting ones start now, the others wait for their moment."""
        if kind == "discrepancy":
            self._set_apart(subscriber)
        elif kind == "overdraft_payment":
            nights = self._rng.randint(3, 9)
            subscriber.apart, subscriber.cured_on = True, day.index + nights + 1
            subscriber.payment = -js_round(subscriber.price * self._rng.uniform(0.2, 6), 2)
            subscriber.last_day = max(subscriber.last_day, day.index + nights)
        elif kind == "near_discrepancy":
            values = _NEAR_THREE_DECIMALS if subscriber.market.decimals == 3 else _NEAR_TWO_DECIMALS
            subscriber.near = values[self.planted.turn(kind) % len(values)]
        else:
            subscriber.waiting.append(kind)
            return
        self.planted.note(kind, subscriber.user_id)

    def happen(self, subscriber: Subscriber, kind: str, day: Day, made_ms: int) -> Incident | None:
        """Carry out `kind`; None where it cannot happen yet."""
        act = self._daily.get(kind) or self._nightly[kind]
        return act(subscriber, day, made_ms)

    def _set_apart(self, subscriber: Subscriber) -> None:
        """Let the payment balance stand off by the same amount from now on."""
        rng, price = self._rng, subscriber.price
        odd, vast = price * rng.uniform(0.1, 30), price * rng.randint(50, 900)
        offset = rng.choices((price, -price, price * 20, odd, vast), (30, 25, 20, 20, 5))[0]
        offset = js_round(offset, subscriber.market.decimals)
        if not subscriber.affords(-offset):
            offset = -offset
        subscriber.apart = True
        subscriber.payment = js_round(subscriber.balance + offset)
        subscriber.floor = max(-offset, 0.0)
