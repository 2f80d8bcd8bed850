"""The model in a process of its own, so that scikit-learn is imported beside other work.

The import takes a second and holds Python's lock most of the while: a thread would make everything else
wait. The scores are those of `balance_sync.anomalies.model.Model`, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from balance_sync.anomalies.detectors import Scores
    from balance_sync.anomalies.features import FloatMatrix
    from balance_sync.anomalies.model import Answers, Model
    from balance_sync.anomalies.scaling import Scaling
    from balance_sync.anomalies.views import View

_fitted: list[Model] = []
"""In the other process: the model that is asked for scores."""


@dataclass(frozen=True, slots=True)
class DistantModel:
    """A fitted model in the one process of `executor`.

    Attributes
    ----------
    views, scaling, usual
        As those of `balance_sync.anomalies.model.Model`.
    """

    views: tuple[View, ...]
    scaling: Scaling
    usual: npt.NDArray[np.float64]
    executor: Executor

    def score(self, values: FloatMatrix) -> Scores:
        """Score unscaled features, as `balance_sync.anomalies.model.Model.score` does."""
        return self.executor.submit(_score, values).result()


def fit_distant_model(
    sample: FloatMatrix,
    *,
    seed: int,
    views: tuple[View, ...],
    answers: Answers | None = None,
    executor: Executor,
    meanwhile: Callable[[], None],
) -> DistantModel:
    """Fit every view in the one process of `executor`; as `balance_sync.anomalies.model.fit_model`.

    Parameters
    ----------
    meanwhile
        Is called here while the other process works.
    """
    fitting = executor.submit(_fit, sample, seed, views, answers)
    meanwhile()
    scaling, usual = fitting.result()
    return DistantModel(views, scaling, usual, executor)


def _fit(
    sample: FloatMatrix, seed: int, views: tuple[View, ...], answers: Answers | None
) -> tuple[Scaling, npt.NDArray[np.float64]]:
    from balance_sync.anomalies.model import fit_model

    _fitted[:] = [fit_model(sample, seed=seed, views=views, answers=answers)]
    return _fitted[0].scaling, _fitted[0].usual


def _score(values: FloatMatrix) -> Scores:
    return _fitted[0].score(values)
