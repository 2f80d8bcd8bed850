"""How far the archive has moved away from the one that a kept model was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from balance_sync.anomalies.features import FEATURES, FloatMatrix

PSI_DECIMALS = 4
SHIFTING, CHANGED = 0.1, 0.25
"""The customary bounds of the population stability index (credit scoring): below them, nothing has moved."""

_CLASSES = 10
_LEAST_SHARE = 1e-4


@dataclass(frozen=True, slots=True)
class Drift:
    """The population stability index of one feature.

    Attributes
    ----------
    verdict
        ``stable``, ``shifting`` or ``changed``.
    """

    feature: str
    psi: float
    verdict: str


def measure_drift(reference: FloatMatrix, sample: FloatMatrix) -> tuple[Drift, ...]:
    """Compare two samples of unscaled features, each of shape (n, features), n at least 1.

    The classes are the tenths of what is above 0 in the reference, and one for 0, where most values are.

    Returns
    -------
    tuple of Drift
        In the order of `FEATURES`.
    """
    found = []
    for column, feature in enumerate(FEATURES):
        edges = _edges(reference[:, column])
        index = _index(_shares(reference[:, column], edges), _shares(sample[:, column], edges))
        psi = round(index, PSI_DECIMALS)
        verdict = "stable" if psi < SHIFTING else "shifting" if psi < CHANGED else "changed"
        found.append(Drift(feature, psi, verdict))
    return tuple(found)


def _edges(values: np.ndarray) -> np.ndarray:
    """Return the upper bounds of all classes but the last, 0 first."""
    positive = values[values > 0]
    tenths = np.quantile(positive, np.arange(1, _CLASSES) / _CLASSES) if positive.size else np.empty(0)
    return np.unique(np.concatenate([[0.0], tenths]))


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return np.maximum(counts / len(values), _LEAST_SHARE)


def _index(expected: np.ndarray, actual: np.ndarray) -> float:
    return float(((actual - expected) * np.log(actual / expected)).sum())
