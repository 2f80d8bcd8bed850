"""Chunks of events out of time order, as exports deliver them.

In a third of the real files chunks stand out of order: an export promises no order inside a file.
The chunks there are made of alternating stretches of the stream, most of them cut between requests,
some in the middle of one, so that a request's events can stand far ahead of its START. Here cuts
fall only between events of different times, so that time, then line, gives the true order back.
"""

from __future__ import annotations

import random

from balance_sync.generator.records import Event

_CHANCE_BY_EVENTS = ((8, 0.055), (15, 0.3), (30, 0.75), (1 << 60, 0.88))
_BREAKS = (1, 1, 1, 1, 1, 1, 1, 2, 2, 3)
_CUT_INSIDE_REQUEST = 0.13
_MORE_TRIES = 4


def out_of_order(events: list[Event], rng: random.Random) -> list[Event]:
    """Return `events` (in time order) as an export might deliver them."""
    chance = next(chance for limit, chance in _CHANCE_BY_EVENTS if len(events) < limit)
    if rng.random() >= chance:
        return events
    pieces = rng.choice(_BREAKS) + 1 + (rng.randrange(3) if len(events) > 60 else 0)
    cuts = _cuts(events, rng, pieces - 1)
    if not cuts:
        return events
    stretches = [events[a:b] for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    chunk_count = max(2, min(len(stretches), rng.choice(_BREAKS) + 1))
    chunks: list[list[Event]] = [[] for _ in range(chunk_count)]
    for number, stretch in enumerate(stretches):
        chunks[(chunk_count - 1 - number) % chunk_count] += stretch
    return [event for chunk in chunks for event in chunk]


def _cuts(events: list[Event], rng: random.Random, count: int) -> list[int]:
    """Return up to `count` places to cut at, each between two events of different times."""
    cuts: set[int] = set()
    for _ in range(count + _MORE_TRIES):
        if len(cuts) == count:
            break
        at = 1 + int(rng.random() * (len(events) - 1))
        if rng.random() >= _CUT_INSIDE_REQUEST:
            while at < len(events) and not events[at].begins_request:
                at += 1
        if at < len(events) and events[at].at_ms > events[at - 1].at_ms:
            cuts.add(at)
    return sorted(cuts)
