"""The archive's days: which schema is live, which nights fail, which runtime runs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from balance_sync.generator.identifiers import IdentifierMint

FIRST_DAY = date(2024, 9, 1)
"""The first UTC day of every archive."""

NIGHTLY_MS = 21 * 3_600_000 + 60_000
"""When the nightly delivery deductions start (milliseconds after midnight, UTC): 00:01 in Bahrain."""

_OLD_SCHEMA_PART = 0.19
_VERSIONS_PART = 0.27
_RUNTIMES = ("18.v61", "20.v41", "20.v43", "20.v45", "20.v48", "20.v52", "20.v57")
_DAYS_BETWEEN_CRASHES = 110


@dataclass(frozen=True)
class Day:
    """One UTC day of the archive.

    `typed` says which schema the night writes; `mixed` that a few records of the other one appear.
    `marked` that half the records carry the `version` key. `crash` that the nightly job cannot load.
    """

    index: int
    start_ms: int
    text: str
    typed: bool
    mixed: bool
    marked: bool
    crash: bool
    unapplied: bool
    busy: bool
    runtime: str
    runtime_hash: str
    memory_mb: int


def make_days(rng: random.Random, mint: IdentifierMint, *, count: int, with_unapplied: bool) -> list[Day]:
    """Return the archive's days.

    A first release of the newer schema runs for one night, the second crashes, and the older schema
    stays for a few nights more: so two schemas overlap, as they do in real archives.
    """
    switch = min(max(round(count * _OLD_SCHEMA_PART), 1), 40)
    early = switch - 5
    crashes = {switch - 4} if early > 0 else set()
    crashes.update(rng.randrange(switch, count) for _ in range(count // _DAYS_BETWEEN_CRASHES))
    unapplied = max(switch // 3, 1) if with_unapplied else -1
    hashes = [mint.hex(64) for _ in _RUNTIMES]
    return [
        _make_day(
            index,
            typed=index >= switch or index == early,
            mixed=index == early,
            marked=switch <= index < switch + count * _VERSIONS_PART,
            crash=index in crashes and index != unapplied,
            unapplied=index == unapplied,
            runtime=min((index - switch) * (len(_RUNTIMES) - 1) // max(count - switch, 1) + 1, 6)
            if index >= switch - 4
            else 0,
            hashes=hashes,
        )
        for index in range(count)
    ]


def _make_day(
    index: int,
    *,
    typed: bool,
    mixed: bool,
    marked: bool,
    crash: bool,
    unapplied: bool,
    runtime: int,
    hashes: list[str],
) -> Day:
    day = FIRST_DAY + timedelta(days=index)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    runtime = max(runtime, 0)
    return Day(
        index=index,
        start_ms=int(start.timestamp()) * 1000,
        text=day.isoformat(),
        typed=typed,
        mixed=mixed,
        marked=marked,
        crash=crash,
        unapplied=unapplied,
        busy=day.isoweekday() not in (3, 4),
        runtime=_RUNTIMES[runtime],
        runtime_hash=hashes[runtime],
        memory_mb=512 if runtime == 0 and index % 2 else 1024,
    )
