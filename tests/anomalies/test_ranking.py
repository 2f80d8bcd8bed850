from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balance_sync.anomalies.features import FEATURES
from balance_sync.anomalies.model import fit_model
from balance_sync.anomalies.ranking import Scored, gather
from balance_sync.anomalies.scaling import LIMIT, fit_scaling
from balance_sync.anomalies.views import VIEWS


def features(rows=400, seed=5):
    """Return features that are 0 in most places, as real ones are."""
    random = np.random.default_rng(seed)
    values = random.exponential(1.0, (rows, len(FEATURES)))
    return np.where(random.random(values.shape) < 0.9, 0.0, values)


@pytest.fixture(scope="module")
def model():
    return fit_model(features(), seed=1)


@pytest.fixture(scope="module")
def scores(model):
    return model.score(features(seed=7))


def ranked(model, scores, parts, *, leaders):
    kept, standings = gather(
        [Scored(part.astype(np.int64), scores[part]) for part in parts],
        model=model,
        reference=scores,
        leaders=leaders,
        population=len(scores),
    )
    order = np.argsort(kept.ledger_rows)
    return kept.ledger_rows[order].tolist(), standings.fuse(kept.scores)[order].tolist()


def test_scoring_in_chunks_gives_the_same_bits(model):
    values = features(rows=60, seed=6)
    whole = model.score(values)
    for size in (1, 7, 40):
        chunks = [model.score(values[start : start + size]) for start in range(0, len(values), size)]
        assert np.concatenate(chunks).tobytes() == whole.tobytes()


def test_fitting_again_gives_the_same_bits(model):
    again = fit_model(features(), seed=1)
    assert again.score(features(seed=6)).tobytes() == model.score(features(seed=6)).tobytes()
    assert fit_model(features(), seed=2).score(features()).tobytes() != model.score(features()).tobytes()


@given(
    cuts=st.lists(st.integers(0, 400), max_size=6),
    seed=st.integers(0, 99),
    leaders=st.sampled_from([1, 5, 60]),
)
def test_neither_parts_nor_their_order_change_the_ranking(model, scores, cuts, seed, leaders):
    shuffled = np.random.default_rng(seed).permutation(len(scores))
    parts = np.split(shuffled, sorted(cuts))
    whole = [np.arange(len(scores))]
    assert ranked(model, scores, parts, leaders=leaders) == ranked(model, scores, whole, leaders=leaders)


def test_only_leaders_are_kept(model, scores):
    kept, _ = ranked(model, scores, np.split(np.arange(400), 40), leaders=5)
    assert 5 <= len(kept) <= 5 * len(VIEWS)


def test_first_in_every_view_scores_one(model):
    values = np.vstack([features(seed=8), np.full((1, len(FEATURES)), 50.0)])
    rows, scores = ranked(model, model.score(values), [np.arange(401)], leaders=20)
    assert scores[rows.index(400)] == pytest.approx(1)
    assert max(score for row, score in zip(rows, scores, strict=True) if row != 400) < 1


def test_the_usual_is_never_ranked(model):
    values = np.tile(model.usual, (30, 1))
    assert ranked(model, model.score(values), [np.arange(30)], leaders=10) == ([], [])


def test_shares_of_the_budget_add_up():
    assert sum(view.share for view in VIEWS) == pytest.approx(1)
    assert {name for view in VIEWS for name in view.features} == set(FEATURES)


def test_scaled_values_are_numbers_within_the_limit():
    scaling = fit_scaling(features())
    scaled = scaling.apply(
        np.array([[np.nan] * len(FEATURES), [np.inf] * len(FEATURES), [0.0] * len(FEATURES)])
    )
    assert scaled.dtype == np.float32
    assert scaled.tolist() == [[0] * len(FEATURES), [LIMIT] * len(FEATURES), [0] * len(FEATURES)]


def test_a_unit_is_never_zero():
    assert (fit_scaling(np.zeros((3, 2))).units == 1).all()
    assert (fit_scaling(np.full((3, 2), 1e-12)).units > 0.01).all()
