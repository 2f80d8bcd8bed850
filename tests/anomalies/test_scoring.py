"""Few transactions are scored once, many twice where they are in the sample: both give the same."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from meal_ledgers import MIDNIGHT, ZONE, chained, judged, ordinary_moves, transaction

from balance_sync.anomalies.feature_values import sample_features
from balance_sync.anomalies.features import build_features
from balance_sync.anomalies.model import fit_model
from balance_sync.anomalies.scoring import score_once, score_open


@pytest.mark.parametrize("since", [None, MIDNIGHT + timedelta(days=5)])
@pytest.mark.parametrize("threads", [1, 3])
def test_scored_once_is_as_scored_twice(tmp_path, since, threads):
    explained = [transaction("explained", MIDNIGHT, -4), transaction("explained", MIDNIGHT, 4)]
    with judged(chained([*ordinary_moves(), *explained]), tmp_path) as connection:
        count = build_features(connection, timezone=ZONE)
        sample = sample_features(connection, count)
        model = fit_model(sample, seed=1)
        parts, of_all = score_once(connection, model, threads=threads, since=since)
        twice = list(score_open(connection, model, threads=threads, since=since))
    assert len(sample) == count == len(of_all)
    assert (np.sort(of_all, axis=0) == np.sort(model.score(sample), axis=0)).all()
    once, again = by_row(parts), by_row(twice)
    assert 0 < len(once) < count
    assert once == again


def by_row(parts):
    return {
        row: tuple(scores)
        for part in parts
        for row, scores in zip(part.ledger_rows.tolist(), part.scores.tolist(), strict=True)
    }
