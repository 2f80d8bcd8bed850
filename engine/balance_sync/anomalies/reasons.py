"""Why a transaction stands out, in words, with the usual range it left.

A reason is worth what the score loses when its features are set to their usual values, so it is never
a story told beside the ranking: without the reason the transaction would stand lower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from balance_sync.anomalies.context import Context
from balance_sync.anomalies.distant import DistantModel
from balance_sync.anomalies.features import FEATURES, FloatMatrix
from balance_sync.anomalies.forest import Model, Scores
from balance_sync.anomalies.ranking import Standings
from balance_sync.currency import minor_unit

REASONS_SHOWN = 3
WEIGHT_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of one transaction.

    Attributes
    ----------
    weight
        The part of the score that goes with it, above 0 and at most 1. Weights of several reasons need
        not add up: what is unusual in two respects stays unusual without one of them.
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
    """

    name: str
    features: tuple[str, ...]
    least: float
    words: Callable[[Context, str], str]


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
    return [
        _strongest(context, row, float(score) - others, float(score), timezone)
        for context, row, score, others in zip(contexts, values, scores, without, strict=True)
    ]


def _scores_with_and_without(
    values: FloatMatrix, model: Model | DistantModel, standings: Standings
) -> tuple[Scores, Scores]:
    """Return the scores, shape (n,), and those without each kind of reason, shape (n, kinds)."""
    variants = np.repeat(values[np.newaxis], len(KINDS) + 1, axis=0)
    for place, kind in enumerate(KINDS, start=1):
        columns = [FEATURES.index(name) for name in kind.features]
        variants[place][:, columns] = model.usual[columns]
    # All at once: a forest spends most of its time on a few rows in getting started.
    scores = standings.fuse(model.score(variants.reshape(-1, len(FEATURES)))).reshape(len(KINDS) + 1, -1)
    return scores[0], scores[1:].T


def _strongest(
    context: Context, values: FloatMatrix, losses: Scores, score: float, timezone: str
) -> tuple[Reason, ...]:
    weighed = []
    for place, kind in enumerate(KINDS):
        weight = round(float(losses[place]) / score, WEIGHT_DECIMALS) if score > 0 else 0.0
        if weight > 0 and values[FEATURES.index(kind.features[0])] >= kind.least:
            weighed.append((-weight, place))
    return tuple(
        Reason(KINDS[place].name, KINDS[place].words(context, timezone), -negative)
        for negative, place in sorted(weighed)[:REASONS_SHOWN]
    )


def money(value: Decimal | float | None, currency: str | None) -> str:
    """Write an amount with its currency's decimals, more where it has more: ``8.000 BHD``."""
    if value is None:
        return "an unstated amount"
    exact = value if isinstance(value, Decimal) else Decimal(repr(round(value, 9)))
    whole, _, decimals = f"{exact:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(minor_unit(currency), "0")
    return (f"{whole}.{decimals}" if decimals else whole) + (f" {currency}" if currency else "")


def _between(low: float | None, high: float | None, currency: str | None) -> str:
    if low == high:
        return money(low, currency)
    return f"{money(low, currency).removesuffix(f' {currency}')} to {money(high, currency)}"


def _label(context: Context) -> str:
    return context.action or f"{(context.direction or 'transaction').lower()}s without a stated action"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _in_currency(context: Context) -> str:
    return f" in {context.currency}" if context.currency else ""


def _amount_of_subscriber(context: Context, _: str) -> str:
    usual = _between(context.usual_low, context.usual_high, context.currency)
    return (
        f"amount {money(context.amount, context.currency)}; "
        f"this subscriber's usual for {_label(context)} is {usual}"
    )


def _amount_of_population(context: Context, _: str) -> str:
    usual = _between(context.population_low, context.population_high, context.currency)
    kind = f"seldom seen {(context.direction or '').lower()} actions" if context.pooled else _label(context)
    return (
        f"amount {money(context.amount, context.currency)}; "
        f"usual for {kind}{_in_currency(context)} is {usual}"
    )


def _repeat(context: Context, _: str) -> str:
    seconds = context.seconds_after_identical or 0.0
    after = f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return (
        f"same action and amount as {after} before; "
        f"that happened {_times(context.population_repeats)} in {context.population:,} such transactions"
    )


def _action_of_subscriber(context: Context, _: str) -> str:
    seen = f"{_label(context)} seen {_times(context.same_action)}"
    return f"{seen} in this subscriber's {context.history:,} transactions"


def _rare_action(context: Context, _: str) -> str:
    return (
        f"{_label(context)} seen {_times(context.action_count)} in "
        f"{context.currency_count:,} transactions{_in_currency(context)}"
    )


def _hour(context: Context, timezone: str) -> str:
    kind = "seldom seen actions" if context.pooled else _label(context)
    start, end = context.busiest_hour, (context.busiest_hour + 1) % 24
    return (
        f"{context.local_time} local time ({timezone}); {context.hour_count:,} of {context.population:,} "
        f"{kind}{_in_currency(context)} fall in that hour, most ({context.busiest_count:,}) "
        f"in {start:02}:00–{end:02}:00"
    )


def _pause(context: Context, _: str) -> str:
    low, high = _duration(context.pause_low), _duration(context.pause_high)
    return (
        f"{_duration(context.pause_seconds)} after the subscriber's previous transaction; "
        f"usual for {_label(context)} is {low} to {high}"
    )


def _duration(seconds: float | None) -> str:
    seconds = seconds or 0.0
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _wallet_gap(context: Context, _: str) -> str:
    side = "above" if (context.gap or 0) > 0 else "below"
    return (
        f"payment balance {money(abs(context.gap or 0), context.currency)} {side} the subscription balance, "
        "and not reported as out of sync"
    )


def _wallet_gap_step(context: Context, _: str) -> str:
    step = abs((context.gap or 0) - (context.gap_before or 0))
    moved = money(step, context.currency)
    return f"the difference between the two balances changed by {moved} since the previous transaction"


def _balance(context: Context, _: str) -> str:
    usual = _between(context.balance_low, context.balance_high, context.currency)
    return f"new balance {money(context.new_balance, context.currency)}; this subscriber's usual is {usual}"


KINDS = (
    Kind("amount_subscriber", ("amount_subscriber", "amount_both"), 0.1, _amount_of_subscriber),
    Kind("amount_population", ("amount_population", "amount_both"), 0.1, _amount_of_population),
    Kind("repeat", ("repeat",), 0.1, _repeat),
    Kind("action_subscriber", ("action_subscriber",), 2.3, _action_of_subscriber),
    Kind("action_rarity", ("action_rarity",), 4.0, _rare_action),
    Kind("hour_of_day", ("hour_of_day",), 2.0, _hour),
    Kind("pause", ("pause",), 1.0, _pause),
    Kind("wallet_gap", ("wallet_gap",), 0.1, _wallet_gap),
    Kind("wallet_gap_step", ("wallet_gap_step",), 0.1, _wallet_gap_step),
    Kind("balance", ("balance",), 0.3, _balance),
)
"""Every kind of reason, in the order in which equal ones are told."""
