"""Finds the transactions worth a person's time among those that no rule explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from balance_sync.anomalies.context import Context, fetch_contexts
from balance_sync.anomalies.distant import DistantModel, fit_distant_model
from balance_sync.anomalies.features import (
    FeatureChunk,
    FloatMatrix,
    build_features,
    count_explained,
    drop_features,
    iter_features,
    sample_features,
)
from balance_sync.anomalies.forest import VIEWS, Model, View, fit_model
from balance_sync.anomalies.ranking import Scored, Standings, gather
from balance_sync.anomalies.reasons import Reason, explain
from balance_sync.feedback.statements import DETECTOR, Subject
from balance_sync.store.findings import finding_id

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.feedback.statements import Entry

LEAST_TRANSACTIONS = 20
"""Fewer transactions have no usual to leave, and none is flagged."""

MOST_PER_SUBSCRIBER = 3
"""One subscriber's troubles are understood from a few transactions and must not fill the list."""

SCORE_DECIMALS = 6
PERCENTILE_DECIMALS = 4

SettingAside = Callable[[Subject], "Entry | None"]

_LEADERS_PER_FLAG = 20
_LEAST_LEADERS = 1000


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A flagged transaction.

    Attributes
    ----------
    rank
        1 is the most unusual. Ranks of transactions that were set aside are not given out.
    score
        Between 0 and 1, rounded: 1 is the most unusual in every respect.
    percentile
        The percentage of all transactions that are less unusual, rounded.
    reasons
        Strongest first, at least one.
    """

    rank: int
    score: float
    percentile: float
    context: Context
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A transaction that would be flagged, had nobody decided about it.

    Attributes
    ----------
    score, percentile, reasons
        As of an `Anomaly`.
    entry_id
        The decision that sets it aside.
    """

    subject: Subject
    score: float
    percentile: float
    context: Context
    reasons: tuple[Reason, ...]
    entry_id: int


@dataclass(frozen=True, slots=True)
class AnomalyResult:
    """What the detector found.

    Attributes
    ----------
    anomalies
        The flagged transactions in the order of their ranks; at most the review budget.
    examined
        All transactions, which together say what is usual.
    explained
        Those that findings of severity error or critical name; none of them is flagged.
    set_aside
        Those more unusual than the last flagged one but not flagged, their subscriber having
        `MOST_PER_SUBSCRIBER` already.
    timezone
        The business time zone of the reasons.
    answered
        Those more unusual than the last flagged one, or than what the list is too short for, that a decision
        sets aside; in the order of their scores.
    """

    anomalies: tuple[Anomaly, ...]
    examined: int
    explained: int
    set_aside: int
    timezone: str
    answered: tuple[Answered, ...] = ()


def detect(
    connection: DuckDBPyConnection,
    *,
    review_budget: int,
    seed: int,
    timezone: str,
    threads: int,
    views: tuple[View, ...] = VIEWS,
    executor: Executor | None = None,
    setting_aside: SettingAside | None = None,
) -> AnomalyResult:
    """Rank the transactions that no rule explains and flag the most unusual.

    The same tables, budget, seed and time zone give the same result, whatever the order of their rows
    and the number of threads.

    Parameters
    ----------
    connection
        Holds the tables ``ledger`` and ``findings``, the latter filled by the rules.
    review_budget
        How many transactions a person is ready to review.
    seed
        Of the forests.
    timezone
        IANA name of the business time zone.
    threads
        How many chunks are scored at a time.
    views
        The kinds of oddness to look for, with their shares of the budget.
    executor
        Of one process, warmed up, in which to fit and to score; without one it is done here.
    setting_aside
        Gives the decision that keeps a transaction from being flagged; `None`: there is none. Scores and
        percentiles do not depend on it.
    """
    count = build_features(connection, timezone=timezone)
    try:
        explained = count_explained(connection)
        if count < LEAST_TRANSACTIONS or review_budget < 1:
            return AnomalyResult((), count, explained, 0, timezone)
        sample = sample_features(connection, count)
        model = _fitted(sample, seed, views, executor)
        kept, standings = gather(
            _score_all(connection, model, threads),
            model=model,
            reference=model.score(sample),
            leaders=max(_LEAST_LEADERS, _LEADERS_PER_FLAG * review_budget),
            population=count,
        )
        candidates = _candidates(
            connection, kept, model, standings, timezone=timezone, page=2 * review_budget
        )
        anomalies, set_aside, answered = _choose(
            candidates, budget=review_budget, setting_aside=setting_aside or _nothing_decided
        )
        return AnomalyResult(anomalies, count, explained, set_aside, timezone, answered)
    finally:
        drop_features(connection)


