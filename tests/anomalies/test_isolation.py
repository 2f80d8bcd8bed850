"""A forest's scores in fewer steps are scikit-learn's own, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest

from balance_sync.anomalies.isolation import Isolation


def both(sample: np.ndarray, rows: np.ndarray, seed: int) -> tuple[list[float], list[float]]:
    forest = IsolationForest(
        n_estimators=16, max_samples=min(256, len(sample)), random_state=seed, n_jobs=1
    ).fit(sample)
    return Isolation(forest).scores(rows).tolist(), (-forest.score_samples(rows)).tolist()


@pytest.mark.parametrize("rows", [1, 2, 3, 40, 3_000])
def test_scores_are_those_of_scikit_learn(rows):
    chance = np.random.default_rng(rows)
    sample = chance.exponential(size=(rows, 4)).astype(np.float32)
    asked = (3 * chance.exponential(size=(500, 4))).astype(np.float32)
    ours, theirs = both(sample, asked, rows)
    assert ours == theirs


@given(
    st.lists(st.tuples(*[st.sampled_from([0, 0, 0, 1, 2.5, 10])] * 3), min_size=1, max_size=30),
    st.integers(0, 9),
)
def test_rows_that_repeat_are_scored_alike(rows, seed):
    values = np.array(rows, dtype=np.float32)
    ours, theirs = both(values, values, seed)
    assert ours == theirs


def test_no_rows_have_no_scores():
    sample = np.ones((5, 2), dtype=np.float32)
    forest = IsolationForest(n_estimators=4, max_samples=5, random_state=1).fit(sample)
    assert Isolation(forest).scores(sample[:0]).tolist() == []
