"""Why a transaction stands out, in words, with the usual range it left.

A reason is worth what the score loses when its features are set to their usual values, so it is never
a story told beside the ranking: without the reason the transaction would stand lower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from balance_sync.anomalies import reason_words as words
from balance_sync.anomalies.context import Context
from balance_sync.anomalies.detectors import Scores
from balance_sync.anomalies.distant import DistantModel
from balance_sync.anomalies.features import FEATURES, FloatMatrix
from balance_sync.anomalies.model import Model
from balance_sync.anomalies.ranking import Standings

REASONS_SHOWN = 3
WEIGHT_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of one transaction.

    Attributes
    ----------
    weight
        The part of the score that goes with it, above 0 and at most 1. Weights of several reasons need
        not add up: what is unusual in two respects stays unusual without one of them. Where the score
        stays the same without any one of them, the part that each would have alone.
    """

    name: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of reason.

    Attributes
    ----------
    features
        What is set to its usual value to weigh the reason; the first is the one that the words tell.
    least
        The reason is not worth saying below this value of the first feature.
    words
        Makes the sentence.
    unless
        A feature beside which it tells nothing new.
    """

    name: str
    features: tuple[str, ...]
    least: float
    words: Callable[[Context, str], str]
    unless: str = ""


def explain(
    contexts: Sequence[Context],
    values: FloatMatrix,
    *,
    model: Model | DistantModel,
    standings: Standings,
    timezone: str,
) -> list[tuple[Reason, ...]]:
    """Give each transaction its strongest reasons, strongest first; none where nothing is worth saying.

    Parameters
    ----------
    contexts
        The transactions.
    values
        Their features, float64, shape (len(contexts), features).
    timezone
        Business time zone, for the words.
    """
    scores, without = _scores_with_and_without(values, model, standings)
    told = [
        _strongest(context, row, (score - others) / score if score > 0 else 0 * others, timezone)
        for context, row, score, others in zip(contexts, values, scores, without, strict=True)
    ]
    silent = [
        place
        for place, (reasons, score) in enumerate(zip(told, scores, strict=True))
        if not reasons and score > 0
    ]
    if silent:
        alone = _scores_alone(values[silent], model, standings)
        for place, kept in zip(silent, alone, strict=True):
            told[place] = _strongest(contexts[place], values[place], kept / scores[place], timezone)
    return told


def learned_reason(like_confirmed: int, lift: float) -> tuple[Reason, ...]:
    """Return the reason that decisions give; none where none of them is about something like it.

    Parameters
    ----------
    like_confirmed
        How many confirmed transactions it is like.
    lift
        Which part of its worth goes with them.
    """
    weight = round(lift, WEIGHT_DECIMALS)
    if not like_confirmed or weight <= 0:
        return ()
    many = "a transaction that was" if like_confirmed == 1 else f"{like_confirmed:,} transactions that were"
    return (Reason("feedback", f"much like {many} confirmed", weight),)


def _scores_with_and_without(
    values: FloatMatrix, model: Model | DistantModel, standings: Standings
) -> tuple[Scores, Scores]:
    """Return the scores, shape (n,), and those without each kind of reason, shape (n, kinds)."""
    variants = np.repeat(values[np.newaxis], len(KINDS) + 1, axis=0)
    for place, kind in enumerate(KINDS, start=1):
        columns = [FEATURES.index(name) for name in kind.features]
        variants[place][:, columns] = model.usual[columns]
    # All at once: a forest spends most of its time on a few rows in getting started.
    scores = standings.fuse(model.score(variants.reshape(-1, values.shape[1]))).reshape(len(KINDS) + 1, -1)
    return scores[0], scores[1:].T


def _scores_alone(values: FloatMatrix, model: Model | DistantModel, standings: Standings) -> Scores:
    """Return the scores with one kind of reason alone, all else usual, shape (n, kinds).

    For what is odd in so many respects that it stands where it stands without any one of them.
    """
    variants = np.repeat(model.usual[np.newaxis], len(KINDS) * len(values), axis=0)
    variants = variants.reshape(len(KINDS), len(values), -1)
    for place, kind in enumerate(KINDS):
        columns = [FEATURES.index(name) for name in kind.features]
        variants[place][:, columns] = values[:, columns]
    return standings.fuse(model.score(variants.reshape(-1, values.shape[1]))).reshape(len(KINDS), -1).T


def _strongest(context: Context, values: FloatMatrix, weights: Scores, timezone: str) -> tuple[Reason, ...]:
    weighed = []
    for place, kind in enumerate(KINDS):
        weight = min(1.0, round(float(weights[place]), WEIGHT_DECIMALS))
        told_already = kind.unless and values[FEATURES.index(kind.unless)] > 0
        if weight > 0 and not told_already and values[FEATURES.index(kind.features[0])] >= kind.least:
            weighed.append((-weight, place))
    return tuple(
        Reason(KINDS[place].name, KINDS[place].words(context, timezone), -negative)
        for negative, place in sorted(weighed)[:REASONS_SHOWN]
    )


KINDS = (
    Kind("amount_subscriber", ("amount_subscriber", "amount_both"), 0.1, words.amount_of_subscriber),
    Kind("amount_population", ("amount_population", "amount_both"), 0.1, words.amount_of_population),
    Kind("repeat", ("repeat",), 0.1, words.repeat),
    Kind("action_subscriber", ("action_subscriber",), 2.3, words.action_of_subscriber),
    Kind("action_rarity", ("action_rarity",), 4.0, words.rare_action),
    Kind("hour_of_day", ("hour_of_day",), 2.0, words.hour),
    Kind("pause", ("pause",), 1.0, words.pause),
    Kind("wallet_gap", ("wallet_gap",), 0.1, words.wallet_gap),
    Kind("wallet_gap_step", ("wallet_gap_step",), 0.1, words.wallet_gap_step),
    Kind("balance", ("balance",), 0.3, words.balance),
    Kind("amount_relative", ("amount_relative",), 0.1, words.amount_relative, "amount_population"),
    Kind("near", ("near",), 2.3, words.near),
    Kind("day", ("day",), 2.3, words.day),
    Kind("day_amount", ("day_amount",), 0.1, words.day_amount, "amount_population"),
    Kind("batch", ("batch",), 2.3, words.batch),
    Kind("source", ("source",), 2.3, words.source),
    Kind("direction_of_action", ("direction_of_action",), 2.3, words.direction_of_action),
)
"""Every kind of reason, in the order in which equal ones are told."""
