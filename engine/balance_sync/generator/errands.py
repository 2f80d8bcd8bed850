"""What happens to subscribers by day: renewals, payments, gifts, refunds and corrections."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import floor
from typing import Literal

import msgspec

from balance_sync.generator.calendar import Day
from balance_sync.generator.dumps import DumpWriter
from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.javascript import js_round
from balance_sync.generator.ledger import Ledger
from balance_sync.generator.people import Subscriber
from balance_sync.generator.records import Message

Style = Literal["gift", "paid", "taken", "refund"]

_DEBUGGED_DAYS = 5
_DEBUGGED = 0.16


@dataclass(frozen=True)
class Action:
    """A kind of change by day; `weight` is how often the real export shows it."""

    name: str
    source: str
    style: Style
    weight: int


ACTIONS = (
    Action("CUSTOMERS_CALO_EXPERIMENTS", "MANUAL_ADDITION", "gift", 116),
    Action("PAY_PENDING_AMOUNT", "PAYMENT", "paid", 101),
    Action("ADD_DELIVERY_ADDONS", "PAYMENT", "paid", 76),
    Action("INVAILID_ENTRY", "MANUAL_DEDUCTION", "taken", 54),
    Action("PURCHASE_ADDON_SUBSCRIPTION", "PAYMENT", "paid", 47),
    Action("REPLACE_FOOD", "PAYMENT", "paid", 28),
    Action("REFERRAL_REDEEM_DAYS", "MANUAL_ADDITION", "gift", 17),
    Action("CALO_TEAM_PERKS", "MANUAL_ADDITION", "gift", 15),
    Action("DOUBLE_ENTRY", "MANUAL_DEDUCTION", "taken", 13),
    Action("CASH_OR_BENEFIT_PAYMENT", "PAYMENT", "paid", 12),
    Action("FOREIGN_OBJECT", "REFUND", "refund", 8),
    Action("REFUNDED_MANUALLY", "MANUAL_DEDUCTION", "taken", 8),
    Action("DELIVERY_CANCELLATION", "MANUAL_ADDITION", "gift", 8),
    Action("LEAVING_THE_COUNTRY", "REFUND", "refund", 7),
    Action("COMPENSATION", "MANUAL_ADDITION", "gift", 7),
    Action("CUSTOMERS_INFLUENCERS", "MANUAL_ADDITION", "gift", 5),
    Action("CREDIT_TRANSFER", "MANUAL_DEDUCTION", "taken", 4),
    Action("MEDICAL_CONDITION", "REFUND", "refund", 3),
    Action("CX_GIFT", "MANUAL_ADDITION", "gift", 3),
    Action("REFERRAL_REDEEM_DISCOUNT", "MANUAL_ADDITION", "gift", 3),
    Action("CASH_OR_BENEFIT_PAYMENT", "MANUAL_ADDITION", "gift", 3),
    Action("FIXING_BALANCE", "MANUAL_DEDUCTION", "taken", 3),
    Action("REMOVING_DISCOUNT_CODE_CREDITS", "MANUAL_DEDUCTION", "taken", 3),
    Action("PARTIAL_REFUND", "REFUND", "refund", 2),
    Action("MANUAL_DISCOUNT", "MANUAL_ADDITION", "gift", 2),
    Action("FOOD_POISONING", "REFUND", "refund", 1),
    Action("OTHER", "MANUAL_ADDITION", "gift", 1),
    Action("OTHER", "MANUAL_DEDUCTION", "taken", 1),
)
_WEIGHTS = tuple(action.weight for action in ACTIONS)
ACTIONS_PER_DELIVERY = sum(_WEIGHTS) / 10_565
"""How many such changes come with one nightly delivery."""


class Desk:
    """Carries out one subscriber's change by day and returns its message."""

    def __init__(self, rng: random.Random, mint: IdentifierMint, ledger: Ledger) -> None:
        self._rng = rng
        self._ledger = ledger
        self._dumps = DumpWriter(rng, mint)

    def any_action(self, subscriber: Subscriber, day: Day, made_ms: int) -> Message:
        """Carry out an action drawn by its weight."""
        action = self._rng.choices(ACTIONS, _WEIGHTS)[0]
        if action.style in ("taken", "refund") and subscriber.balance - subscriber.floor < 1:
            action = ACTIONS[0]
        amount, vat = self._amounts(action.style, subscriber)
        return self._post(subscriber, day, made_ms, action.name, action.source, action.style, amount, vat)

    def renewal(self, subscriber: Subscriber, day: Day, made_ms: int) -> Message:
        """Renew a subscription: twenty deliveries are paid in advance."""
        days = self._rng.choice((20, 20, 24, 24, 40, 60))
        amount, vat = _with_tax(subscriber, subscriber.price * days)
        name = "AUTO_RENEW_SUBSCRIPTION" if self._rng.random() < 0.04 else "RENEW_SUBSCRIPTION"
        return self._post(subscriber, day, made_ms, name, "PAYMENT", "paid", amount, vat)

    def _post(
        self,
        subscriber: Subscriber,
        day: Day,
        made_ms: int,
        name: str,
        source: str,
        style: Style,
        amount: float,
        vat: float,
    ) -> Message:
        transaction = self._ledger.post(
            subscriber,
            day,
            made_ms=made_ms,
            kind="CREDIT" if style in ("gift", "paid") else "DEBIT",
            source=source,
            action=name,
            amount=amount,
            vat=vat,
        )
        message = self._ledger.message(subscriber, transaction)
        if day.index < _DEBUGGED_DAYS and self._rng.random() < _DEBUGGED:
            dump = self._dumps.any_dump(subscriber, transaction, name, source, made_ms, message.message_id)
            message = msgspec.structs.replace(message, dump=dump)
        return message

    def _amounts(self, style: Style, subscriber: Subscriber) -> tuple[float, float]:
        rng, decimals = self._rng, subscriber.market.decimals
        price = subscriber.price
        if style == "gift":
            return js_round(price * rng.choice((0.5, 1, 1, 2, 3, 5)), decimals), 0.0
        if style == "paid":
            return _with_tax(subscriber, price * rng.choice((0.1, 0.5, 0.6, 1, 1.2, 3.5)))
        spare = _whole(subscriber.balance - subscriber.floor, decimals)
        part = rng.choice((1.0, 1.0, 0.5, 0.25))
        net = spare if part == 1.0 else _whole(spare * part, decimals)
        if style == "taken":
            return net, 0.0
        rate = subscriber.market.vat / (1 - subscriber.market.vat)
        vat = js_round(net * rate, decimals)
        return js_round(net + vat, decimals), vat


def _with_tax(subscriber: Subscriber, net: float) -> tuple[float, float]:
    """Return what is paid for `net`, and the tax in it."""
    decimals = subscriber.market.decimals
    amount = js_round(net / (1 - subscriber.market.vat), decimals)
    return amount, js_round(amount * subscriber.market.vat, decimals)


def _whole(value: float, decimals: int) -> float:
    """Return `value` cut off at the minor unit."""
    scale: int = 10**decimals
    return floor(value * scale) / scale
