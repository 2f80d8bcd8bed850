"""The plan of a day: who is served, who pays, and which containers process it when."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator

from balance_sync.generator.breaks import BreakSchedule
from balance_sync.generator.calendar import NIGHTLY_MS, Day
from balance_sync.generator.errands import ACTIONS_PER_DELIVERY, Desk
from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.incidents import Incidents
from balance_sync.generator.ledger import Ledger
from balance_sync.generator.people import BUSY_NIGHT, DELIVERIES_A_DAY, QUIET_NIGHT, Subscriber
from balance_sync.generator.records import Ending, Errand, StreamPlan

_HOUR_MS = 3_600_000
_HOURS = (110, 28, 14, 16, 30, 20, 45, 65, 84, 118, 150, 190, 168, 162, 200, 120, 117, 70, 46, 67, 10)
_HOURS_UP_TO = tuple(sum(_HOURS[: i + 1]) for i in range(len(_HOURS)))
_GROUPS = (1, 2, 3, 4, 5, 8, 16, 40)
_GROUP_WEIGHTS = (625, 157, 95, 57, 40, 32, 14, 5)
_NIGHT_STREAMS = (2, 6, 14, 22, 34, 42, 50, 58, 68, 78, 84, 90, 96, 104, 112, 136)
_CREATED, _FLAGGED = 0.036, 0.045
_UNUSED = 0.011
_REDELIVERY_MS = 330_000
_RENEWS = 0.75


class DayPlanner:
    """Plans one day after another; the days have to come in order.

    Parameters
    ----------
    rng, mint
        The archive's only sources of chance and of identifiers.
    subscribers
        Everybody who ever lives in the archive.
    schedule
        The breaks that are due.
    one_each
        Every errand gets a container of its own (an archive of tiny files).
    """

    def __init__(
        self,
        rng: random.Random,
        mint: IdentifierMint,
        *,
        subscribers: list[Subscriber],
        schedule: BreakSchedule,
        one_each: bool,
    ) -> None:
        ledger = Ledger(rng, mint)
        self.incidents = Incidents(rng, mint, ledger)
        self._rng = rng
        self._ledger = ledger
        self._desk = Desk(rng, mint, ledger)
        self._schedule = schedule
        self._one_each = one_each
        self._arrivals: dict[int, list[Subscriber]] = {}
        for subscriber in subscribers:
            self._arrivals.setdefault(subscriber.first_day, []).append(subscriber)
        self._active: list[Subscriber] = []
        self._unpaid: list[Subscriber] = []

    def plan(self, day: Day) -> list[StreamPlan]:
        """Return the day's containers, in no particular order."""
        self._active = [s for s in self._active if s.last_day >= day.index or s.waiting]
        self._active += self._arrivals.pop(day.index, [])
        for subscriber, kind in self._schedule.due(day.index):
            self.incidents.begin(subscriber, kind, day)
        for subscriber in self._active:
            if subscriber.cured_on <= day.index:
                subscriber.apart, subscriber.cured_on = False, 1 << 30
        streams = list(self._by_day(day))
        if day.crash:
            count = max(len(self._active) // 80, 1)
            return [*streams, *(self._crashing(day) for _ in range(count))]
        return [*streams, *self._by_night(day)]

    def _crashing(self, day: Day) -> StreamPlan:
        start = day.start_ms + NIGHTLY_MS + self._rng.randrange(3000)
        return StreamPlan(start, [], crashes=self._rng.randint(14, 22))

    def _by_day(self, day: Day) -> Iterator[StreamPlan]:
        """Yield the containers of the day: short-lived, most of them for one message."""
        rng = self._rng
        sleepless = list(self._by_dead_of_night(day))
        for _, stream in sleepless:
            yield from self._streams(stream.start_ms, stream.errands)
        visits = self._visitors([s for s, _ in sleepless])
        at = 0
        while at < len(visits):
            size = rng.choices(_GROUPS, _GROUP_WEIGHTS)[0]
            hour = bisect(_HOURS_UP_TO, rng.random() * _HOURS_UP_TO[-1])
            clock = day.start_ms + hour * _HOUR_MS + rng.randrange(_HOUR_MS // 3) + 60_000
            start, errands = clock, []
            for subscriber, what in visits[at : at + size]:
                errands += self._visit(subscriber, what, day, clock)
                clock += 900 + int(rng.expovariate(1 / 45_000))
                if clock - start > 1_500_000:
                    clock = start + 1_500_000
            yield from self._streams(start, errands)
            at += size

    def _by_dead_of_night(self, day: Day) -> Iterator[tuple[Subscriber, StreamPlan]]:
        """Yield the gifts that come at half past three in the morning, Bahrain time."""
        for subscriber in self._active:
            if not subscriber.waiting or subscriber.waiting[0] != "anomaly" or subscriber.unsettled:
                continue
            if not subscriber.affords(10 * subscriber.price):
                subscriber.waiting.pop(0)
                at_ms = day.start_ms + _HOUR_MS // 2 + self._rng.randrange(_HOUR_MS // 4)
                incident = self.incidents.odd_hour(subscriber, day, at_ms - 400)
                yield subscriber, StreamPlan(at_ms, [Errand(at_ms, incident.now)])

    def _visitors(self, sleepless: list[Subscriber]) -> list[tuple[Subscriber, str]]:
        """Return who comes by day and what for; nobody comes twice."""
        rng, active = self._rng, self._active
        chosen: dict[str, tuple[Subscriber, str]] = {s.user_id: (s, "") for s in sleepless}
        for subscriber in self._unpaid:
            if rng.random() < _RENEWS or subscriber.waiting:
                chosen.setdefault(subscriber.user_id, (subscriber, "renewal"))
        self._unpaid = []
        for subscriber in active:
            due = bool(subscriber.waiting) and self.incidents.is_daily(subscriber.waiting[0])
            if due and not subscriber.unsettled and subscriber.user_id not in chosen:
                chosen[subscriber.user_id] = (subscriber, subscriber.waiting.pop(0))
        served = len(active) * DELIVERIES_A_DAY
        flagged = _FLAGGED * (4 if rng.random() < 0.2 else 0.3)
        for what, rate in (("action", ACTIONS_PER_DELIVERY), ("create", _CREATED), ("flag", flagged)):
            for _ in range(int(served * rate * rng.uniform(0.4, 1.6) + rng.random()) if active else 0):
                subscriber = active[int(rng.random() * len(active))]
                chosen.setdefault(subscriber.user_id, (subscriber, what))
        visits = [visit for visit in chosen.values() if visit[1]]
        rng.shuffle(visits)
        return visits

    def _visit(self, subscriber: Subscriber, what: str, day: Day, at_ms: int) -> list[Errand]:
        made_ms = at_ms - int(self._rng.expovariate(1 / 900)) - 60
        if what == "renewal":
            return [Errand(at_ms, [self._desk.renewal(subscriber, day, made_ms)])]
        if what == "action":
            return [Errand(at_ms, [self._desk.any_action(subscriber, day, made_ms)])]
        if what in ("create", "flag"):
            ending = Ending.SKIPPED_CREATE if what == "create" else Ending.SKIPPED_FLAG
            return [Errand(at_ms, [self._ledger.skipped(subscriber, ending)])]
        incident = self.incidents.happen(subscriber, what, day, made_ms)
        if incident is None:
            subscriber.waiting.insert(0, what)
            return []
        errands = [Errand(at_ms, incident.now)]
        if incident.later:
            errands.append(Errand(at_ms + 35_000, incident.later))
        return errands

    def _by_night(self, day: Day) -> Iterator[StreamPlan]:
        """Yield the containers of the nightly deductions: few, full, all at once."""
        rng, base = self._rng, day.start_ms + NIGHTLY_MS
        errands: list[Errand] = []
        later: list[Errand] = []
        chance = BUSY_NIGHT if day.busy else QUIET_NIGHT
        unapplied = self._schedule.unapplied if day.unapplied else 0
        for subscriber in self._active:
            if not (rng.random() < chance or subscriber.waiting or unapplied > len(errands)):
                continue
            made_ms = base - 60 - int(rng.random() * 4000)
            if subscriber.waiting and not day.unapplied:
                self._waited(subscriber, day, made_ms, errands, later)
            elif not subscriber.affords(subscriber.price):
                self._unpaid.append(subscriber)
            else:
                applied = unapplied <= len(errands)
                transaction = self._ledger.deliver(subscriber, day, made_ms=made_ms, apply=applied)
                if not applied:
                    subscriber.last_old = subscriber.balance
                    self.incidents.planted.note("unapplied_change", transaction.transaction_id)
                errands.append(Errand(0, [self._ledger.message(subscriber, transaction)]))
        rng.shuffle(errands)
        yield from self._night_streams(base, errands)
        yield from self._streams(base + _REDELIVERY_MS, later)

    def _waited(
        self, subscriber: Subscriber, day: Day, made_ms: int, errands: list[Errand], later: list[Errand]
    ) -> None:
        """Let the break happen that the subscriber waits for; else serve the delivery as always."""
        kind = subscriber.waiting[0]
        poor = not subscriber.affords(3 * subscriber.price)
        incident = None
        now = not self.incidents.is_daily(kind) and (not poor or kind == "overdraft_subscription")
        if now and not subscriber.unsettled:
            incident = self.incidents.happen(subscriber, kind, day, made_ms)
        if incident is not None:
            subscriber.waiting.pop(0)
            errands.append(Errand(0, incident.now))
            if incident.later:
                due = day.start_ms + NIGHTLY_MS + _REDELIVERY_MS + int(self._rng.random() * 60_000)
                later.append(Errand(due, incident.later))
        elif poor:
            self._unpaid.append(subscriber)
        else:
            transaction = self._ledger.deliver(subscriber, day, made_ms=made_ms)
            errands.append(Errand(0, [self._ledger.message(subscriber, transaction)]))

    def _night_streams(self, base: int, errands: list[Errand]) -> Iterator[StreamPlan]:
        rng, at = self._rng, 0
        while at < len(errands):
            size = _NIGHT_STREAMS[int(rng.random() * len(_NIGHT_STREAMS))]
            delay = rng.randrange(1200, 6000) if size > 8 else 2000 + int(rng.expovariate(1 / 200_000))
            crowded = size > 12 and rng.random() < 0.72
            yield from self._streams(base + min(delay, 3_000_000), errands[at : at + size], crowded=crowded)
            at += size

    def _streams(
        self, start_ms: int, errands: list[Errand], *, crowded: bool = False
    ) -> Iterator[StreamPlan]:
        if not self._one_each:
            if errands:
                yield StreamPlan(start_ms, errands, crowded=crowded)
                if self._rng.random() < _UNUSED:
                    yield StreamPlan(start_ms + 1, [])
            return
        for number, errand in enumerate(errands):
            yield StreamPlan(max(start_ms, errand.due_ms) + number % 500, [errand])
