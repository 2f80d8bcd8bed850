"""Measures what is found of planted nights and levels: ``python -m benchmarks.detection.periods [DATABASE]``.

DATABASE is one that `balance-sync run` made; without it the transactions are synthetic, 150 days of them
with Ramadan and Eid al-Fitr of 1445 (40 % and 70 % fewer debits). What is told of the archive before anything
is planted is no false alarm of the measurement, and is counted apart.
"""

from __future__ import annotations

import argparse
import math
import random
import resource
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pyarrow as pa
from benchmarks.detection.__main__ import read_archive
from benchmarks.detection.judging import reconciled
from benchmarks.detection.misbehaviour import (
    LEVEL_KINDS,
    NIGHT_KINDS,
    Stage,
    business_day,
    plant_decoys,
    plant_levels,
    plant_nights,
    thin_season,
)
from benchmarks.detection.planting import Row
from benchmarks.detection.synthetic import synthetic_rows

from balance_sync.anomalies.periods import record_periods
from balance_sync.schema import MESSAGES, SYNC_ERRORS

RAMADAN, EID, AFTER_EID = date(2024, 3, 11), date(2024, 4, 10), date(2024, 4, 13)
"""Of 1445 by the calendar of Umm al-Qura."""

NEAR = 7
"""Days by which a change may be told early or late; a balance is known by the week."""


def told_of(rows: list[Row]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], float]:
    """Return unusual nights, change points, and the processor time that both took."""
    with reconciled(rows, SYNC_ERRORS.empty_table()) as connection:
        _add_messages(connection, rows)
        started = time.process_time()
        record_periods(connection, timezone="Asia/Bahrain")
        took = time.process_time() - started
        tables = [connection.table(name).to_arrow_table() for name in ("unusual_nights", "change_points")]
        return tables[0].to_pylist(), tables[1].to_pylist(), took


