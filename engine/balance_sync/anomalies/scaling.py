"""Brings features to one scale: 1 is the 99th percentile of what is above the usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from balance_sync.anomalies.features import FloatMatrix

LIMIT = 10.0
"""Scaled values are cut here: beyond it, more of the same says no more."""

_REFERENCE = 99
_SMALLEST_UNIT = 0.05

ScaledMatrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scaling:
    """The unit of each feature.

    Attributes
    ----------
    units
        float64, shape (features,), all positive.
    """

    units: npt.NDArray[np.float64]

    def apply(self, values: FloatMatrix) -> ScaledMatrix:
        """Return `values` in units, cut at `LIMIT`, as float32 in row order; what is no number becomes 0."""
        clean = np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=0.0)
        return np.ascontiguousarray(np.minimum(clean / self.units, LIMIT), dtype=np.float32)


def fit_scaling(sample: FloatMatrix) -> Scaling:
    """Measure the units in a sample, shape (n, features).

    Most values of most features are 0, so the percentile is that of the positive ones alone.
    """
    units = np.ones(sample.shape[1])
    for column in range(sample.shape[1]):
        positive = sample[:, column][sample[:, column] > 0]
        if positive.size:
            units[column] = max(float(np.percentile(positive, _REFERENCE)), _SMALLEST_UNIT)
    return Scaling(units)
