"""The detectors behind one small interface: each says how far rows are from what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from balance_sync.anomalies.isolation import Isolation
from balance_sync.anomalies.scaling import ScaledMatrix

TREES = 64
ROWS_PER_TREE = 256
NEIGHBOURS = 20
REFERENCE_ROWS = 4096
"""Rows of the sample that distances are measured to."""

OUTLYING_ROWS = 500
"""So many rows of the sample are outlying: ten times as many as a list of usual length has."""

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Known:
    """What people decided about transactions.

    Attributes
    ----------
    rows
        Their scaled features, shape (n, features).
    confirmed
        bool, shape (n,): confirmed, or else not worth a person's time.
    """

    rows: ScaledMatrix
    confirmed: npt.NDArray[np.bool_]


class Detector(Protocol):
    """Something that learns what is usual from a sample and scores rows by how far they are from it."""

    def fit(self, sample: ScaledMatrix, *, seed: int, known: Known | None = None) -> Self:
        """Learn from the scaled features of a sample, shape (n, features), in a fixed order."""
        ...

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return float64 scores, shape (n,), higher the more unusual; a row's depends on that row alone."""
        ...


class IsolationForestDetector:
    """Scikit-learn's `IsolationForest`; unusual is what few random cuts set apart."""

    def fit(self, sample: ScaledMatrix, *, seed: int, known: Known | None = None) -> Self:  # noqa: ARG002
        """Grow the trees."""
        from sklearn.ensemble import IsolationForest

        forest = IsolationForest(
            n_estimators=TREES, max_samples=min(ROWS_PER_TREE, len(sample)), random_state=seed, n_jobs=1
        )
        self._isolation = Isolation(forest.fit(sample))
        self._usual = np.median(sample, axis=0).astype(sample.dtype)
        self._usual_score = self._isolation.scores(self._usual[np.newaxis])[0]
        return self

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return scores between 0 and 1."""
        scores = np.full(len(rows), self._usual_score)
        # Most amounts are within every usual range: their rows are all the same, and so is their score.
        unusual = np.flatnonzero((rows != self._usual).any(axis=1))
        if len(unusual):
            scores[unusual] = self._isolation.scores(rows[unusual])
        return scores


class DeviationDetector:
    """The largest feature itself.

    For a feature that is 0 in all but a few rows: a tree's sample holds hardly any of those, and a
    forest cannot tell them apart.
    """

    def fit(self, sample: ScaledMatrix, *, seed: int, known: Known | None = None) -> Self:  # noqa: ARG002
        """Learn nothing."""
        return self

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return the largest scaled feature of each row."""
        largest: Scores = rows.max(axis=1).astype(np.float64)
        return largest


class NeighboursDetector:
    """The distance to the 20th nearest of some thousand rows of the sample, features on a log scale."""

    def fit(self, sample: ScaledMatrix, *, seed: int, known: Known | None = None) -> Self:  # noqa: ARG002
        """Keep rows of the sample, evenly spaced: it is in the order of transaction ids."""
        from sklearn.neighbors import NearestNeighbors

        every = -(-len(sample) // REFERENCE_ROWS)
        kept = np.log1p(sample[::every])
        self._nearest = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(kept)), n_jobs=1).fit(kept)
        return self

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return distances."""
        if not len(rows):
            return np.empty(0)
        distances: Scores = self._nearest.kneighbors(np.log1p(rows))[0][:, -1].astype(np.float64)
        return distances


class OutlyingNeighboursDetector:
    """The same distance, for those rows alone that are further from the usual row than nearly all others.

    Most rows are near it and near each other. To leave them out is what makes this cheap enough to stand
    beside other views.
    """

    def fit(self, sample: ScaledMatrix, *, seed: int, known: Known | None = None) -> Self:  # noqa: ARG002
        """Keep rows of the sample, evenly spaced, and learn how far from the usual row most rows are."""
        from sklearn.neighbors import NearestNeighbors

        placed = np.log1p(sample)
        self._usual = np.median(placed, axis=0)
        apart = np.sort(self._from_usual(placed))
        self._limit = apart[-OUTLYING_ROWS - 1] if len(apart) > OUTLYING_ROWS else -1.0
        kept = placed[:: -(-len(placed) // REFERENCE_ROWS)]
        # A tree measures each pair by itself; what a product of matrices gives depends on the other rows.
        nearest = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(kept)), algorithm="kd_tree", n_jobs=1)
        self._nearest = nearest.fit(kept)
        return self

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return distances, 0 for rows that are not outlying."""
        scores = np.zeros(len(rows))
        placed = np.log1p(rows)
        outlying = np.flatnonzero(self._from_usual(placed) > self._limit)
        if len(outlying):
            scores[outlying] = self._nearest.kneighbors(placed[outlying])[0][:, -1]
        return scores

    def _from_usual(self, placed: ScaledMatrix) -> ScaledMatrix:
        """Return squared distances."""
        apart = placed - self._usual
        squares: ScaledMatrix = np.einsum("ij,ij->i", apart, apart)
        return squares


class ActiveForestDetector:
    """Active Anomaly Discovery: an isolation forest whose leaves are weighed by decisions.

    Of the extra ``active`` (Das et al. 2017, arXiv 1708.09441; `coniferest`).
    """

    def fit(self, sample: ScaledMatrix, *, seed: int, known: Known | None = None) -> Self:
        """Grow the trees, and weigh their leaves where anything is known."""
        from coniferest.aadforest import AADForest
        from coniferest.label import Label

        forest = AADForest(
            n_trees=TREES, n_subsamples=min(ROWS_PER_TREE, len(sample)), random_seed=seed, n_jobs=1
        )
        if known is None or not len(known.rows):
            self._forest = forest.fit(sample.astype(np.float64))
        else:
            labels = np.where(known.confirmed, int(Label.ANOMALY), int(Label.REGULAR))
            self._forest = forest.fit_known(
                sample.astype(np.float64), known.rows.astype(np.float64), labels.astype(np.int64)
            )
        return self

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return scores, higher the more unusual."""
        if not len(rows):
            return np.empty(0)
        scores: Scores = -self._forest.score_samples(rows.astype(np.float64))
        return scores