def _fitted(
    sample: FloatMatrix, seed: int, views: tuple[View, ...], executor: Executor | None
) -> Model | DistantModel:
    if executor is None:
        return fit_model(sample, seed=seed, views=views)
    return fit_distant_model(sample, seed=seed, views=views, executor=executor)


def _score_all(connection: DuckDBPyConnection, model: Model | DistantModel, threads: int) -> Iterator[Scored]:
    """Score what no rule explains, `threads` chunks at a time; the trees run outside Python's lock."""
    chunks = iter_features(connection)
    with ThreadPoolExecutor(threads) as pool:
        while batch := list(islice(chunks, threads)):
            yield from pool.map(lambda chunk: _score_chunk(chunk, model), batch)


def _score_chunk(chunk: FeatureChunk, model: Model | DistantModel) -> Scored:
    open_rows = ~chunk.explained
    return Scored(chunk.ledger_rows[open_rows], model.score(chunk.values[open_rows]))


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    percentile: float
    context: Context
    reasons: tuple[Reason, ...]


def _choose(
    candidates: Iterator[_Candidate], *, budget: int, setting_aside: SettingAside
) -> tuple[tuple[Anomaly, ...], int, tuple[Answered, ...]]:
    per_subscriber: Counter[str | None] = Counter()
    chosen: list[Anomaly] = []
    answered: list[Answered] = []
    set_aside = 0
    for candidate in candidates:
        if not candidate.reasons:
            continue
        subject = _subject(candidate.context)
        entry = setting_aside(subject)
        if entry is not None:
            answered.append(
                Answered(
                    subject,
                    candidate.score,
                    candidate.percentile,
                    candidate.context,
                    candidate.reasons,
                    entry.entry_id,
                )
            )
            continue
        if per_subscriber[candidate.context.user_id] == MOST_PER_SUBSCRIBER:
            set_aside += 1
            continue
        per_subscriber[candidate.context.user_id] += 1
        rank = len(chosen) + 1
        chosen.append(
            Anomaly(rank, candidate.score, candidate.percentile, candidate.context, candidate.reasons)
        )
        if rank == budget:
            break
    return tuple(chosen), set_aside, tuple(answered)


def _nothing_decided(_: Subject) -> None:
    return None


def _subject(context: Context) -> Subject:
    """Return what decisions about a transaction go by: what its finding has, or would have."""
    return Subject(
        finding_id=finding_id(DETECTOR, subject_of(context)),
        rule=DETECTOR,
        user_id=context.user_id,
        currency=context.currency,
        transaction_id=context.transaction_id,
    )


def subject_of(context: Context) -> str:
    """Return what a finding about a transaction is about: its id, or where it stands if it has none."""
    return context.transaction_id or f"{context.source_id}:{context.line}"


def _candidates(
    connection: DuckDBPyConnection,
    kept: Scored,
    model: Model | DistantModel,
    standings: Standings,
    *,
    timezone: str,
    page: int,
) -> Iterator[_Candidate]:
    """Yield transactions by falling score; equal ones by transaction id, source and line."""
    scores = np.round(standings.fuse(kept.scores), SCORE_DECIMALS)
    order = np.argsort(-scores, kind="stable")
    above = np.sort(scores)
    while order.size:
        # A page ends where a score does, for the order among equals is not known before they are fetched.
        end = int(np.searchsorted(-scores[order], -scores[order[min(page, order.size) - 1]], side="right"))
        rows, order = order[:end], order[end:]
        contexts, values = fetch_contexts(connection, kept.ledger_rows[rows].tolist(), timezone=timezone)
        reasons = explain(contexts, values, model=model, standings=standings, timezone=timezone)
        found = [
            _Candidate(float(score), _percentile(float(score), above, standings.population), context, why)
            for score, context, why in zip(scores[rows], contexts, reasons, strict=True)
        ]
        yield from sorted(found, key=_order)


def _percentile(score: float, ascending: np.ndarray, population: int) -> float:
    higher_or_equal = len(ascending) - int(np.searchsorted(ascending, score, side="left"))
    return round(100 * (1 - higher_or_equal / population), PERCENTILE_DECIMALS)


def _order(candidate: _Candidate) -> tuple[float, str, str, int]:
    context = candidate.context
    return (-candidate.score, context.transaction_id or "", context.source_id or "", context.line or 0)
