"""Made-up subscribers: what they pay in, what a delivery costs them, what stands on their accounts."""

from __future__ import annotations

import random
from bisect import bisect
from dataclasses import dataclass, field

from balance_sync.generator.identifiers import IdentifierMint


@dataclass(frozen=True)
class Market:
    """A country the business delivers in.

    `share` is the part of subscribers, in per mille; `prices` lists a delivery's cost and its weight.
    `vat` is the part of a paid amount that is tax (10 % on top is 1/11 of what is paid).
    """

    currency: str
    share: int
    country: str
    calling_code: str
    decimals: int
    vat: float
    prices: tuple[tuple[float, int], ...]


_BAHRAINI_PRICES = (
    *(
        (8.5, 41),
        (9.5, 33),
        (4.5, 6),
        (10.0, 2),
        (1.9, 1),
        (7.5, 2),
        (5.5, 2),
        (6.0, 2),
        (52.0, 1),
        (12.5, 1),
    ),
    *((10.364, 1), (7.273, 1), (3.2, 1), (27.5, 1), (11.091, 1), (18.909, 1), (21.4, 1)),
)
_SAUDI_PRICES = (
    *((88.0, 60), (98.0, 7), (74.5, 6), (79.0, 6), (62.0, 3), (44.0, 3), (38.9, 3), (22.0, 2), (72.0, 1)),
    *((113.0, 1), (61.35, 1), (83.5, 1)),
)
MARKETS = (
    Market("BHD", 690, "BH", "973", 3, 1 / 11, _BAHRAINI_PRICES),
    Market("SAR", 278, "SA", "966", 2, 3 / 23, _SAUDI_PRICES),
    Market("AED", 14, "AE", "971", 2, 1 / 21, ((105.0, 6), (115.0, 3), (84.0, 2))),
    Market("KWD", 14, "KW", "965", 3, 0.0, ((7.25, 7), (8.75, 2), (3.75, 1))),
    Market("QAR", 5, "QA", "974", 2, 0.0, ((118.0, 8), (128.0, 1))),
)

BUSY_NIGHT, QUIET_NIGHT = 0.8, 0.13
"""The chance that a subscriber gets a delivery, on most nights and on the two before the weekend."""

DELIVERIES_A_DAY = (5 * BUSY_NIGHT + 2 * QUIET_NIGHT) / 7

_LIFETIMES = (1, 3, 5, 8, 12, 14, 16, 18, 20, 22, 24, 26, 28, 31, 34, 41, 52, 61, 85, 124)
_PREPAID = (2, 4, 6, 8, 10, 12, 15, 18, 20, 22, 24, 27, 31, 36, 44, 58, 80, 140, 300, 600)
_GIVEN_NAMES = ("Adel", "Basma", "Dalal", "Faris", "Ghada", "Hatim", "Iman", "Jaber", "Lulwa", "Munira")
_FAMILY_NAMES = ("Alrashdan", "Bousaif", "Darwazah", "Ghurair", "Hammadi", "Kanafani", "Nasiri", "Sabbagh")
_MAIL_HOSTS = ("example.com", "example.net", "example.org")
_PLANS = ("full", "full", "full", "businessLunch", "custom")


@dataclass(slots=True)
class Subscriber:
    """One subscriber and both balances, as the service holds them (doubles, like JavaScript's).

    Attributes
    ----------
    dusty, halves
        The account carries a fraction below the minor unit from one transaction to the next; of
        `halves` it is exactly half a minor unit.
    apart
        The payment balance goes its own way instead of following the subscription balance.
    floor
        What has to stay on the account so that the payment balance stays above zero too.
    cured_on
        The day on which the payment balance is put right.
    near
        The difference of this subscriber's not-in-sync records, where it is within the tolerance.
    last_old
        The balance before the last applied transaction; None before the first.
    waiting
        Breaks that are due.
    """

    user_id: str
    market: Market
    price: float
    balance: float
    payment: float
    first_day: int
    last_day: int
    plan: str
    name: str
    email: str
    phone: str
    dusty: bool = False
    halves: bool = False
    apart: bool = False
    floor: float = 0.0
    cured_on: int = 1 << 30
    near: float | None = None
    last_old: float | None = None
    waiting: list[str] = field(default_factory=list)

    @property
    def unsettled(self) -> bool:
        """Whether the last change was logged and not applied: what comes next shows it."""
        return self.last_old == self.balance

    def affords(self, amount: float) -> bool:
        """Return whether `amount` can be taken without either balance going below zero."""
        return self.balance - self.floor >= amount


