"""Unusual nights and change points a second time, slowly and in plain Python, from what their headers say."""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from statistics import median
from zoneinfo import ZoneInfo

SIDE, LEAST_SIDE = 4, 3
STRENGTH, FACTOR, DIFFERENCE = 4, 1.5, 5


def counts_by_day(rows, zone):
    """Give ``{measure: {currency: {day: count}}}``; everybody's under the currency ``None``."""
    counted = {"debits": {}, "credits": {}, "repeats": {}}
    seen = set()
    for row in rows:
        day = row["logged_at"].astimezone(ZoneInfo(zone)).date()
        measures = ["credits"]
        if row["type"] == "DEBIT":
            same = (day, row["user_id"], row["currency"], row["action"], row["amount"])
            measures = ["debits", "repeats"] if same in seen else ["debits"]
            seen.add(same)
        for measure in measures:
            for currency in (None, row["currency"]):
                counted[measure].setdefault(currency, Counter())[day] += 1
    return counted


def unusual_days(rows, zone):
    """Give ``{(measure, currency, day): (direction, usual)}``; the archive must end with a whole day."""
    days = [row["logged_at"].astimezone(ZoneInfo(zone)).date() for row in rows]
    first, last = min(days), max(days)
    period = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    found = {}
    for measure, by_currency in counts_by_day(rows, zone).items():
        for currency in sorted(by_currency, key=lambda one: (one is not None, one)):
            for day, direction, usual in _out_of_line(measure, by_currency[currency], period):
                everybody = found.get((measure, None, day))
                if currency is None or everybody is None or everybody[0] != direction:
                    found[measure, currency, day] = (direction, usual)
    return found


def _out_of_line(measure, counts, period):
    distances = {}
    for day in period:
        usual = _usual(counts, period, day)
        if usual is None or (day == period[0] and counts[day] < usual):
            continue
        if measure == "repeats" and counts[day] < usual:
            continue
        distances[day] = (2 * (math.sqrt(counts[day] + 0.375) - math.sqrt(usual + 0.375)), usual)
    if not distances:
        return
    spread = max(1, 1.4826 * median(abs(distance) for distance, _ in distances.values()))
    for day, (distance, usual) in distances.items():
        low, high = sorted((counts[day], usual))
        if abs(distance) / spread >= STRENGTH and high >= FACTOR * low and high - low >= DIFFERENCE:
            yield day, "more" if distance > 0 else "fewer", usual


def _usual(counts, period, day):
    """Give the median of the side that a day is nearer to; what it has itself where it lies between them."""
    alike = [other for other in period if other.weekday() == day.weekday()]
    place = alike.index(day)
    sides = [alike[max(0, place - SIDE) : place], alike[place + 1 : place + 1 + SIDE]]
    medians = [median(counts[other] for other in side) for side in sides if len(side) >= LEAST_SIDE]
    if len(medians) == 2 and min(medians) <= counts[day] <= max(medians):
        return counts[day]
    return min(medians, key=lambda one: abs(one - counts[day]), default=None)


def pettitt(values):
    """Give Pettitt's split (days before it) and sum, by comparing all pairs; the first of equal splits."""
    best, at = -1, 0
    for split in range(1, len(values)):
        total = sum((one > other) - (one < other) for one in values[split:] for other in values[:split])
        if abs(total) > best:
            best, at = abs(total), split
    return at, best
