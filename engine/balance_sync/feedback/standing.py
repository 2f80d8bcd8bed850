"""Which decisions count in a run: not expired, the narrowest first, and of one person not too many a day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from balance_sync.feedback.statements import DETECTOR, SETS_ASIDE, Decision, Entry, Scope, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

LEAST_DAILY_CAP = 100
LISTS_A_DAY = 2
"""The review lists that a person can be believed to have gone through in a day."""

WIDE_COST = 10
"""What a decision about more than its finding takes of the cap: it speaks of what nobody looked at."""


_ANSWERS = SETS_ASIDE | {Decision.CONFIRMED}


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody decided about one transaction.

    Attributes
    ----------
    confirmed
        Or else it was not worth a person's time.
    """

    transaction_id: str
    confirmed: bool
    decided_by: str


@dataclass(frozen=True)
class Standing:
    """The decisions of a run.

    Parameters
    ----------
    entries
        Those that have not expired, in order.
    counting
        The ids of those that may move the detector's list: of one person and UTC day as many as the cap
        allows, the first ones.
    expired
        How many are out of date.
    over_cap
        How many about the detector's findings are left out of `counting`.
    """

    entries: tuple[Entry, ...]
    counting: frozenset[int]
    expired: int
    over_cap: int
    _by_key: Mapping[tuple[str | None, ...], Entry]

    def deciding(self, subject: Subject) -> Entry | None:
        """Return the decision that counts about one of the detector's findings, if there is one."""
        return next((self._by_key[key] for key in _keys(subject) if key in self._by_key), None)

    def answers(self) -> tuple[Answer, ...]:
        """Return what was decided about single transactions of the detector's list, in order.

        Wider decisions speak of what nobody looked at, and *needs information* is no answer.
        """
        return tuple(
            Answer(
                said.subject.transaction_id, said.decision is Decision.CONFIRMED, said.decided_by.casefold()
            )
            for said in (one.statement for one in self._by_key.values())
            if said.scope is Scope.FINDING and said.subject.transaction_id and said.decision in _ANSWERS
        )


def daily_cap(review_budget: int) -> int:
    """Return what decisions of one person and day may move: twice what a person is given to review."""
    return max(LEAST_DAILY_CAP, LISTS_A_DAY * review_budget)


def weigh(entries: Iterable[Entry], *, as_of: date | None, cap: int) -> Standing:
    """Say which of `entries` count.

    Parameters
    ----------
    as_of
        The last business day of the archive, on which a decision has expired or not: a run over the same
        archive gives the same result on any day. `None`, without any logs: nothing has expired.
    cap
        What the decisions of one person and day may move (`daily_cap`). What they cost is counted before
        anything else is looked at, so that no later entry changes which ones count.
    """
    every = tuple(entries)
    counting = _within_cap(every, cap)
    current = tuple(one for one in every if not _has_expired(one, as_of))
    about_detector = [one for one in current if one.statement.subject.rule == DETECTOR]
    # Later ones take the place of earlier ones of the same scope and subject.
    by_key = {_own_key(one): one for one in about_detector if one.entry_id in counting}
    over = sum(one.entry_id not in counting for one in about_detector)
    return Standing(current, counting, len(every) - len(current), over, by_key)


def _within_cap(entries: Iterable[Entry], cap: int) -> frozenset[int]:
    spent: Counter[tuple[str, date]] = Counter()
    counting = set()
    for one in entries:
        said = one.statement
        if said.subject.rule != DETECTOR:
            continue
        whose = (said.decided_by.casefold(), said.decided_at.date())
        cost = 1 if said.scope is Scope.FINDING else WIDE_COST
        if spent[whose] + cost <= cap:
            spent[whose] += cost
            counting.add(one.entry_id)
    return frozenset(counting)


def _has_expired(entry: Entry, as_of: date | None) -> bool:
    until = entry.statement.until
    return until is not None and as_of is not None and as_of > until


def _keys(subject: Subject) -> tuple[tuple[str | None, ...], ...]:
    """Return what decisions about a finding are found by, narrowest scope first."""
    keys: tuple[tuple[str | None, ...], ...] = ((Scope.FINDING, subject.finding_id),)
    if subject.user_id is None:
        return keys
    return (
        *keys,
        (Scope.CURRENCY, subject.rule, subject.user_id, subject.currency),
        (Scope.SUBSCRIBER, subject.rule, subject.user_id),
    )


def _own_key(entry: Entry) -> tuple[str | None, ...]:
    keys = {str(key[0]): key for key in _keys(entry.statement.subject)}
    return keys[entry.statement.scope]
