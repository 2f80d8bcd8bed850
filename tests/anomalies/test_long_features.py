"""Features of a long ledger: made in parts and kept in no table, they are those of a short one."""

from __future__ import annotations

from contextlib import closing, contextmanager
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meal_ledgers import MIDNIGHT, ZONE, chained, found, judged, ordinary_moves, transaction

from balance_sync.anomalies import features
from balance_sync.anomalies.context import fetch_contexts
from balance_sync.anomalies.feature_values import (
    feature_columns,
    fetch_values,
    iter_features,
    sample_features,
)
from balance_sync.anomalies.features import build_features, read_features, read_parts
from balance_sync.anomalies.sequence import add_sequence
from balance_sync.rules.workbench import workbench
from balance_sync.store import temporary_tables
from balance_sync.store.session import open_session
from balance_sync.store.temporary_tables import count_parts

PARTS = 4


@contextmanager
def long_ledgers():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "MOST_KEPT_ROWS", -1)
        patch.setattr(features, "count_parts", lambda _connection, _held, beside: PARTS)
        yield


def busy_moves():
    """Return a ledger with repeats, reported gaps and explained transactions."""
    rows = ordinary_moves()
    for number in range(12):
        at = MIDNIGHT.replace(day=5 + number)
        rows.append(transaction(f"user-{number:03}", at, 9, transaction_id=f"once-{number}"))
        rows.append(
            transaction(f"user-{number:03}", at.replace(second=20), 9, transaction_id=f"twice-{number}")
        )
    rows.append(transaction("user-020", MIDNIGHT.replace(day=9), 800, transaction_id="overdraft"))
    chained(rows)
    for row in rows[7::40]:
        row["payment_balance"] += 70
    return rows


def errors_of(rows):
    """Return what the program logs of transactions whose balances differ."""
    return [
        {
            "user_id": row["user_id"],
            "subscription_balance": row["new_balance"],
            "payment_balance": row["payment_balance"],
            "logged_at": row["logged_at"],
            "request_id": row["request_id"],
            "source_id": "s",
            "line": number,
        }
        for number, row in enumerate(rows)
        if row["payment_balance"] != row["new_balance"]
    ]


@contextmanager
def busy(spill):
    rows = busy_moves()
    with judged(rows, spill, sync_errors=errors_of(rows)) as connection:
        yield connection


def all_values(connection):
    chunks = list(iter_features(connection, chunk_rows=64))
    order = np.argsort(np.concatenate([chunk.ledger_rows for chunk in chunks]))
    return [
        np.concatenate([getattr(chunk, name) for chunk in chunks])[order].tobytes()
        for name in ("ledger_rows", "explained", "at_us", "values")
    ]


def told(connection):
    """Return everything that the features are asked for."""
    count = build_features(connection, timezone=ZONE)
    rows = [5, 3, 3, count - 1]
    contexts, values = fetch_contexts(connection, sorted(set(rows)), timezone=ZONE)
    return (
        count,
        sample_features(connection, count).tobytes(),
        contexts,
        values.tobytes(),
        fetch_values(connection, rows).tobytes(),
        all_values(connection),
    )


def test_a_long_ledger_has_the_same_features_as_a_short_one(tmp_path):
    with busy(tmp_path) as connection:
        short = told(connection)
        with long_ledgers():
            assert told(connection) == short
            assert len(read_parts(connection)) == PARTS
            tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            assert ("transaction_features",) not in tables


def test_the_same_is_flagged_in_a_long_ledger(tmp_path):
    with busy(tmp_path) as connection:
        short = found(connection, budget=6)
        with long_ledgers():
            long = found(connection, budget=6)
    assert short.explained > 0
    assert long.sample.tobytes() == short.sample.tobytes()
    assert told_of(long) == told_of(short)


def told_of(result):
    return result.anomalies, result.examined, result.explained, result.set_aside


def test_what_came_before_is_the_same_in_a_long_ledger(tmp_path):
    sums = []
    with busy(tmp_path) as connection:
        for _ in range(2):
            build_features(connection, timezone=ZONE, kept=True)
            add_sequence(connection)
            sums.append((feature_columns(connection), all_values(connection)))
            with long_ledgers():
                build_features(connection, timezone=ZONE, kept=True)
                add_sequence(connection)
                sums.append((feature_columns(connection), all_values(connection)))
    assert sums[0] == sums[1]


