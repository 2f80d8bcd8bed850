"""The `metadata` of transactions: JSON in dozens of shapes, with JSON inside it, Arabic and quotes.

Every shape follows what the service writes for the action; the identifiers, dishes, people and
messages in it are made up. A value is returned as it stands in the log: quoted by Node's rules.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from balance_sync.generator.calendar import FIRST_DAY
from balance_sync.generator.catalogue import DIETS, DISHES, EXTRAS, GIFT_NOTES, GOALS, MEALS, Extra
from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.javascript import js_number, js_string
from balance_sync.generator.people import Subscriber

Json = dict[str, Any]


class MetadataWriter:
    """Writes the metadata of one transaction after another."""

    def __init__(self, rng: random.Random, mint: IdentifierMint) -> None:
        self._rng = rng
        self._mint = mint
        self._by_action: dict[str, Callable[[Subscriber, int], Json]] = {
            "RENEW_SUBSCRIPTION": self._renewal,
            "AUTO_RENEW_SUBSCRIPTION": self._automatic_renewal,
            "ADD_DELIVERY_ADDONS": self._delivery_extras,
            "REPLACE_FOOD": self._replacement,
            "PURCHASE_ADDON_SUBSCRIPTION": self._extra_subscription,
            "PAY_PENDING_AMOUNT": self._payment,
            "CASH_OR_BENEFIT_PAYMENT": self._payment,
        }

    def delivery(self, user_id: str, delivery_id: str, *, marked: bool, resent: bool) -> str:
        """Return the metadata of a delivery deduction; `resent` gives it a wallet entry of its own."""
        entry = self._mint.uuid() if resent else delivery_id
        version = ',"version":"syncBalanceSQS"' if marked else ""
        ids = f'"walletId":"wallet#{user_id}","deliveryId":"{delivery_id}","walletSk":"{entry}"'
        return f"'{{{ids}{version}}}'"

    def of_action(self, action: str, subscriber: Subscriber, day: int, *, source: str, marked: bool) -> str:
        """Return the metadata of any other action."""
        if source == "REFUND":
            return "undefined" if self._rng.random() < 0.5 else '\'{"version":"syncBalanceSQS"}\''
        shape = self._by_action.get(action)
        data = shape(subscriber, day) if shape else self._entry(subscriber)
        if action == "DELIVERY_CANCELLATION":
            data["deliveryId"] = self._mint.uuid()
        if marked:
            data["version"] = "syncBalanceSQS"
        return js_string(_json(data))

    def _entry(self, subscriber: Subscriber) -> Json:
        return {"walletId": f"wallet#{subscriber.user_id}", "walletSk": self._mint.uuid()}

    def _session(self, subscriber: Subscriber) -> Json:
        return {
            "walletId": f"wallet#{subscriber.user_id}",
            "eventSessionId": self._mint.uuid(),
            "walletSk": self._mint.uuid(),
        }

    def _payment(self, subscriber: Subscriber, _day: int) -> Json:
        return {**self._session(subscriber), "version2": True}

    def _delivery_extras(self, subscriber: Subscriber, _day: int) -> Json:
        rng, mint = self._rng, self._mint
        extras: list[Json] = [
            {"id": mint.uuid(), "quantity": rng.randrange(1, 4)} for _ in range(rng.choice((1, 1, 2, 3, 8)))
        ]
        if rng.random() < 0.35:
            extras[0]["addonConfig"] = {
                "addonCategory": "GIFT_CARDS",
                "notificationInfo": self._gift(subscriber),
            }
        data = {
            "walletId": f"wallet#{subscriber.user_id}",
            "deliveryId": mint.uuid(),
            "eventSessionId": mint.uuid(),
            "walletSk": mint.uuid(),
            "version2": True,
            "addons": _json(extras),
        }
        if rng.random() < 0.75:
            data["source"] = "APP"
        return {**data, "API_VERSION_2": True}

    def _gift(self, subscriber: Subscriber) -> Json:
        how = {"deliveryType": "email", "email": subscriber.email}
        if self._rng.random() < 0.3:
            return {"receiver": "me", "deliveryInfo": how}
        return {
            "receiver": "friend",
            "receiverName": subscriber.name.split()[0],
            "senderName": subscriber.name,
            "giftMessage": self._rng.choice(GIFT_NOTES),
            "deliveryInfo": how,
        }

    def _replacement(self, subscriber: Subscriber, _day: int) -> Json:
        old, new = self._rng.sample(DISHES, 2)
        return {
            "walletId": f"wallet#{subscriber.user_id}",
            "deliveryId": self._mint.uuid(),
            "eventSessionId": self._mint.uuid(),
            "walletSk": self._mint.uuid(),
            "version2": True,
            "source": _json({"id": self._mint.uuid(), "name": {"ar": old[0], "en": old[1]}}),
            "target": _json({"id": self._mint.uuid(), "name": {"ar": new[0], "en": new[1]}}),
            "API_VERSION_2": True,
        }

    def _extra_subscription(self, subscriber: Subscriber, day: int) -> Json:
        rng, market = self._rng, subscriber.market
        terms: list[Json] = [
            {
                "autoRenew": rng.random() < 0.5,
                "category": rng.choice(EXTRAS).code,
                "endDate": _date(day + 24),
                "startDate": _date(day + 3),
                "pricePerDay": _short(rng.choice((2.0, 15 / 11, 20 / 11, 17.5))),
                "currency": market.currency,
            }
            for _ in range(rng.choice((1, 1, 1, 2, 4, 7)))
        ]
        data: Json = {
            "walletId": f"wallet#{subscriber.user_id}",
            "country": market.country,
            "couponDiscount": rng.choice((0, 0, 0, 12.273)),
            "eventSessionId": self._mint.uuid(),
            "walletSk": self._mint.uuid(),
            "version2": True,
        }
        if rng.random() < 0.1:
            data["addonSubscriptionCosts"] = _json(
                {t["category"]: _short(t["pricePerDay"] * 24) for t in terms}
            )
        data["addonSubscriptions"] = _json(terms)
        if rng.random() < 0.2:
            data["addonDayCount"] = rng.randrange(20, 30)
        return {**data, "subscriptionId": subscriber.user_id, "kitchen": f"{market.country}104"}

    def _renewal(self, subscriber: Subscriber, day: int) -> Json:
        rng = self._rng
        referred, cost = rng.random() < 0.45, round(subscriber.price * 20, 3)
        data: Json = {"referralBalanceDiscount": rng.choice((0, 0, 20))} if referred else {}
        data.update(
            walletId=f"wallet#{subscriber.user_id}",
            planType=subscriber.plan,
            goal=rng.choice(GOALS),
            eventSessionId=self._mint.uuid(),
            walletSk=self._mint.uuid(),
            deliveryTime=rng.choice(("morning", "evening")),
            dietType=rng.choice(DIETS),
            renewalDate=_date(day + 4),
            type=rng.choice(("userRenew", "preRenew")),
            frequency="monthly",
        )
        data["couponDiscount" if referred else "subscriptionCost"] = 0 if referred else _short(cost)
        data.update(tier="personalized", version2=True)
        if not referred:
            data["addonCosts"] = rng.choice(("{}", '{"undefined":24.545}'))
        chosen = rng.sample(EXTRAS, rng.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 4)))
        data["nextPlan"] = _json(self._plan(subscriber, day))
        data["addonSubscription"] = _json([self._extra(extra, subscriber, day) for extra in chosen])
        return data

    def _automatic_renewal(self, subscriber: Subscriber, day: int) -> Json:
        return {
            **self._session(subscriber),
            "deliveryTime": '"evening"',
            "renewalDate": _date(day + 2),
            "type": "autoRenew",
            "frequency": "monthly",
            "subscriptionCost": _short(round(subscriber.price * 20, 3)),
            "deliveryDays": "[0,1,2,3,4]",
            "addonCosts": "{}",
            "nextPlan": _json(self._plan(subscriber, day)),
            "dayAllowance": 0,
            "addonSubscription": "[]",
        }

    def _plan(self, subscriber: Subscriber, day: int) -> Json:
        rng = self._rng
        meals = list(MEALS)
        if subscriber.plan == "businessLunch":
            meals = ["lunch", "snack"]
        elif subscriber.plan == "custom":
            meals = ["breakfast"] * rng.randrange(1, 48) + ["lunch"] * rng.randrange(1, 30)
        return {
            "id": subscriber.plan,
            "frequency": "monthly",
            "extras": [],
            "foodType": meals,
            "pricePerDay": _short(subscriber.price),
            "dietType": rng.choice(DIETS),
            "type": "DATE_RANGE",
            "planPrice": _short(round(subscriber.price * 20, 3)),
            "startDate": _date(day + 4),
            "deliveryDays": rng.choice(([0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 6], [0, 1, 2, 3, 5])),
        }

    def _extra(self, extra: Extra, subscriber: Subscriber, day: int) -> Json:
        return {
            "longDescription": {"ar": extra.long_arabic, "en": extra.long_english},
            "priceWithVat": 1.5,
            "endDate": _date(day + 28),
            "description": {"ar": extra.tagline, "en": f"{extra.english} for every day"},
            "pricePerDay": _short(15 / 11),
            "price": _short(15 / 11),
            "name": {"ar": extra.arabic, "en": extra.english},
            "isSelected": True,
            "autoRenew": False,
            "currency": subscriber.market.currency,
            "id": extra.code,
            "category": extra.code,
            "startDate": _date(day + 4),
            "status": "available",
        }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _short(value: float) -> float | int:
    """Return `value` so that JSON shows it as JavaScript would: no trailing ``.0``."""
    return int(value) if value == int(value) else float(js_number(round(value, 14)))


def _date(day: int) -> str:
    return (FIRST_DAY + timedelta(days=day)).isoformat()
