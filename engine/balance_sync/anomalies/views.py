"""What the detectors look at, by the name that a run is asked for.

One forest over all features finds little here: what is unusual in a single respect disappears among
the others, and a few hundred rare but ordinary corrections fill the list. So each *view* looks at the
features of one kind of oddness, and `ranking` shares the list out among the views. One looks at all
features, for what is odd in several respects and first in none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from balance_sync.anomalies.autoencoder import AutoencoderDetector
from balance_sync.anomalies.detectors import (
    ActiveForestDetector,
    Detector,
    DeviationDetector,
    IsolationForestDetector,
    NeighboursDetector,
    OutlyingNeighboursDetector,
)
from balance_sync.anomalies.features import FEATURES
from balance_sync.anomalies.sequence import CONTEXT, needs_sequence

_COLUMNS = FEATURES + CONTEXT


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
        return [_COLUMNS.index(name) for name in self.features]


_AMOUNT = ("amount_subscriber", "amount_population", "amount_both", "amount_relative")
_PACE = ("pause", "near", "day", "day_amount")

VIEWS = (
    View("amount", _AMOUNT, 0.15, IsolationForestDetector),
    View("amount_both", ("amount_both",), 0.15, DeviationDetector),
    View("repeat", ("repeat",), 0.08, DeviationDetector),
    View("pace", _PACE, 0.28, IsolationForestDetector),
    View("words", ("source", "direction_of_action"), 0.14, DeviationDetector),
    View("gap", ("wallet_gap_step",), 0.08, DeviationDetector),
    View("hour", ("hour_of_day",), 0.03, DeviationDetector),
    View("batch", ("batch",), 0.02, DeviationDetector),
    View("neighbours", FEATURES, 0.07, OutlyingNeighboursDetector),
)
"""Chosen by the figures in docs/detection.md."""

VIEWS_VERSION = 2
"""With other views or other shares a kept model would give other scores than when it was kept."""

DETECTORS: Mapping[str, tuple[View, ...]] = MappingProxyType(
    {
        "views": VIEWS,
        "forest": (View("all", FEATURES, 1.0, IsolationForestDetector),),
        "neighbours": (View("all", FEATURES, 1.0, NeighboursDetector),),
        "ensemble": (
            View("forest", FEATURES, 0.5, IsolationForestDetector),
            View("neighbours", FEATURES, 0.5, NeighboursDetector),
        ),
        "active": (View("all", FEATURES, 1.0, ActiveForestDetector),),
        "deep": (View("all", FEATURES + CONTEXT, 1.0, AutoencoderDetector),),
    }
)
"""By the name that `--detector` gives."""


def matrix_width(views: tuple[View, ...]) -> int:
    """Return how many columns the feature matrices of these views have."""
    looks_back = needs_sequence(name for view in views for name in view.features)
    return len(_COLUMNS) if looks_back else len(FEATURES)