def test_parts_cover_every_subscriber_once(tmp_path):
    with busy(tmp_path) as connection, long_ledgers():
        build_features(connection, timezone=ZONE)
        parts = [(part["first_subscriber"], part["last_subscriber"]) for part in read_parts(connection)]
        counts = [
            connection.execute(
                "SELECT count(*) FROM numbered_ledger WHERE subscriber_number BETWEEN ? AND ?", part
            ).fetchall()[0][0]
            for part in parts
        ]
        ((count,),) = connection.execute("SELECT count(*) FROM numbered_ledger").fetchall()
    assert sum(counts) == count
    assert all(last < first for (_, last), (first, _) in pairwise(parts))
    assert max(counts) < 2 * count / PARTS


amounts = st.one_of(
    st.none(),
    st.sampled_from([0.0, 1e-18, 0.5, 8.0, 8.0, 8.0, 9.25, 1e19, 1e30]),
    st.floats(0, 300, allow_subnormal=False),
)
company_rows = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 5), amounts, amounts, amounts), min_size=1, max_size=200
)
debits = st.lists(st.one_of(st.none(), st.floats(0.001, 500)), min_size=5, max_size=5)


@pytest.fixture(scope="module")
def bench():
    with workbench() as connection:
        yield connection


@settings(max_examples=40, deadline=None)
@given(rows=company_rows, usual=debits)
def test_ranges_are_the_quantiles_of_all_values(rows, usual, bench):
    bench.execute(
        "CREATE OR REPLACE TEMP TABLE feature_company "
        "(action_key INTEGER, subscriber INTEGER, amount DOUBLE, pause_seconds DOUBLE, day_sum DOUBLE)"
    )
    bench.executemany("INSERT INTO feature_company VALUES (?, ?, ?, ?, ?)", rows)
    bench.execute("CREATE OR REPLACE TEMP TABLE feature_own (subscriber INTEGER, usual_debit DOUBLE)")
    bench.executemany("INSERT INTO feature_own VALUES (?, ?)", list(enumerate(usual, start=1)))
    # Two actions share a population.
    bench.execute(
        "CREATE OR REPLACE TEMP TABLE feature_populations AS "
        "SELECT action_key, least(action_key, 3) AS population_key, count(*) AS action_count "
        "FROM feature_company GROUP BY action_key"
    )
    told = bench.execute(f"FROM ({read_features()[1]['feature_ranges']}) ORDER BY population_key").fetchall()
    expected = bench.execute(
        """
        WITH measured AS (
            SELECT
                least(c.action_key, 3) AS population_key,
                c.amount,
                greatest(c.pause_seconds, 1) AS pause,
                ln(greatest(c.amount, 0.0005)) - ln(greatest(o.usual_debit, 0.0005)) AS multiple,
                ln(greatest(c.day_sum, 0.0005)) - ln(greatest(o.usual_debit, 0.0005)) AS day_multiple
            FROM feature_company AS c
            INNER JOIN feature_own AS o ON c.subscriber = o.subscriber
        )
        SELECT
            population_key,
            count(*),
            quantile_disc(amount, 0.05),
            quantile_disc(amount, 0.5),
            quantile_disc(amount, 0.95),
            quantile_disc(pause, 0.05),
            quantile_disc(pause, 0.95),
            quantile_disc(multiple, 0.05),
            quantile_disc(multiple, 0.95),
            quantile_disc(day_multiple, 0.95)
        FROM measured
        GROUP BY population_key
        ORDER BY population_key
        """
    ).fetchall()
    assert told == expected


def test_what_fits_is_one_part_and_what_does_not_is_as_many_as_it_takes(tmp_path):
    limits = {"memory_limit": "100MiB", "threads": 1, "spill_directory": tmp_path, "spill_limit": "1GB"}
    fits = temporary_tables._HELD_SHARE * 100 * 2**20
    with closing(open_session(None, **limits)) as connection:
        for held, parts in ((0, 1), (0.9, 1), (1.5, 2), (9.5, 10)):
            assert count_parts(connection, held * fits) == parts
        assert count_parts(connection, 0.9 * fits, beside=50 * 2**20) == 2
        assert 10 < count_parts(connection, fits, beside=2**30) <= 20
