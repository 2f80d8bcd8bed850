"""From the scores of several views to one order, in bounded memory.

A transaction's score is the sum over the views of ``share / rank``, its rank being its place in that
view's own order (weighted reciprocal rank fusion). Only ranks are compared, never the scores of
different views, and a view's share is the part of the top of the list that it fills.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from balance_sync.anomalies.detectors import Scores
from balance_sync.anomalies.distant import DistantModel
from balance_sync.anomalies.model import Model


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows of the ledger with their scores.

    Attributes
    ----------
    ledger_rows
        int64, shape (n,).
    scores
        float64, shape (n, views).
    """

    ledger_rows: npt.NDArray[np.int64]
    scores: Scores


@dataclass(frozen=True, slots=True)
class Standings:
    """Where a score stands in each view, among all transactions that no rule explains.

    Attributes
    ----------
    leaders
        Per view the scores of its leaders, ascending.
    reference
        Per view the scores of a sample, ascending: what places the rest.
    population
        How many transactions there are.
    floor
        float64, shape (views,): the score of an entirely usual transaction; no rank from there down.
    shares
        float64, shape (views,).
    """

    leaders: tuple[Scores, ...]
    reference: tuple[Scores, ...]
    population: int
    floor: Scores
    shares: Scores

    def ranks(self, scores: Scores) -> Scores:
        """Return the rank of each score, shape (n, views): 1 is the most unusual, equals share the worst.

        Beyond the leaders a rank is an estimate from the sample; where nothing is unusual it is infinite.
        """
        ranks = np.empty(scores.shape)
        for view, (leaders, reference) in enumerate(zip(self.leaders, self.reference, strict=True)):
            column = scores[:, view]
            exact = len(leaders) - np.searchsorted(leaders, column, side="left")
            above = len(reference) - np.searchsorted(reference, column, side="left")
            estimate = np.maximum(len(leaders) + 1, above * self.population / max(1, len(reference)))
            led = column >= leaders[0] if len(leaders) else np.zeros(len(column), dtype=bool)
            ranks[:, view] = np.where(led, np.maximum(exact, 1), estimate)
            ranks[column <= self.floor[view], view] = np.inf
        return ranks

    def fuse(self, scores: Scores) -> Scores:
        """Return the score of each row, shape (n,): 1 is first in every view, 0 usual in every one."""
        total = np.zeros(len(scores))
        for view, rank in enumerate(self.ranks(scores).T):  # in turn, so that the order of addition is fixed
            total += self.shares[view] / rank
        return total


def gather(
    parts: Iterable[Scored], *, model: Model | DistantModel, reference: Scores, leaders: int, population: int
) -> tuple[Scored, Standings]:
    """Keep the highest scores of each view out of any number of parts.

    Equal scores are kept or left out together, so that neither the order of the parts nor their size
    changes the result.

    Parameters
    ----------
    parts
        The transactions that may be ranked.
    reference
        Scores of the fitted sample, shape (n, views).
    leaders
        How many to keep a view.
    population
        The number of all transactions.

    Returns
    -------
    Scored, Standings
        The kept rows, in no particular order, and where each score stands.
    """
    # Where most transactions lie apart from the medians of all features, the middle one is usual enough.
    floor = np.minimum(model.score(model.usual[np.newaxis])[0], np.median(reference, axis=0))
    views = len(model.views)
    kept = Scored(np.empty(0, dtype=np.int64), np.empty((0, views)))
    limits = floor.copy()
    for part in parts:
        promising = (part.scores > limits).any(axis=1)
        kept = Scored(
            np.concatenate([kept.ledger_rows, part.ledger_rows[promising]]),
            np.concatenate([kept.scores, part.scores[promising]]),
        )
        if len(kept.ledger_rows) > 2 * views * leaders:
            limits = _limits(kept.scores, limits, leaders)
            kept = _above(kept, limits)
    limits = _limits(kept.scores, limits, leaders)
    kept = _above(kept, limits)
    columns = [kept.scores[:, view] for view in range(views)]
    standings = Standings(
        tuple(np.sort(column[column > limit]) for column, limit in zip(columns, limits, strict=True)),
        tuple(np.sort(reference[:, view]) for view in range(views)),
        population,
        floor,
        np.array([view.share for view in model.views]),
    )
    return kept, standings


def _limits(scores: Scores, limits: Scores, leaders: int) -> Scores:
    """Return per view the score that leaders exceed, given the `limits` found so far.

    It is the highest score that did not make it. What was dropped earlier no longer counts, but what it
    proved does: a limit never falls.
    """
    if len(scores) <= leaders:
        return limits
    place = len(scores) - leaders - 1
    next_best: Scores = np.partition(scores, place, axis=0)[place]
    return np.fmax(limits, next_best)


def _above(scored: Scored, limits: Scores) -> Scored:
    wanted = (scored.scores > limits).any(axis=1)
    return Scored(scored.ledger_rows[wanted], scored.scores[wanted])
