"""How few cuts set a row apart in a fitted isolation forest: scikit-learn's scores, in fewer steps.

`IsolationForest.score_samples` hands each tree of each chunk to joblib by itself, which copies settings and
filters of warnings for it: more than half of the time that scoring took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sklearn.ensemble import IsolationForest

    from balance_sync.anomalies.scaling import ScaledMatrix


class Isolation:
    """The trees of a fitted forest, and how far from its root each of their leaves is."""

    def __init__(self, forest: IsolationForest) -> None:
        self._trees = [one.tree_ for one in forest.estimators_]
        self._depths = [
            tree.compute_node_depths() + _unseen_depth(tree.n_node_samples) - 1.0 for tree in self._trees
        ]
        self._usual = len(self._trees) * float(_unseen_depth(np.array([forest.max_samples_]))[0])

    def scores(self, rows: ScaledMatrix) -> npt.NDArray[np.float64]:
        """Return what `score_samples` does, to the bit, but for its sign: higher the more unusual.

        Parameters
        ----------
        rows
            float32, shape (n, features), in row order.
        """
        depth = np.zeros(len(rows))
        for tree, depths in zip(self._trees, self._depths, strict=True):
            depth += depths[tree.apply(rows)]
        # Of a single row in the sample all trees are leaves.
        return 2 ** -(depth / self._usual if self._usual else np.ones(len(rows)))


def _unseen_depth(samples: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return how deep a tree of so many rows would go on below a leaf that holds them, on average.

    As deep as an unsuccessful search in a binary tree (Liu, Ting and Zhou 2008, Isolation Forest, section 2).
    """
    depth = np.where(samples == 2, 1.0, 0.0)
    more = samples > 2
    count = samples[more]
    depth[more] = 2.0 * (np.log(count - 1.0) + np.euler_gamma) - 2.0 * (count - 1.0) / count
    return depth
