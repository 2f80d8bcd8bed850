"""Measures what the detectors find of planted errors: ``python -m benchmarks.detection [DATABASE]``.

DATABASE is one that `balance-sync run` made; without it the transactions are synthetic.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

import duckdb
from benchmarks.detection.held_back import HELD_BACK
from benchmarks.detection.kinds import CHOOSING, TUNING
from benchmarks.detection.protocol import BUDGET, Archive, Outcome, measure
from benchmarks.detection.synthetic import synthetic_rows

from balance_sync.anomalies import warm_up
from balance_sync.anomalies.views import DETECTORS
from balance_sync.schema import SYNC_ERRORS

AIM, AIM_WITH_ANSWERS = 0.30, 0.60
"""The precision that is aimed at on kinds that were held back."""

KINDS = {"tuning": (TUNING, 1), "choosing": (CHOOSING, 101), "held-back": (HELD_BACK, 201)}
"""The groups of kinds, each with the first of its seeds."""


def read_archive(database: Path | None, subscribers: int) -> Archive:
    """Return the transactions of a run, or synthetic ones."""
    if database is None:
        return Archive("synthetic", synthetic_rows(subscribers, 7), SYNC_ERRORS.empty_table())
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.sql("FROM transactions ORDER BY ALL").to_arrow_table().to_pylist()
        errors = connection.sql("FROM sync_errors ORDER BY ALL").to_arrow_table()
    return Archive(str(database), [row for row in rows if row["logged_at"] is not None], errors)


def print_detectors(outcome: Outcome) -> None:
    """Print what each detector found, in Markdown; in brackets the least and the most of any draw."""
    print(
        f"| detector | draws | without answers, of {BUDGET} | a.p. | with answers | a.p. "
        "| of the answers confirmed | deviation of the draws | under half of the aim | a list takes |"
    )
    print("|---|" + "---|" * 9)
    for name, confirmed in outcome.labels_true.items():
        without, answered = outcome.tallies[name, False], outcome.tallies[name, True]
        ways = ((without, AIM), (answered, AIM_WITH_ANSWERS))
        cells = [f"{_spread(tally.precision)} | {mean(tally.average_precision):.2f}" for tally, _ in ways]
        deviations = " / ".join(f"{_deviation(tally.precision):.2f}" for tally, _ in ways)
        under = " / ".join(str(sum(one < aim / 2 for one in tally.precision)) for tally, aim in ways)
        print(
            f"| {name} | {len(without.precision)} | {' | '.join(cells)} | {mean(confirmed):.0%} "
            f"| {deviations} | {under} | {mean(without.seconds + answered.seconds):.1f} s |"
        )


def _spread(figures: Sequence[float]) -> str:
    return f"{mean(figures):.2f} ({min(figures):.2f}–{max(figures):.2f})"


def _deviation(figures: Sequence[float]) -> float:
    return stdev(figures) if len(figures) > 1 else 0.0


def print_kinds(outcome: Outcome) -> None:
    """Print what rules and detectors found of each kind, without and with answers, in Markdown."""
    planted = outcome.planted
    names = list(outcome.labels_true)
    print(f"\n| kind | incidents | rules | {' | '.join(names)} |")
    print("|---|---|---|" + "---|" * len(names))

    def found(name: str, kind: str) -> str:
        counts = (outcome.tallies[name, labelled].incidents[kind] for labelled in (False, True))
        return " / ".join(str(count) for count in counts)

    for kind, incidents in planted.incidents.items():
        cells = " | ".join(found(name, kind) for name in names)
        print(f"| {kind} | {incidents} | {planted.explained[kind]} | {cells} |")
    total, by_rules = planted.incidents.total(), planted.explained.total()

    def together(name: str) -> str:
        counts = (outcome.tallies[name, labelled].incidents.total() for labelled in (False, True))
        return " / ".join(f"{(by_rules + count) / total:.0%}" for count in counts)

    print(f"| with the rules | {total} | {by_rules / total:.0%} | {' | '.join(map(together, names))} |")


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path, nargs="?")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument(
        "--each", type=int, default=5, help="incidents of each kind before and after the split"
    )
    parser.add_argument("--subscribers", type=int, default=500)
    parser.add_argument("--detectors", nargs="+", choices=list(DETECTORS), default=["views"])
    parser.add_argument(
        "--kinds", choices=list(KINDS), default="tuning", help="held-back: those that nothing was chosen by"
    )
    options = parser.parse_args()
    archive = read_archive(options.database, options.subscribers)
    warm_up()
    kinds, first = KINDS[options.kinds]
    outcome = measure(
        archive,
        kinds,
        seeds=range(first, first + options.seeds),
        each=options.each,
        detectors=options.detectors,
    )
    planted = outcome.planted
    print(
        f"\n### {options.kinds} kinds, {len(archive.rows):,} transactions, "
        f"{options.seeds} draws; after the split {planted.transactions / options.seeds:.0f} planted "
        f"transactions a draw, {planted.open_transactions / options.seeds:.0f} that no rule explains\n"
    )
    print_detectors(outcome)
    print_kinds(outcome)


if __name__ == "__main__":
    main()
