"""A deep detector, of the extra ``deep``: what a small autoencoder cannot reproduce is unusual.

It is shown a transaction together with those before it, and has to reproduce that transaction alone: what
was odd before explains what is odd now, and does not make it odd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from balance_sync.anomalies.detectors import Known, Scores
from balance_sync.anomalies.features import FEATURES
from balance_sync.anomalies.scaling import ScaledMatrix

if TYPE_CHECKING:
    import torch

EPOCHS = 40
BATCH_ROWS = 256
LEARNING_RATE = 1e-3
HIDDEN, CODE = 32, 6


class AutoencoderDetector:
    """The mean squared error of a row's own features, on a log scale; further columns are only looked at."""

    def fit(self, sample: ScaledMatrix, *, seed: int, known: Known | None = None) -> Self:  # noqa: ARG002
        """Train on the sample, on one thread: sums over several are not the same twice."""
        import torch
        from torch import nn

        torch.set_num_threads(1)
        generator = torch.Generator().manual_seed(seed)
        rows = _tensor(sample)
        width = rows.shape[1]
        self._own = min(width, len(FEATURES))
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self._network = nn.Sequential(
                nn.Linear(width, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CODE), nn.ReLU(),
                nn.Linear(CODE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, self._own),
            )  # fmt: skip
        optimiser = torch.optim.Adam(self._network.parameters(), lr=LEARNING_RATE)
        for _ in range(EPOCHS):
            for part in torch.randperm(len(rows), generator=generator).split(BATCH_ROWS):
                optimiser.zero_grad()
                loss = ((self._network(rows[part]) - rows[part, : self._own]) ** 2).mean()
                loss.backward()
                optimiser.step()
        # In single precision a row's error would depend on the rows that it is multiplied with.
        self._network.double()
        return self

    def score(self, rows: ScaledMatrix) -> Scores:
        """Return the errors."""
        import torch

        if not len(rows):
            return np.empty(0)
        with torch.no_grad():
            given = _tensor(rows).double()
            errors = ((self._network(given) - given[:, : self._own]) ** 2).mean(dim=1)
        scores: Scores = errors.numpy().astype(np.float64)
        return scores


def _tensor(rows: ScaledMatrix) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.log1p(rows).astype(np.float32))