def make_subscribers(
    rng: random.Random, mint: IdentifierMint, *, deliveries: int, days: int
) -> list[Subscriber]:
    """Return subscribers who together expect about `deliveries` within the `days` of the archive.

    Each lives for as many deliveries as the real ones (1 to 124, half of them up to 20); who would
    have begun before the first day is met in the middle of that life.
    """
    subscribers: list[Subscriber] = []
    expected = 0.0
    while expected < deliveries:
        market = _market_at((len(subscribers) + 0.5) * _EVENLY % 1)
        subscriber = _make_subscriber(rng, mint, market, days)
        subscribers.append(subscriber)
        expected += (subscriber.last_day - subscriber.first_day + 1) * DELIVERIES_A_DAY
    return subscribers


def _make_subscriber(rng: random.Random, mint: IdentifierMint, market: Market, days: int) -> Subscriber:
    price = rng.choices([p for p, _ in market.prices], [w for _, w in market.prices])[0]
    length = int(rng.choice(_LIFETIMES) * 2.1) + 1
    first_day = rng.randrange(-min(length, days) + 1, days)
    balance = _opening_balance(rng, market, price)
    given, family = rng.choice(_GIVEN_NAMES), rng.choice(_FAMILY_NAMES)
    tag = mint.hex(4)
    subscriber = Subscriber(
        user_id=mint.uuid(),
        market=market,
        price=price,
        balance=balance,
        payment=balance,
        first_day=max(first_day, 0),
        last_day=min(first_day + length, days - 1),
        plan=rng.choice(_PLANS),
        name=f"{given} {family}",
        email=f"{given.lower()}.{family.lower()}+{tag}@{rng.choice(_MAIL_HOSTS)}",
        phone=mint.phone(market.calling_code),
    )
    if rng.random() < 0.035:
        _leave_dust(rng, subscriber)
    return subscriber


def _market_at(part: float) -> Market:
    """Return the market at `part` (0 to 1) of all subscribers, lined up by market."""
    return MARKETS[bisect(_SHARES, part * _SHARES[-1])]


_SHARES = tuple(sum(m.share for m in MARKETS[: i + 1]) for i in range(len(MARKETS)))
_EVENLY = 0.6180339887498949
"""Steps of the golden ratio fall evenly: a small archive has the shares of a large one."""


def _opening_balance(rng: random.Random, market: Market, price: float) -> float:
    balance = price * rng.choice(_PREPAID)
    if rng.random() < 0.15:
        balance += rng.randrange(1, 10**market.decimals) / 10**market.decimals
    return round(balance, market.decimals)


def _leave_dust(rng: random.Random, subscriber: Subscriber) -> None:
    """Put a fraction below the minor unit on the account, of the forms that the service leaves there."""
    subscriber.dusty = True
    form = rng.randrange(4)
    if form == 0:
        subscriber.balance += rng.choice((0.0001, 0.0002, 0.0003, 0.0004))
    elif form == 1:
        subscriber.balance = float(f"{subscriber.balance + rng.randrange(1, 11) / 11:.11f}")
    elif form == 2 and subscriber.market.decimals == 3:
        subscriber.balance = round(subscriber.balance + 0.0005, 4)
        subscriber.halves = True
    else:
        subscriber.balance += rng.choice((1, 3, 5)) * 1.0 / 10**14
        subscriber.balance += 5.684341886080802e-14
