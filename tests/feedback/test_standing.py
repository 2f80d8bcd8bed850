"""Which decisions count: scopes, expiry, the last word, and the cap on one person's day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from said import AT, said

from balance_sync.feedback.journal import Journal
from balance_sync.feedback.standing import Standing, daily_cap, weigh
from balance_sync.feedback.statements import SETS_ASIDE, Entry, Statement, Subject


def entries(*statements: Statement) -> list[Entry]:
    return [Entry(number, one, "", "") for number, one in enumerate(statements, start=1)]


def standing(*statements: Statement, as_of: date | None = None, cap: int = 100) -> Standing:
    return weigh(entries(*statements), as_of=as_of, cap=cap)


def about(finding: str, user: str | None = "U1", currency: str | None = "BHD") -> Subject:
    return Subject(finding, "anomaly", user, currency)


def setting_aside(decided: Standing, subject: Subject) -> Entry | None:
    entry = decided.deciding(subject)
    return entry if entry and entry.statement.decision in SETS_ASIDE else None


@pytest.mark.parametrize(
    ("decision", "sets_aside"),
    [("confirmed", False), ("needs_information", False), ("false_positive", True), ("accepted", True)],
)
def test_what_a_decision_does(decision: str, sets_aside: bool) -> None:
    assert (setting_aside(standing(said("a", decision)), about("a")) is not None) == sets_aside
    assert setting_aside(standing(said("a", decision)), about("b")) is None


def test_answers_are_what_was_said_of_single_transactions() -> None:
    decided = standing(
        said("a", "confirmed", transaction_id="t1"),
        said("b", "false_positive", transaction_id="t2", decided_by="Bo"),
        said("c", "needs_information", transaction_id="t3"),
        said("d", "accepted", scope="rule+subscriber", transaction_id="t4"),
        said("e", "confirmed", rule="overdraft", transaction_id="t5"),
        said("b", "confirmed", transaction_id="t2", decided_by="Bo"),
    )
    assert [(one.transaction_id, one.confirmed, one.decided_by) for one in decided.answers()] == [
        ("t1", True, "anna"),
        ("t2", True, "bo"),
    ]


def test_scopes_reach_as_far_as_they_say() -> None:
    every = standing(said("a", scope="rule+subscriber"))
    assert setting_aside(every, about("b", currency="SAR"))
    assert not setting_aside(every, about("b", user="U2"))
    one = standing(said("a", scope="rule+subscriber+currency"))
    assert setting_aside(one, about("b"))
    assert not setting_aside(one, about("b", currency="SAR"))
    assert not setting_aside(one, about("b", currency=None))


def test_a_decision_about_a_rules_finding_sets_nothing_aside() -> None:
    decided = standing(said("a", scope="rule+subscriber", rule="overdraft"))
    assert setting_aside(decided, about("a")) is None


def test_the_narrower_scope_has_the_word_and_of_one_scope_the_last() -> None:
    wide = said("x", "accepted", scope="rule+subscriber")
    assert not setting_aside(standing(said("a", "confirmed"), wide), about("a"))
    assert setting_aside(standing(said("a", "confirmed"), wide), about("b"))
    assert setting_aside(standing(said("a", "confirmed"), said("a")), about("a"))
    back = said("y", "needs_information", scope="rule+subscriber")
    assert not setting_aside(standing(wide, back), about("b"))


def test_a_decision_counts_until_its_day_and_then_the_one_before_does() -> None:
    limited = said("a", until=date(2024, 3, 31))
    assert setting_aside(standing(limited, as_of=date(2024, 3, 31)), about("a"))
    after = standing(limited, as_of=date(2024, 4, 1))
    assert (setting_aside(after, about("a")), after.expired) == (None, 1)
    assert setting_aside(standing(limited, as_of=None), about("a"))
    replaced = standing(said("a"), said("a", "confirmed", until=date(2024, 3, 1)), as_of=date(2024, 3, 2))
    assert setting_aside(replaced, about("a"))


def test_the_cap_is_twice_a_review() -> None:
    assert [daily_cap(budget) for budget in (0, 50, 51, 500)] == [100, 100, 102, 1000]


def test_one_person_and_day_moves_no_more_than_the_cap() -> None:
    many = [said(f"f{number}") for number in range(130)]
    decided = standing(*many, cap=100)
    assert [setting_aside(decided, about(f"f{number}")) is not None for number in (0, 99, 100, 129)] == [
        *(True, True),
        *(False, False),
    ]
    assert decided.over_cap == 30
    tomorrow = said("late", decided_at=AT + timedelta(days=1))
    other = said("other", decided_by="Bo")
    both = standing(*many, tomorrow, other, cap=100)
    assert setting_aside(both, about("late"))
    assert setting_aside(both, about("other"))


def test_another_spelling_is_no_other_person() -> None:
    many = [said(f"f{number}") for number in range(100)]
    assert not setting_aside(standing(*many, said("more", decided_by="ANNA"), cap=100), about("more"))


def test_a_wide_decision_costs_ten() -> None:
    wide = [said(f"f{number}", scope="rule+subscriber", user_id=f"W{number}") for number in range(11)]
    decided = standing(*wide, cap=100)
    assert setting_aside(decided, about("z", user="W9"))
    assert not setting_aside(decided, about("z", user="W10"))


def test_what_is_over_the_cap_overrules_nothing() -> None:
    kept = said("a", decided_by="Bo")
    flood = [said(f"f{number}") for number in range(100)]
    assert setting_aside(standing(kept, *flood, said("a", "confirmed"), cap=100), about("a"))


def test_later_entries_change_none_that_counted() -> None:
    many = [said(f"f{number}") for number in range(150)]
    before, after = standing(*many[:120], cap=100), standing(*many, cap=100)
    assert before.counting == after.counting


def test_decisions_about_rules_cost_nothing() -> None:
    proofs = [said(f"p{number}", rule="overdraft") for number in range(500)]
    decided = standing(*proofs, said("a"), cap=100)
    assert setting_aside(decided, about("a"))
    assert (decided.over_cap, len(decided.entries)) == (0, 501)


def test_weighing_reads_what_the_journal_gives(tmp_path) -> None:
    journal = Journal(tmp_path / "feedback.sqlite")
    journal.append([said("a")])
    assert setting_aside(weigh(journal.entries(), as_of=None, cap=100), about("a")) == journal.entries()[0]
