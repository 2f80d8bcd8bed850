"""What came before a transaction stands beside its features, and only where a detector asks for it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from meal_ledgers import MIDNIGHT, ZONE, chained, judged, ordinary_moves, transaction

from balance_sync.anomalies.feature_values import feature_columns, iter_features, sample_features
from balance_sync.anomalies.features import FEATURES, FEATURES_TABLE, build_features
from balance_sync.anomalies.sequence import CONTEXT, PREVIOUS, add_sequence, needs_sequence
from balance_sync.anomalies.views import DETECTORS, matrix_width

# Of two rows logged at one time the transaction id says which comes first.
ORDER = "l.user_id, l.currency, l.logged_at, l.transaction_id, l.source_id, l.line"


def features_in_order(connection):
    names = ", ".join(f"f.{name}" for name in FEATURES)
    rows = connection.execute(
        f"SELECT l.user_id, {names} FROM {FEATURES_TABLE} AS f"
        f" INNER JOIN numbered_ledger AS l ON f.ledger_row = l.event_number ORDER BY {ORDER}"
    ).fetchall()
    return [user for user, *_ in rows], np.array([values for _, *values in rows])


def looked_back(users, values):
    """Give what stands before each row, one row at a time."""
    found = []
    for place, user in enumerate(users):
        row = []
        for back in range(1, PREVIOUS + 1):
            there = place >= back and users[place - back] == user
            row += list(values[place - back]) if there else [0.0] * len(FEATURES)
        found.append(row)
    return np.array(found)


def test_the_columns_are_the_features_of_the_transactions_before(tmp_path):
    rows = ordinary_moves(subscribers=6)
    rows.append(transaction("user-003", MIDNIGHT + timedelta(days=9, minutes=1), 80, transaction_id="slip"))
    with judged(chained(rows), tmp_path) as connection:
        count = build_features(connection, timezone=ZONE)
        assert feature_columns(connection) == FEATURES
        assert sample_features(connection, count).shape == (count, len(FEATURES))
        users, values = features_in_order(connection)
        add_sequence(connection)
        assert feature_columns(connection) == FEATURES + CONTEXT
        ledger_rows = connection.execute(
            f"SELECT l.event_number FROM numbered_ledger AS l ORDER BY {ORDER}"
        ).fetchall()
        chunks = {
            row: vector
            for chunk in iter_features(connection, chunk_rows=50)
            for row, vector in zip(chunk.ledger_rows.tolist(), chunk.values, strict=True)
        }
        found = np.array([chunks[row] for (row,) in ledger_rows])
        assert sample_features(connection, count).shape == found.shape
    assert np.array_equal(found[:, : len(FEATURES)], values)
    assert np.array_equal(found[:, len(FEATURES) :], looked_back(users, values))
    assert found[:, len(FEATURES) :].any()


def test_only_the_deep_detector_asks_for_it():
    asking = {
        name
        for name, views in DETECTORS.items()
        if needs_sequence(one for view in views for one in view.features)
    }
    assert asking == {"deep"}
    assert matrix_width(DETECTORS["views"]) == len(FEATURES)
    assert matrix_width(DETECTORS["deep"]) == len(FEATURES) + len(CONTEXT)
