"""Measures what the detector finds of planted errors: ``python -m benchmarks.detection [DATABASE]``.

DATABASE is one that `balance-sync run` made; without it the transactions are synthetic.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from benchmarks.detection.planting import HELD_BACK, TUNING, Plant, Row, planted
from benchmarks.detection.synthetic import synthetic_rows

from balance_sync.anomalies import warm_up
from balance_sync.anomalies.detect import detect
from balance_sync.anomalies.features import FEATURES, build_features
from balance_sync.anomalies.forest import VIEWS, IsolationForestDetector, View
from balance_sync.rules.runner import run_rules
from balance_sync.rules.workbench import workbench
from balance_sync.schema import SYNC_ERRORS, TRANSACTIONS

BUDGET = 60
ZONE = "Asia/Bahrain"
Key = tuple[str, str, int]


@dataclass
class Tally:
    """What one detector found over all seeds."""

    found: list[int] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def views(connection: duckdb.DuckDBPyConnection) -> list[Key]:
    return _flagged(connection, VIEWS)


def one_forest(connection: duckdb.DuckDBPyConnection) -> list[Key]:
    return _flagged(connection, (View("all", FEATURES, 1.0, IsolationForestDetector),))


def raw_columns(connection: duckdb.DuckDBPyConnection) -> list[Key]:
    """Return what a forest over the columns as they are ranks first."""
    build_features(connection, timezone=ZONE)
    table = connection.sql(
        """
        SELECT l.transaction_id, l.source_id, l.line,
            l.amount::DOUBLE AS a, l.vat::DOUBLE AS b, l.old_balance::DOUBLE AS c, l.new_balance::DOUBLE AS d,
            coalesce(l.payment_balance, l.new_balance)::DOUBLE AS e, f.explained
        FROM ledger AS l
        INNER JOIN transaction_features AS f ON l.rowid = f.ledger_row
        ORDER BY ALL
        """
    ).to_arrow_table()
    rows = np.nan_to_num(np.column_stack([table[name].to_numpy() for name in "abcde"])).astype(np.float32)
    scores = IsolationForestDetector().fit(rows, seed=1).score(rows)
    scores[table["explained"].to_numpy()] = -1
    keys = list(
        zip(*(table[name].to_pylist() for name in ("transaction_id", "source_id", "line")), strict=True)
    )
    return [keys[place] for place in np.argsort(-scores, kind="stable")[:BUDGET]]


DETECTORS: dict[str, Callable[[duckdb.DuckDBPyConnection], list[Key]]] = {
    "forest over raw columns": raw_columns,
    "one forest over all features": one_forest,
    "forests by views (the product)": views,
}


def _flagged(connection: duckdb.DuckDBPyConnection, chosen: tuple[View, ...]) -> list[Key]:
    result = detect(connection, review_budget=BUDGET, seed=1, timezone=ZONE, threads=2, views=chosen)
    return [(a.context.transaction_id, a.context.source_id, a.context.line) for a in result.anomalies]


@contextmanager
def reconciled(rows: Sequence[Row], sync_errors: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database in which the rules have judged these transactions."""
    with workbench() as connection:
        filled = [{name: row.get(name) for name in TRANSACTIONS.names} for row in rows]
        connection.register("planted_rows", pa.Table.from_pylist(filled, schema=TRANSACTIONS))
        connection.register("planted_errors", sync_errors)
        connection.execute("INSERT INTO transactions BY NAME SELECT * FROM planted_rows")
        connection.execute("INSERT INTO sync_errors BY NAME SELECT * FROM planted_errors")
        run_rules(connection)
        yield connection


def measure(
    rows: Sequence[Row], sync_errors: pa.Table, kinds: Sequence[Plant], seeds: range
) -> tuple[dict[str, Tally], Counter[str], Counter[str]]:
    """Plant, detect and compare with each seed.

    Returns
    -------
    dict, Counter, Counter
        Per detector what it found; planted by kind; of those, what a rule explains.
    """
    tallies = {name: Tally() for name in DETECTORS}
    all_planted: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    for seed in seeds:
        plot = planted(rows, kinds, transactions=BUDGET, seed=seed)
        all_planted.update(plot.labels.values())
        with reconciled(plot.rows, sync_errors) as connection:
            named = connection.execute(
                "SELECT DISTINCT transaction_id FROM findings WHERE severity IN ('error', 'critical')"
            ).fetchall()
            known = {identifier for (identifier,) in named}
            explained.update(kind for key, kind in plot.labels.items() if key[0] in known)
            for name, find in DETECTORS.items():
                started = time.perf_counter()
                hits = [plot.labels[key] for key in find(connection) if key in plot.labels]
                tallies[name].seconds += time.perf_counter() - started
                tallies[name].found.append(len(hits))
                tallies[name].kinds.update(hits)
    return tallies, all_planted, explained


def report(title: str, tallies: dict[str, Tally], all_planted: Counter[str], explained: Counter[str]) -> None:
    """Print a table in Markdown."""
    kinds = list(all_planted)
    print(f"\n### {title}\n")
    print(f"| detector | found in {BUDGET} (least–most) | {' | '.join(kinds)} | s a run |")
    print("|---|---|" + "---|" * (len(kinds) + 1))
    for name, tally in tallies.items():
        runs = len(tally.found)
        by_kind = " | ".join(f"{tally.kinds[kind]}/{all_planted[kind] - explained[kind]}" for kind in kinds)
        mean = f"{sum(tally.found) / runs:.1f} ({min(tally.found)}–{max(tally.found)})"
        print(f"| {name} | {mean} | {by_kind} | {tally.seconds / runs:.2f} |")
    told = ", ".join(f"{kind} {explained[kind]}/{all_planted[kind]}" for kind in kinds)
    print(f"\nExplained by a rule, and so not the detector's to find: {told}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path, nargs="?")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--subscribers", type=int, default=500)
    parser.add_argument("--held-back", action="store_true", help="the kinds that no choice was made by")
    options = parser.parse_args()
    if options.database:
        with duckdb.connect(str(options.database), read_only=True) as connection:
            rows = connection.sql("FROM transactions ORDER BY ALL").to_arrow_table().to_pylist()
            sync_errors = connection.sql("FROM sync_errors ORDER BY ALL").to_arrow_table()
    else:
        rows, sync_errors = synthetic_rows(options.subscribers, 7), SYNC_ERRORS.empty_table()
    warm_up()
    kinds, first = (HELD_BACK, 101) if options.held_back else (TUNING, 1)
    title = f"{'held-back' if options.held_back else 'tuning'} kinds, {len(rows):,} transactions"
    report(title, *measure(rows, sync_errors, kinds, range(first, first + options.seeds)))


if __name__ == "__main__":
    main()
