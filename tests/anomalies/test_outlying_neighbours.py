"""What is odd in several respects, and first in none, is found by its neighbours and told in words."""

from __future__ import annotations

import numpy as np
import pytest
from test_reasons import CONTEXT

from balance_sync.anomalies.detectors import NEIGHBOURS, OUTLYING_ROWS, OutlyingNeighboursDetector
from balance_sync.anomalies.features import FEATURES
from balance_sync.anomalies.model import fit_model
from balance_sync.anomalies.ranking import Scored, gather
from balance_sync.anomalies.reasons import KINDS, explain
from balance_sync.anomalies.views import VIEWS

ODD = {"action_subscriber": 3.5, "action_rarity": 5.5, "balance": 0.9, "amount_relative": 0.9}
"""Of a row that no single view puts in front."""


def usual(rows=3000, seed=5):
    """Return features of which each row has one or two above 0."""
    random = np.random.default_rng(seed)
    values = random.exponential(1.0, (rows, len(FEATURES)))
    return np.where(random.random(values.shape) < 0.08, values, 0.0)


def odd_row():
    row = np.zeros((1, len(FEATURES)))
    for name, value in ODD.items():
        row[0, FEATURES.index(name)] = value
    return row


@pytest.fixture(scope="module")
def ranking():
    sample = usual()
    model = fit_model(sample, seed=1)
    values = np.vstack([sample, odd_row()])
    scores = model.score(values)
    kept, standings = gather(
        [Scored(np.arange(len(values)), scores)],
        model=model,
        reference=model.score(sample),
        leaders=1000,
        population=len(values),
    )
    return model, standings, kept


def test_only_its_neighbours_put_it_in_front(ranking):
    model, standings, kept = ranking
    ranks = standings.ranks(model.score(odd_row()))[0]
    by_view = {view.name: rank for view, rank in zip(VIEWS, ranks, strict=True)}
    assert by_view.pop("neighbours") <= 30
    assert min(by_view.values()) > 200
    place = (standings.fuse(kept.scores) >= standings.fuse(model.score(odd_row()))[0]).sum()
    assert place <= 250


def test_its_reasons_are_told_and_without_one_it_stands_lower(ranking):
    model, standings, _ = ranking
    (reasons,) = explain([CONTEXT], odd_row(), model=model, standings=standings, timezone="Asia/Bahrain")
    assert {reason.name for reason in reasons} <= set(ODD)
    assert len(reasons) == 3
    (score,) = standings.fuse(model.score(odd_row()))
    for reason in reasons:
        kind = next(kind for kind in KINDS if kind.name == reason.name)
        without = odd_row()
        for name in kind.features:
            without[0, FEATURES.index(name)] = model.usual[FEATURES.index(name)]
        (lower,) = standings.fuse(model.score(without))
        assert lower < score
        assert reason.weight == pytest.approx((score - lower) / score, abs=1e-4)


def scaled(rows):
    return np.random.default_rng(2).exponential(1, (rows, 5)).astype(np.float32)


def test_rows_near_the_usual_one_have_no_distance():
    sample = scaled(4 * OUTLYING_ROWS)
    scores = OutlyingNeighboursDetector().fit(sample, seed=1).score(sample)
    assert (scores > 0).sum() == OUTLYING_ROWS
    assert scores[np.linalg.norm(np.log1p(sample) - np.median(np.log1p(sample), axis=0), axis=1).argmax()] > 0


def test_of_a_small_sample_all_rows_are_measured():
    sample = scaled(OUTLYING_ROWS)
    assert (OutlyingNeighboursDetector().fit(sample, seed=1).score(sample) > 0).all()


def test_many_of_the_same_are_not_unusual():
    sample = np.vstack([scaled(4 * OUTLYING_ROWS), np.full((NEIGHBOURS, 5), 9, dtype=np.float32)])
    assert OutlyingNeighboursDetector().fit(sample, seed=1).score(sample)[-1] == 0


def test_rows_have_the_same_bits_one_by_one():
    sample = scaled(3000)
    detector = OutlyingNeighboursDetector().fit(sample, seed=1)
    one_by_one = np.concatenate([detector.score(sample[place : place + 1]) for place in range(3000)])
    assert one_by_one.tobytes() == detector.score(sample).tobytes()
