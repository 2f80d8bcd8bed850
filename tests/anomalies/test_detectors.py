"""Every detector that has a name finds a slip of a digit, and gives the same twice."""

from __future__ import annotations

import importlib.util
from datetime import timedelta

import numpy as np
import pytest
from meal_ledgers import MIDNIGHT, chained, found, identifiers, judged, ordinary_moves, transaction

from balance_sync.anomalies.detectors import Known
from balance_sync.anomalies.views import DETECTORS
from balance_sync.config import DETECTOR_NAME, DETECTOR_NAMES

NEEDS = {"active": "coniferest", "deep": "torch"}


def detector_or_skip(name):
    module = NEEDS.get(name)
    if module and importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    return DETECTORS[name]


def test_the_command_line_knows_them_all():
    assert tuple(DETECTORS) == DETECTOR_NAMES
    assert DETECTOR_NAME in DETECTORS


@pytest.mark.parametrize("name", DETECTOR_NAMES)
def test_a_slip_is_found_and_everything_is_the_same_again(name, tmp_path):
    views = detector_or_skip(name)
    rows = ordinary_moves()
    rows.append(transaction("user-003", MIDNIGHT + timedelta(days=9, minutes=1), 80, transaction_id="slip"))
    with judged(chained(rows), tmp_path) as connection:
        first = found(connection, budget=60, views=views)
        again = found(connection, budget=60, views=views, threads=2)
    assert "slip" in identifiers(first)
    assert again.anomalies == first.anomalies


@pytest.mark.parametrize("name", DETECTOR_NAMES)
def test_rows_are_scored_one_by_one_as_together(name):
    (view, *_) = detector_or_skip(name)
    random = np.random.default_rng(2)
    rows = random.exponential(1, (300, 5)).astype(np.float32)
    known = Known(rows[:6], np.array([True, False] * 3))
    detector = view.detector().fit(rows, seed=3, known=known)
    whole = detector.score(rows)
    parts = np.concatenate(
        [detector.score(rows[:1]), detector.score(rows[1:120]), detector.score(rows[120:])]
    )
    assert whole.dtype == np.float64
    assert np.allclose(whole, parts, rtol=0, atol=1e-9)
    assert len(detector.score(rows[:0])) == 0
