"""Measures what the detectors find of planted errors: ``python -m benchmarks.detection [DATABASE]``.

DATABASE is one that `balance-sync run` made; without it the transactions are synthetic.
"""

from __future__ import annotations

import argparse
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
    """Print what each detector found, in Markdown."""
    print(f"| detector | answers | precision of {BUDGET} (least–most) | deviation | average precision | s |")
    print("|---|---|---|---|---|---|")
    for (name, labelled), tally in outcome.tallies.items():
        found = tally.precision
        spread = stdev(found) if len(found) > 1 else 0.0
        answers = f"{BUDGET}, {mean(outcome.labels_true[name]):.0%} confirmed" if labelled else "none"
        print(
            f"| {name} | {answers} | {mean(found):.2f} ({min(found):.2f}–{max(found):.2f}) | {spread:.2f} "
            f"| {mean(tally.average_precision):.2f} | {mean(tally.seconds):.2f} |"
        )


def print_kinds(outcome: Outcome) -> None:
    """Print what rules and detectors found of each kind, apart and together, in Markdown."""
    planted = outcome.planted
    ways = list(outcome.tallies)
    titles = [f"{name}{', answers' if labelled else ''}" for name, labelled in ways]
    print(f"\n| kind | incidents | rules | {' | '.join(titles)} |")
    print("|---|---|---|" + "---|" * len(ways))
    for kind, incidents in planted.incidents.items():
        found = [str(outcome.tallies[way].incidents[kind]) for way in ways]
        print(f"| {kind} | {incidents} | {planted.explained[kind]} | {' | '.join(found)} |")
    total = planted.incidents.total()
    by_rules = planted.explained.total()
    print(
        f"| together with the rules | {total} | {by_rules / total:.0%} | "
        + " | ".join(f"{(by_rules + outcome.tallies[way].incidents.total()) / total:.0%}" for way in ways)
        + " |"
    )


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
