"""Finds the transactions worth a person's time among those that no rule explains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.anomalies.candidates import Candidate, Field
from balance_sync.anomalies.distant import DistantModel, fit_distant_model
from balance_sync.anomalies.drift import Drift, measure_drift
from balance_sync.anomalies.feature_values import sample_features
from balance_sync.anomalies.features import (
    FloatMatrix,
    build_features,
    count_explained,
    count_transactions,
    drop_features,
)
from balance_sync.anomalies.learning import Lessons, read_lessons
from balance_sync.anomalies.model import Model, fit_model
from balance_sync.anomalies.ranking import Scored, gather
from balance_sync.anomalies.review import Answered, Deciding, Review, fill_list, nothing_decided
from balance_sync.anomalies.scoring import score_once, score_open
from balance_sync.anomalies.sequence import add_sequence, needs_sequence
from balance_sync.anomalies.views import VIEWS, View

if TYPE_CHECKING:
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from balance_sync.feedback.standing import Answer

LEAST_TRANSACTIONS = 20
"""Fewer transactions have no usual to leave, and none is flagged."""

_LEADERS_PER_FLAG = 20
_LEAST_LEADERS = 1000


def _do_nothing() -> None:
    """Stand in where there is nothing to do meanwhile."""


@dataclass(frozen=True, slots=True)
class Method:
    """How to rank.

    Attributes
    ----------
    seed
        Of the forests.
    timezone
        IANA name of the business time zone.
    threads
        How many chunks are scored at a time.
    views
        The kinds of oddness to look for, with their shares of the budget.
    since
        Only transactions from then on are flagged, UTC; the earlier ones still say what is usual.
    reference
        A kept sample to fit on, float64, shape (n, features); `None`: one of this archive.
    executor
        Of one process, warmed up, in which to fit and to score; without one it is done here.
    meanwhile
        Is called while that process fits, and without one never.
    """

    seed: int
    timezone: str
    threads: int
    views: tuple[View, ...] = VIEWS
    since: datetime | None = None
    reference: FloatMatrix | None = None
    executor: Executor | None = None
    meanwhile: Callable[[], None] = _do_nothing


@dataclass(frozen=True, slots=True)
class AnomalyResult:
    """What the detector found.

    Attributes
    ----------
    anomalies
        The flagged transactions in the order of their ranks: those that somebody confirmed, and at most
        the review budget of others.
    examined
        All transactions, which together say what is usual.
    explained
        Those that findings of severity error or critical name; none of them is flagged.
    set_aside
        Those that stand higher than the last flagged one but are not flagged, their subscriber having
        `balance_sync.anomalies.review.MOST_PER_SUBSCRIBER` already.
    timezone
        The business time zone of the reasons.
    answered
        Those that a decision sets aside and that would be flagged without it; in the order of their scores.
    learned_from
        How many decisions moved the ranking.
    drift
        Against the kept model, where one was used.
    sample
        What a model of this archive would be fitted on, float64, shape (n, features).
    """

    anomalies: tuple[Candidate, ...]
    examined: int
    explained: int
    set_aside: int
    timezone: str
    answered: tuple[Answered, ...] = ()
    learned_from: int = 0
    drift: tuple[Drift, ...] = ()
    sample: FloatMatrix | None = None


def detect(
    connection: DuckDBPyConnection,
    *,
    review_budget: int,
    method: Method,
    deciding: Deciding = nothing_decided,
    answers: Sequence[Answer] = (),
) -> AnomalyResult:
    """Rank the transactions that no rule explains and flag the most unusual.

    The same tables, budget, method and decisions give the same result, whatever the order of rows and the
    number of threads.

    Parameters
    ----------
    connection
        Holds the tables ``ledger`` and ``findings``, the latter filled by the rules.
    review_budget
        How many transactions a person is ready to review.
    deciding
        Gives the decision about a transaction that counts, if there is one. Scores and percentiles do not
        depend on it.
    answers
        What the ranking learns from.
    """
    count, explained = count_transactions(connection), count_explained(connection)
    if count < LEAST_TRANSACTIONS or review_budget < 1:
        return AnomalyResult((), count, explained, 0, method.timezone)
    looks_back = needs_sequence(name for view in method.views for name in view.features)
    build_features(connection, timezone=method.timezone, kept=looks_back)
    try:
        if looks_back:
            add_sequence(connection)
        sample = sample_features(connection, count)
        lessons = read_lessons(connection, answers)
        field = _field(connection, method, sample, lessons, count, review_budget)
        review = _review(field, lessons, budget=review_budget, deciding=deciding)
        return AnomalyResult(
            tuple(review.listed),
            count,
            explained,
            review.set_aside,
            method.timezone,
            tuple(review.answered),
            len(lessons.people),
            () if method.reference is None else measure_drift(method.reference, sample),
            sample,
        )
    finally:
        drop_features(connection)


def _review(field: Field, lessons: Lessons, *, budget: int, deciding: Deciding) -> Review:
    """Fill the list by worth where anything was decided; what was answered is told by score."""
    review = fill_list(field.by_score(), budget=budget, deciding=deciding)
    if not lessons.people:
        return review
    learned = fill_list(field.by_worth(lessons), budget=budget, deciding=deciding)
    told = {one.subject.finding_id for one in review.answered}
    learned.answered = [
        *review.answered,
        *(one for one in learned.answered if one.subject.finding_id not in told),
    ]
    return learned


def _field(
    connection: DuckDBPyConnection,
    method: Method,
    sample: FloatMatrix,
    lessons: Lessons,
    population: int,
    budget: int,
) -> Field:
    usual = sample if method.reference is None else method.reference
    model = _fitted(usual, method, lessons)
    parts: Iterable[Scored]
    if len(sample) == population:
        parts, reference = score_once(connection, model, threads=method.threads, since=method.since)
    else:
        parts = score_open(connection, model, threads=method.threads, since=method.since)
        reference = model.score(sample)
    kept, standings = gather(
        parts,
        model=model,
        reference=reference,
        leaders=max(_LEAST_LEADERS, _LEADERS_PER_FLAG * budget),
        population=population,
    )
    return Field(connection, kept, model, standings, method.timezone, page=2 * budget)


def _fitted(sample: FloatMatrix, method: Method, lessons: Lessons) -> Model | DistantModel:
    if method.executor is None:
        return fit_model(sample, seed=method.seed, views=method.views, answers=lessons.answers)
    return fit_distant_model(
        sample,
        seed=method.seed,
        views=method.views,
        answers=lessons.answers,
        executor=method.executor,
        meanwhile=method.meanwhile,
    )
