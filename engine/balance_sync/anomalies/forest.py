"""The detectors: Isolation Forests over a few features each, behind one small interface.

One forest over all features finds little here: what is unusual in a single respect disappears among
the others, and a few hundred rare but ordinary corrections fill the list. So each *view* looks at the
features of one kind of oddness, and `ranking` shares the list out among the views.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from balance_sync.anomalies.features import FEATURES, FloatMatrix
from balance_sync.anomalies.scaling import ScaledMatrix, Scaling, fit_scaling

TREES = 64
ROWS_PER_TREE = 256
SCORE_DECIMALS = 9
"""Scores are rounded before they are compared, so that equal transactions stay equal."""

Scores = npt.NDArray[np.float64]


class Detector(Protocol):
    """Something that learns what is usual from a sample and scores rows by how far they are from it."""

    def fit(self, sample: ScaledMatrix, *, seed: int) -> Self:
        """Learn from the scaled features of a sample, shape (n, features), in a fixed order."""
        ...

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return float64 scores, shape (n,), higher the more unusual; a row's depends on that row alone."""
        ...


class IsolationForestDetector:
    """Scikit-learn's `IsolationForest`; unusual is what few random cuts set apart."""

    def fit(self, sample: ScaledMatrix, *, seed: int) -> Self:
        """Grow the trees."""
        from sklearn.ensemble import IsolationForest

        forest = IsolationForest(
            n_estimators=TREES, max_samples=min(ROWS_PER_TREE, len(sample)), random_state=seed, n_jobs=1
        )
        self._forest = forest.fit(sample)
        self._usual = np.median(sample, axis=0).astype(sample.dtype)
        self._usual_score = -self._forest.score_samples(self._usual[np.newaxis])[0]
        return self

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return scores between 0 and 1."""
        scores = np.full(len(rows), self._usual_score)
        # Most amounts are within every usual range: their rows are all the same, and so is their score.
        unusual = np.flatnonzero((rows != self._usual).any(axis=1))
        if len(unusual):
            scores[unusual] = -self._forest.score_samples(rows[unusual])
        return scores


class DeviationDetector:
    """The largest feature itself.

    For a feature that is 0 in all but a few rows: a tree's sample holds hardly any of those, and a
    forest cannot tell them apart.
    """

    def fit(self, sample: ScaledMatrix, *, seed: int) -> Self:  # noqa: ARG002
        """Learn nothing."""
        return self

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return the largest scaled feature of each row."""
        largest: Scores = rows.max(axis=1).astype(np.float64)
        return largest


@dataclass(frozen=True, slots=True)
class View:
    """One kind of oddness.

    Attributes
    ----------
    features
        The features it looks at.
    share
        Its part of the review budget; the shares of all views add up to 1.
    """

    name: str
    features: tuple[str, ...]
    share: float
    detector: type[Detector]

    @property
    def columns(self) -> list[int]:
        """Where the features stand in a feature matrix."""
        return [FEATURES.index(name) for name in self.features]


_AMOUNT = ("amount_subscriber", "amount_population", "amount_both")

VIEWS = (
    View("amount", _AMOUNT, 0.55, IsolationForestDetector),
    View("repeat", ("repeat",), 0.2, DeviationDetector),
    View("habit", ("action_subscriber", "action_rarity", "hour_of_day"), 0.1, IsolationForestDetector),
    View(
        "whole",
        (
            *_AMOUNT,
            "repeat",
            "action_subscriber",
            "hour_of_day",
            "pause",
            "wallet_gap",
            "wallet_gap_step",
            "balance",
        ),
        0.15,
        IsolationForestDetector,
    ),
)
"""Chosen by the figures in docs/detection.md."""


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


def fit_model(sample: FloatMatrix, *, seed: int, views: tuple[View, ...] = VIEWS) -> Model:
    """Fit every view on a sample of unscaled features, shape (n, features), n at least 1."""
    scaling = fit_scaling(sample)
    scaled = scaling.apply(sample)
    detectors = tuple(
        view.detector().fit(np.ascontiguousarray(scaled[:, view.columns]), seed=seed) for view in views
    )
    return Model(views, scaling, detectors, np.median(sample, axis=0))
