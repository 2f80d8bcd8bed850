"""The list that is put before a person: how long it is, and what does not belong on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from balance_sync.anomalies.candidates import Candidate
from balance_sync.anomalies.context import Context
from balance_sync.feedback.statements import DETECTOR, SETS_ASIDE, Decision, Scope, Subject
from balance_sync.store.findings import finding_id

if TYPE_CHECKING:
    from balance_sync.feedback.statements import Entry

MOST_PER_SUBSCRIBER = 3
"""One subscriber's troubles are understood from a few transactions and must not fill the list."""

Deciding = Callable[[Subject], "Entry | None"]


@dataclass(frozen=True, slots=True)
class Answered:
    """A transaction that would be flagged, had nobody decided about it.

    Attributes
    ----------
    entry_id
        The decision that sets it aside.
    """

    subject: Subject
    candidate: Candidate
    entry_id: int


@dataclass(slots=True)
class Review:
    """A list as it is filled.

    Attributes
    ----------
    listed
        The flagged transactions in the order of their ranks.
    set_aside
        How many were passed over, their subscriber having `MOST_PER_SUBSCRIBER` on the list.
    answered
        Those that a decision keeps from the list.
    """

    listed: list[Candidate] = field(default_factory=list)
    set_aside: int = 0
    answered: list[Answered] = field(default_factory=list)


def fill_list(candidates: Iterable[Candidate], *, budget: int, deciding: Deciding) -> Review:
    """Flag transactions from the first on until `budget` of them are for somebody to decide about.

    What was confirmed stays flagged and takes no place. What was answered otherwise is not flagged.
    """
    review = Review()
    per_subscriber: Counter[str | None] = Counter()
    places = budget
    for candidate in candidates:
        if not candidate.reasons:
            continue
        subject = subject_of_candidate(candidate.context)
        entry = deciding(subject)
        if entry and entry.statement.decision in SETS_ASIDE:
            review.answered.append(Answered(subject, candidate, entry.entry_id))
        elif entry and _is_confirmed(entry):
            review.listed.append(candidate)
        elif per_subscriber[candidate.context.user_id] == MOST_PER_SUBSCRIBER:
            review.set_aside += 1
        else:
            per_subscriber[candidate.context.user_id] += 1
            review.listed.append(candidate)
            places -= 1
            if not places:
                break
    return review


def _is_confirmed(entry: Entry) -> bool:
    """Return whether somebody confirmed this very transaction: a wider word speaks of what nobody saw."""
    return entry.statement.decision is Decision.CONFIRMED and entry.statement.scope is Scope.FINDING


def nothing_decided(_: Subject) -> None:
    """Say that nobody has decided about a finding."""


def subject_of_candidate(context: Context) -> Subject:
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
