"""The model in a process of its own, so that scikit-learn is imported beside other work.

The import takes a second and holds Python's lock most of the while: a thread would make everything else
wait. The scores are those of `balance_sync.anomalies.forest.Model`, to the last bit.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from balance_sync.anomalies.features import FloatMatrix
    from balance_sync.anomalies.forest import Model, Scores, View

_fitted: list[Model] = []
"""In the other process: the model that is asked for scores."""


@dataclass(frozen=True, slots=True)
class DistantModel:
    """A fitted model in the one process of `executor`.

    Attributes
    ----------
    views, usual
        As those of `balance_sync.anomalies.forest.Model`.
    """

    views: tuple[View, ...]
    usual: npt.NDArray[np.float64]
    executor: Executor

    def score(self, values: FloatMatrix) -> Scores:
        """Score unscaled features, as `balance_sync.anomalies.forest.Model.score` does."""
        return self.executor.submit(_score, values).result()


def fit_distant_model(
    sample: FloatMatrix, *, seed: int, views: tuple[View, ...], executor: Executor
) -> DistantModel:
    """Fit every view in the one process of `executor`; as `balance_sync.anomalies.forest.fit_model`."""
    return DistantModel(views, executor.submit(_fit, sample, seed, views).result(), executor)


def _fit(sample: FloatMatrix, seed: int, views: tuple[View, ...]) -> npt.NDArray[np.float64]:
    from balance_sync.anomalies.forest import fit_model

    _fitted[:] = [fit_model(sample, seed=seed, views=views)]
    return _fitted[0].usual


def _score(values: FloatMatrix) -> Scores:
    return _fitted[0].score(values)
