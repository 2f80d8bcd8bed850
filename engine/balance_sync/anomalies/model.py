"""A fitted detector: what is usual, learned once, and how far anything is from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from balance_sync.anomalies.detectors import Detector, Known, Scores
from balance_sync.anomalies.features import FloatMatrix
from balance_sync.anomalies.scaling import Scaling, fit_scaling
from balance_sync.anomalies.views import VIEWS, View

SCORE_DECIMALS = 9
"""Scores are rounded before they are compared, so that equal transactions stay equal."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Features of transactions that people have decided about, unscaled, and whether they were confirmed.

    Attributes
    ----------
    values
        float64, shape (n, features).
    confirmed
        bool, shape (n,).
    """

    values: FloatMatrix
    confirmed: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted views.

    Attributes
    ----------
    usual
        float64, shape (features,): the median of each feature in the sample.
    """

    views: tuple[View, ...]
    scaling: Scaling
    detectors: tuple[Detector, ...]
    usual: npt.NDArray[np.float64]

    def score(self, values: FloatMatrix) -> Scores:
        """Score unscaled features, shape (n, features).

        Returns
        -------
        numpy.ndarray
            float64, shape (n, views), higher the more unusual. Scoring in chunks gives the same bits.
        """
        scores = np.empty((len(values), len(self.views)))
        if len(values):
            scaled = self.scaling.apply(values)
            for place, (view, detector) in enumerate(zip(self.views, self.detectors, strict=True)):
                scores[:, place] = detector.score(np.ascontiguousarray(scaled[:, view.columns]))
        return scores.round(SCORE_DECIMALS)


def fit_model(
    sample: FloatMatrix, *, seed: int, views: tuple[View, ...] = VIEWS, answers: Answers | None = None
) -> Model:
    """Fit every view on a sample of unscaled features, shape (n, features), n at least 1."""
    scaling = fit_scaling(sample)
    scaled = scaling.apply(sample)
    answered = scaling.apply(answers.values) if answers else None

    def fitted(view: View) -> Detector:
        known = None
        if answers is not None and answered is not None:
            known = Known(np.ascontiguousarray(answered[:, view.columns]), answers.confirmed)
        return view.detector().fit(np.ascontiguousarray(scaled[:, view.columns]), seed=seed, known=known)

    return Model(views, scaling, tuple(fitted(view) for view in views), np.median(sample, axis=0))