def _add_messages(connection: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    messages = [
        dict.fromkeys(MESSAGES.names)
        | {"started_at": row["logged_at"], "outcome": row["outcome"], "message_id": row["transaction_id"]}
        for row in rows
    ]
    connection.register("planted_messages", pa.Table.from_pylist(messages, schema=MESSAGES))
    connection.execute("INSERT INTO messages BY NAME SELECT * FROM planted_messages")


def night_days(nights: list[dict[str, Any]]) -> set[tuple[str, date]]:
    """Return measure and day of everything told."""
    return {
        (one["measure"], one["first_day"] + timedelta(days=more))
        for one in nights
        for more in range(one["nights"])
    }


def seasonal_rows(subscribers: int, draw: int) -> Stage:
    """Return synthetic transactions with a Ramadan and a feast."""
    stage = Stage(synthetic_rows(subscribers, 7 + draw, days=150), random.Random(draw))
    thin_season(stage, RAMADAN, EID, 0.4)
    thin_season(stage, EID, AFTER_EID, 0.7)
    return stage


def measure_nights(stage: Stage, found: Counter[str], alarms: Counter[str]) -> None:
    """Count which planted nights are told, and what is told beside them and beside what was told before."""
    before = night_days(told_of(stage.rows)[0])
    alarms["told before"] += len({day for _, day in before})
    plant_nights(stage)
    after = night_days(told_of(stage.rows)[0])
    days = {day for _, day in after}
    for day, kind in stage.nights.items():
        found[kind] += day in days and day not in {told for _, told in before}
    alarms["false"] += len({day for _, day in after - before} - set(stage.nights))
    alarms["before and in the season"] += len({day for _, day in before if RAMADAN <= day < AFTER_EID})


def measure_levels(stage: Stage, each: int, found: Counter[str], alarms: Counter[str]) -> Counter[str]:
    """Count which planted levels are told, and what is told of other subscribers that was not before."""
    before = {(one["user_id"], one["measure"]) for one in told_of(stage.rows)[1]}
    alarms["told before"] += len(before)
    stage.rows = [dict(row) for row in stage.rows]
    plant_levels(stage, each=each)
    plant_decoys(stage)
    told = told_of(stage.rows)[1]
    planted: Counter[str] = Counter()
    for user, (kind, moves) in stage.levels.items():
        measure = "balance" if kind == "balance_up" else "spending"
        days = [one["first_day"] for one in told if (one["user_id"], one["measure"]) == (user, measure)]
        for move in moves:
            planted[kind] += 1
            found[kind] += any(abs((day - move).days) <= NEAR for day in days)
    alarms["false"] += len(
        {(one["user_id"], one["measure"]) for one in told if one["user_id"] not in stage.levels} - before
    )
    return planted


def compare_ideas(stage: Stage, tallies: dict[str, Counter[str]]) -> None:
    """Count what three ideas of a usual night find, nights planted in Ramadan where there is one."""
    fasting = [day for day in stage.days() if RAMADAN + timedelta(days=1) <= day < EID]
    before = Counter(business_day(row) for row in stage.rows if row["type"] == "DEBIT")
    plant_nights(stage, ("skipped", "half", "twice"), within=fasting if len(fasting) > 25 else None)
    after = Counter(business_day(row) for row in stage.rows if row["type"] == "DEBIT")
    days = stage.days()[1:-1]
    wanted = set(stage.nights)
    for name, usual in IDEAS.items():
        tally = tallies.setdefault(name, Counter())
        tally["found"] += len(_told_by(usual, after, days) & wanted)
        tally["planted"] += len(wanted)
        tally["told before"] += len(_told_by(usual, before, days))


def _told_by(usual: Idea, counts: Counter[date], days: list[date]) -> set[date]:
    distances = {}
    for day in days:
        expected = usual(counts, days, day)
        if expected is not None:
            distances[day] = (2 * (math.sqrt(counts[day] + 0.375) - math.sqrt(expected + 0.375)), expected)
    spread = max(1, 1.4826 * median(abs(distance) for distance, _ in distances.values()))
    return {
        day
        for day, (distance, expected) in distances.items()
        if abs(distance) / spread >= 4 and max(counts[day], expected) >= 1.5 * min(counts[day], expected)
    }


def _of_weekday(counts: Counter[date], days: list[date], day: date) -> float | None:
    return median(counts[one] for one in days if one.weekday() == day.weekday() and one != day)


def _of_calendar(counts: Counter[date], days: list[date], day: date) -> float | None:
    if EID <= day < AFTER_EID:
        return None
    fasting = RAMADAN <= day < EID
    alike = [one for one in days if one.weekday() == day.weekday() and (RAMADAN <= one < EID) == fasting]
    counted = [counts[one] for one in alike if one != day and not EID <= one < AFTER_EID]
    return median(counted) if counted else None


def _of_sides(counts: Counter[date], days: list[date], day: date) -> float | None:
    alike = [one for one in days if one.weekday() == day.weekday()]
    place = alike.index(day)
    sides = [alike[max(0, place - 4) : place], alike[place + 1 : place + 5]]
    medians = [median(counts[one] for one in side) for side in sides if len(side) >= 3]
    if len(medians) == 2 and min(medians) <= counts[day] <= max(medians):
        return counts[day]
    return min(medians, key=lambda one: abs(one - counts[day]), default=None)


Idea = Callable[[Counter[date], list[date], date], float | None]

IDEAS: dict[str, Idea] = {
    "weekday of the whole archive": _of_weekday,
    "weekday, Ramadan apart, Eid left out": _of_calendar,
    "weekdays before and after": _of_sides,
}


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path, nargs="?")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--each", type=int, default=5, help="subscribers whose level moves, of each kind")
    parser.add_argument("--subscribers", type=int, default=500)
    options = parser.parse_args()
    archive = read_archive(options.database, 1) if options.database else None
    found: Counter[str] = Counter()
    planted: Counter[str] = Counter()
    nights: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    variants: dict[str, Counter[str]] = {}
    for draw in range(options.seeds):

        def stage(draw: int = draw) -> Stage:
            if archive is None:
                return seasonal_rows(options.subscribers, draw)
            return Stage([dict(row) for row in archive.rows], random.Random(draw))

        measure_nights(stage(), found, nights)
        planted += measure_levels(stage(), options.each, found, levels)
        compare_ideas(stage(), variants)
    planted.update(dict.fromkeys(NIGHT_KINDS, options.seeds))
    print(f"\n{'synthetic' if archive is None else options.database}, {options.seeds} draws\n")
    print("| kind | planted | found |\n|---|---|---|")
    for kind in (*NIGHT_KINDS, *LEVEL_KINDS):
        print(f"| {kind} | {planted[kind]} | {found[kind]} |")
    print(f"\nnights a draw: {_shares(nights, options.seeds)}")
    print(f"levels a draw: {_shares(levels, options.seeds)}")
    for name, counts in variants.items():
        share = f"{counts['found']} of {counts['planted']} found"
        print(f"{name}: {share}, {counts['told before'] / options.seeds:.1f} told of what was not planted")
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


def _shares(counts: Counter[str], draws: int) -> str:
    return ", ".join(f"{name} {number / draws:.1f}" for name, number in counts.items())


if __name__ == "__main__":
    main()
