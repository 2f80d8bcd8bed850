"""What people's decisions teach the ranking: like what was confirmed moves up, like what was not moves down.

A transaction's *worth* is an estimate of the chance that a reviewer confirms it. Before any decision it
depends on its rank alone. Every decision about a transaction of the detector's list then speaks for the
transactions near it in the space of the features, the more the nearer they are (a kernel estimate, drawn
to what the rank says by a prior weight). Every step can be told in a sentence, a single decision moves
what is like it and nothing else, and the same decisions give the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from balance_sync.anomalies.detectors import Scores
from balance_sync.anomalies.feature_values import feature_columns, fetch_values
from balance_sync.anomalies.features import FEATURES, FloatMatrix
from balance_sync.anomalies.model import Answers
from balance_sync.anomalies.scaling import Scaling

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.feedback.standing import Answer

FIRST_WORTH = 0.3
"""The worth of the first in rank before any decision."""

HALF_RANK = 60
"""The rank that is worth half of that: a list of usual length holds little behind it."""

PRIOR_WEIGHT = 0.5
"""What the rank counts for, in decisions about the very transaction."""

REACH = 0.25
"""How far a decision speaks: the standard deviation of its kernel."""

MOST_OF_ONE_PERSON = 3.0
"""What one person's decisions count for at any place together, in decisions about the very transaction."""

LIKE = 0.5
"""From this much kernel on a transaction is told to be like one that was decided."""

WORTH_DECIMALS = 6

# A standing gap is the subscriber's: every transaction of theirs would be like every other.
_PLACED = [place for place, name in enumerate(FEATURES) if name != "wallet_gap"]


@dataclass(frozen=True, slots=True)
class Lessons:
    """The decided transactions of this archive.

    Attributes
    ----------
    values
        Their features, unscaled, float64, shape (n, features), in the order of the decisions.
    confirmed
        bool, shape (n,).
    people
        Who decided each.
    """

    values: FloatMatrix
    confirmed: npt.NDArray[np.bool_]
    people: tuple[str, ...]

    @property
    def answers(self) -> Answers | None:
        """What a detector that learns by itself is told."""
        return Answers(self.values, self.confirmed) if len(self.people) else None


@dataclass(frozen=True, slots=True)
class Worth:
    """What transactions are worth a person's time.

    Attributes
    ----------
    before, after
        float64, shape (n,), rounded: by rank alone, and with the decisions.
    like_confirmed
        int64, shape (n,): how many confirmed transactions each is like.
    """

    before: Scores
    after: Scores
    like_confirmed: npt.NDArray[np.int64]


def read_lessons(connection: DuckDBPyConnection, answers: Sequence[Answer]) -> Lessons:
    """Find the features of decided transactions; those that this archive does not have teach nothing."""
    rows = connection.execute(
        """
        SELECT wanted.place, l.event_number
        FROM (SELECT unnest($ids::VARCHAR[]) AS transaction_id, unnest(range(len($ids))) AS place) AS wanted
        INNER JOIN numbered_ledger AS l ON wanted.transaction_id = l.transaction_id
        QUALIFY row_number() OVER (PARTITION BY wanted.place ORDER BY l.logged_at, l.source_id, l.line) = 1
        ORDER BY wanted.place
        """,
        {"ids": [one.transaction_id for one in answers]},
    ).fetchall()
    found = [answers[place] for place, _ in rows]
    if found:
        values = fetch_values(connection, [row for _, row in rows])
    else:
        values = np.empty((0, len(feature_columns(connection))))
    return Lessons(
        values, np.array([one.confirmed for one in found], dtype=bool), tuple(one.decided_by for one in found)
    )


def weigh(scores: Scores, values: FloatMatrix, *, lessons: Lessons, scaling: Scaling) -> Worth:
    """Estimate the worth of transactions.

    Parameters
    ----------
    scores
        float64, shape (n,): how unusual each is among all that may be flagged.
    values
        Their features, unscaled, shape (n, features).
    """
    ranks = len(scores) - np.searchsorted(np.sort(scores), scores, side="left")
    before = FIRST_WORTH / (1 + ranks / HALF_RANK)
    said, agreed = np.zeros(len(scores)), np.zeros(len(scores))
    like_confirmed = np.zeros(len(scores), dtype=np.int64)
    places, taught = _places(values, scaling), _places(lessons.values, scaling)
    for person in sorted(set(lessons.people)):
        total, confirmed = np.zeros(len(scores)), np.zeros(len(scores))
        for number in (n for n, name in enumerate(lessons.people) if name == person):
            kernel = np.exp(((places - taught[number]) ** 2).sum(axis=1) / (-2 * REACH**2))
            total += kernel
            if lessons.confirmed[number]:
                confirmed += kernel
                like_confirmed += kernel >= LIKE
        # However much somebody says of one thing, others are still heard, and so is the rank.
        share = np.minimum(1, MOST_OF_ONE_PERSON / np.maximum(total, MOST_OF_ONE_PERSON))
        said += share * total
        agreed += share * confirmed
    after = (PRIOR_WEIGHT * before + agreed) / (PRIOR_WEIGHT + said)
    return Worth(before.round(WORTH_DECIMALS), after.round(WORTH_DECIMALS), like_confirmed)


def _places(values: FloatMatrix, scaling: Scaling) -> FloatMatrix:
    """Return where transactions lie: small differences count near the usual, and little far from it."""
    placed: FloatMatrix = np.log1p(4.0 * scaling.apply(values)[:, _PLACED].astype(np.float64))
    return placed
