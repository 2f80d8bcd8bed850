"""Which breaks an archive gets, how many, and when each is due."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields

from balance_sync.generator.people import Subscriber


@dataclass(frozen=True, kw_only=True)
class BreakPlan:
    """How often each kind of break is planted; 0 leaves it out.

    Parameters
    ----------
    overdraft_subscription
        Deductions from a subscription balance that does not cover them (the payment balance, being
        in step, goes below zero with it).
    overdraft_payment
        Subscribers whose payment balance alone stands below zero for some nights (they log
        not-in-sync records meanwhile).
    discrepancy
        Subscribers whose two balances differ by more than the tolerance, mostly for months.
    near_discrepancy
        Subscribers with not-in-sync records whose difference is within the tolerance.
    arithmetic
        Credits that arrive short of what amount and VAT say.
    lost_update
        Pairs of changes, moments apart, that start from the same balance.
    unapplied_change
        Changes of one night that are logged and never applied.
    continuity_gap
        Balances that move between two transactions.
    duplicate_transaction
        Transaction ids that are synced twice, the money moved twice.
    repeated_delivery
        Deliveries deducted twice under two transaction ids.
    negative_amount
        Deductions with a negative amount.
    incomplete_sync
        Messages that start syncing and show no outcome.
    failed_sync
        Messages that end in an error event, a timeout or a crash; some are delivered again and
        then succeed, which repeats the message.
    repeated_message
        Skipped messages that the queue delivers a second time.
    sub_minor_unit
        Amounts with more decimals than their currency has.
    rejected_negative
        Changes that the service refuses; where the record was dumped before, it shows the negative
        balance that was refused.
    anomaly
        Unusual but legal transactions: ten times the usual, or in the dead of night.
    per
        The counts are meant for so many transactions; 0: for the whole archive, whatever its size.
    """

    overdraft_subscription: int = 0
    overdraft_payment: int = 0
    discrepancy: int = 0
    near_discrepancy: int = 0
    arithmetic: int = 0
    lost_update: int = 0
    unapplied_change: int = 0
    continuity_gap: int = 0
    duplicate_transaction: int = 0
    repeated_delivery: int = 0
    negative_amount: int = 0
    incomplete_sync: int = 0
    failed_sync: int = 0
    repeated_message: int = 0
    sub_minor_unit: int = 0
    rejected_negative: int = 0
    anomaly: int = 0
    per: int = 0

    @classmethod
    def none(cls) -> BreakPlan:
        """Return a plan without breaks: every history reconciles and every rule stays silent."""
        return cls()

    @classmethod
    def realistic(cls) -> BreakPlan:
        """Return the shares of the real export, and rare cases of what it does not show."""
        return cls(
            overdraft_subscription=3,
            overdraft_payment=12,
            discrepancy=130,
            near_discrepancy=3,
            arithmetic=4,
            lost_update=8,
            unapplied_change=60,
            continuity_gap=25,
            duplicate_transaction=3,
            repeated_delivery=4,
            negative_amount=5,
            incomplete_sync=4,
            failed_sync=6,
            repeated_message=5,
            sub_minor_unit=6,
            rejected_negative=7,
            anomaly=8,
            per=10_000,
        )

    def counts(self, transactions: int) -> dict[str, int]:
        """Return how many of each kind an archive of about `transactions` gets, by kind."""
        return {
            item.name: _scaled(getattr(self, item.name), transactions, self.per)
            for item in fields(self)
            if item.name != "per"
        }


def _scaled(count: int, transactions: int, per: int) -> int:
    if per == 0 or count == 0:
        return count
    share = count * transactions / per
    return max(round(share), 1) if transactions * 4 >= per else round(share)


UNAPPLIED = "unapplied_change"
"""The one kind that belongs to a night instead of to chosen subscribers."""

_LASTING = ("discrepancy", "overdraft_payment", "near_discrepancy")
_MARGIN_DAYS = 3


class BreakSchedule:
    """Tells on each day which subscribers have which break coming.

    Each break goes to a subscriber of its own as long as there are enough of them; a subscriber who
    has one coming stays until it has happened.
    """

    def __init__(
        self, rng: random.Random, counts: dict[str, int], subscribers: list[Subscriber], *, days: int
    ) -> None:
        self.unapplied = counts[UNAPPLIED]
        self._due: dict[int, list[tuple[Subscriber, str]]] = {}
        candidates = [s for s in subscribers if not s.dusty and s.last_day - s.first_day >= 6] or subscribers
        rng.shuffle(candidates)
        taken = 0
        for kind, count in counts.items():
            if kind == UNAPPLIED:
                continue
            for _ in range(count):
                self._put(rng, candidates[taken % len(candidates)], kind, days)
                taken += 1

    def due(self, day: int) -> list[tuple[Subscriber, str]]:
        """Return the breaks that come up on `day`."""
        return self._due.pop(day, [])

    def _put(self, rng: random.Random, subscriber: Subscriber, kind: str, days: int) -> None:
        last = max(min(subscriber.last_day - _MARGIN_DAYS, days - 1 - _MARGIN_DAYS), subscriber.first_day, 0)
        first = min(subscriber.first_day, last)
        day = first if kind in _LASTING and rng.random() < 0.7 else rng.randint(first, last)
        self._due.setdefault(day, []).append((subscriber, kind))
