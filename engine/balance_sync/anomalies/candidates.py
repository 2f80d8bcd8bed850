"""The transactions that may be flagged, in order, each with what is known and said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from balance_sync.anomalies.context import Context, fetch_contexts
from balance_sync.anomalies.detectors import Scores
from balance_sync.anomalies.distant import DistantModel
from balance_sync.anomalies.feature_values import fetch_values
from balance_sync.anomalies.learning import Lessons, Worth, weigh
from balance_sync.anomalies.model import Model
from balance_sync.anomalies.ranking import Scored, Standings
from balance_sync.anomalies.reasons import Reason, explain, learned_reason

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SCORE_DECIMALS = 6
PERCENTILE_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A transaction that may be flagged.

    Attributes
    ----------
    score
        Between 0 and 1, rounded: 1 is the most unusual in every respect.
    percentile
        The percentage of all transactions that are less unusual, rounded.
    worth
        The estimated chance that a reviewer confirms it, rounded; `None` before anything was decided.
    reasons
        Strongest first; none where nothing is worth saying.
    """

    score: float
    percentile: float
    worth: float | None
    context: Context
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """All that may be flagged, and what it takes to put it in order.

    Attributes
    ----------
    kept
        The rows with their scores by view.
    page
        How many are fetched at a time.
    """

    connection: DuckDBPyConnection
    kept: Scored
    model: Model | DistantModel
    standings: Standings
    timezone: str
    page: int

    @property
    def scores(self) -> Scores:
        """The scores of the rows, rounded."""
        return np.round(self.standings.fuse(self.kept.scores), SCORE_DECIMALS)

    def by_score(self) -> Iterator[Candidate]:
        """Yield transactions by falling score; equal ones by transaction id, source and line."""
        return self._candidates(self.scores, None)

    def by_worth(self, lessons: Lessons) -> Iterator[Candidate]:
        """Yield transactions by falling worth; equal ones by transaction id, source and line."""
        values = fetch_values(self.connection, self.kept.ledger_rows.tolist())
        worth = weigh(self.scores, values, lessons=lessons, scaling=self.model.scaling)
        return self._candidates(worth.after, worth)

    def _candidates(self, keys: Scores, worth: Worth | None) -> Iterator[Candidate]:
        scores = self.scores
        order = np.argsort(-keys, kind="stable")
        above = np.sort(scores)
        while order.size:
            # A page ends where a key does: the order among equals is not known before they are fetched.
            last = -keys[order[min(self.page, order.size) - 1]]
            end = int(np.searchsorted(-keys[order], last, side="right"))
            rows, order = order[:end], order[end:]
            contexts, values = fetch_contexts(
                self.connection, self.kept.ledger_rows[rows].tolist(), timezone=self.timezone
            )
            reasons = explain(
                contexts, values, model=self.model, standings=self.standings, timezone=self.timezone
            )
            found = []
            for row, context, why in zip(rows, contexts, reasons, strict=True):
                score = float(scores[row])
                percentile = _percentile(score, above, self.standings.population)
                chance = None if worth is None else float(worth.after[row])
                found.append(Candidate(score, percentile, chance, context, _all_reasons(why, worth, row)))
            yield from sorted(found, key=_order)


def _all_reasons(reasons: tuple[Reason, ...], worth: Worth | None, row: int) -> tuple[Reason, ...]:
    """Add what decisions say for a transaction that is unusual enough to have reasons of its own."""
    if not reasons or worth is None or worth.after[row] <= worth.before[row]:
        return reasons
    lift = 1 - float(worth.before[row]) / float(worth.after[row])
    return (*reasons, *learned_reason(int(worth.like_confirmed[row]), lift))


def _percentile(score: float, ascending: Scores, population: int) -> float:
    higher_or_equal = len(ascending) - int(np.searchsorted(ascending, score, side="left"))
    return round(100 * (1 - higher_or_equal / population), PERCENTILE_DECIMALS)


def _order(candidate: Candidate) -> tuple[float, str, str, int]:
    context = candidate.context
    key = candidate.score if candidate.worth is None else candidate.worth
    return (-key, context.transaction_id or "", context.source_id or "", context.line or 0)
