"""Turns figures, times and findings into the sentences and figures that people read."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo


def money(amount: Decimal, minor_unit: int) -> str:
    """Return `amount` with thousands separators: all its digits, at least the decimals of its currency.

    Examples
    --------
    >>> money(Decimal("-103371.0900"), 2), money(Decimal("36.800000000000004"), 3)
    ('−103,371.09', '36.800000000000004')
    """
    # normalize() and abs() would round to 28 digits: work on the text.
    digits = f"{amount.copy_abs():f}"
    whole, _, decimals = digits.partition(".")
    decimals = decimals.rstrip("0").ljust(minor_unit, "0")
    sign = "−" if amount < 0 else ""
    return f"{sign}{int(whole):,}{'.' + decimals if decimals else ''}"


def rounded_money(amount: Decimal, minor_unit: int) -> str:
    """Return `amount` rounded half-even to its currency's decimals, for headlines and charts."""
    return money(round(amount, minor_unit), minor_unit)


def plain_decimal(amount: Decimal) -> str:
    """Return `amount` with all its digits and no others, for programs.

    Examples
    --------
    >>> plain_decimal(Decimal("11.000000000000000000")), plain_decimal(Decimal("0E-18"))
    ('11', '0')
    """
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def local_time(time: datetime | None, zone: tzinfo) -> str:
    """Return `time` in `zone` to the second, e.g. ``2024-04-01 00:01:17``; a dash for none."""
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M:%S}" if time else "–"


def asked_for(since: datetime | None, until: datetime | None, zone: tzinfo) -> str:
    """Return the period that a run was asked for, in words; nothing where it was asked for none."""
    if since is None and until is None:
        return ""
    begin = local_time(since, zone) if since else "from the beginning"
    return f"{begin} up to, not including, {local_time(until, zone)}" if until else f"from {begin} on"


def utc_time(time: datetime | None) -> str:
    """Return `time` in UTC as ISO 8601 to the millisecond; a dash for none."""
    if time is None:
        return "–"
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def zone_words(name: str, at: datetime | None) -> str:
    """Return the zone with its offset at a moment, e.g. ``Asia/Bahrain (UTC+03:00)``."""
    offset = (at or datetime(2000, 1, 1, tzinfo=UTC)).astimezone(ZoneInfo(name)).strftime("%z")
    return f"{name} (UTC{offset[:3]}:{offset[3:5]})"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number and its noun: ``1 finding``, ``4,017 findings``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
