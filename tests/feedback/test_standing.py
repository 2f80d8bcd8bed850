"""Which decisions count: scopes, expiry, the last word, and the cap on one person's day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from said import AT, said

from balance_sync.feedback.journal import Journal
from balance_sync.feedback.standing import Standing, daily_cap, weigh
from balance_sync.feedback.statements import Entry, Statement, Subject


def entries(*statements: Statement) -> list[Entry]:
    return [Entry(number, one, "", "") for number, one in enumerate(statements, start=1)]


def standing(*statements: Statement, as_of: date | None = None, cap: int = 100) -> Standing:
    return weigh(entries(*statements), as_of=as_of, cap=cap)


def about(finding: str, user: str | None = "U1", currency: str | None = "BHD") -> Subject:
    return Subject(finding, "anomaly", user, currency)


@pytest.mark.parametrize(
    ("decision", "sets_aside"),
    [("confirmed", False), ("needs_information", False), ("false_positive", True), ("accepted", True)],
)
def test_what_a_decision_does(decision: str, sets_aside: bool) -> None:
    assert (standing(said("a", decision)).setting_aside(about("a")) is not None) == sets_aside
    assert standing(said("a", decision)).setting_aside(about("b")) is None


def test_scopes_reach_as_far_as_they_say() -> None:
    every = standing(said("a", scope="rule+subscriber"))
    assert every.setting_aside(about("b", currency="SAR"))
    assert not every.setting_aside(about("b", user="U2"))
    one = standing(said("a", scope="rule+subscriber+currency"))
    assert one.setting_aside(about("b"))
    assert not one.setting_aside(about("b", currency="SAR"))
    assert not one.setting_aside(about("b", currency=None))


def test_a_decision_about_a_rules_finding_sets_nothing_aside() -> None:
    decided = standing(said("a", scope="rule+subscriber", rule="overdraft"))
    assert decided.setting_aside(about("a")) is None


def test_the_narrower_scope_has_the_word_and_of_one_scope_the_last() -> None:
    wide = said("x", "accepted", scope="rule+subscriber")
    assert not standing(said("a", "confirmed"), wide).setting_aside(about("a"))
    assert standing(said("a", "confirmed"), wide).setting_aside(about("b"))
    assert standing(said("a", "confirmed"), said("a")).setting_aside(about("a"))
    back = said("y", "needs_information", scope="rule+subscriber")
    assert not standing(wide, back).setting_aside(about("b"))


def test_a_decision_counts_until_its_day_and_then_the_one_before_does() -> None:
    limited = said("a", until=date(2024, 3, 31))
    assert standing(limited, as_of=date(2024, 3, 31)).setting_aside(about("a"))
    after = standing(limited, as_of=date(2024, 4, 1))
    assert (after.setting_aside(about("a")), after.expired) == (None, 1)
    assert standing(limited, as_of=None).setting_aside(about("a"))
    replaced = standing(said("a"), said("a", "confirmed", until=date(2024, 3, 1)), as_of=date(2024, 3, 2))
    assert replaced.setting_aside(about("a"))


def test_the_cap_is_twice_a_review() -> None:
    assert [daily_cap(budget) for budget in (0, 50, 51, 500)] == [100, 100, 102, 1000]


def test_one_person_and_day_moves_no_more_than_the_cap() -> None:
    many = [said(f"f{number}") for number in range(130)]
    decided = standing(*many, cap=100)
    assert [decided.setting_aside(about(f"f{number}")) is not None for number in (0, 99, 100, 129)] == [
        *(True, True),
        *(False, False),
    ]
    assert decided.over_cap == 30
    tomorrow = said("late", decided_at=AT + timedelta(days=1))
    other = said("other", decided_by="Bo")
    both = standing(*many, tomorrow, other, cap=100)
    assert both.setting_aside(about("late"))
    assert both.setting_aside(about("other"))


def test_another_spelling_is_no_other_person() -> None:
    many = [said(f"f{number}") for number in range(100)]
    assert not standing(*many, said("more", decided_by="ANNA"), cap=100).setting_aside(about("more"))


def test_a_wide_decision_costs_ten() -> None:
    wide = [said(f"f{number}", scope="rule+subscriber", user_id=f"W{number}") for number in range(11)]
    decided = standing(*wide, cap=100)
    assert decided.setting_aside(about("z", user="W9"))
    assert not decided.setting_aside(about("z", user="W10"))


def test_what_is_over_the_cap_overrules_nothing() -> None:
    kept = said("a", decided_by="Bo")
    flood = [said(f"f{number}") for number in range(100)]
    assert standing(kept, *flood, said("a", "confirmed"), cap=100).setting_aside(about("a"))


def test_later_entries_change_none_that_counted() -> None:
    many = [said(f"f{number}") for number in range(150)]
    before, after = standing(*many[:120], cap=100), standing(*many, cap=100)
    assert before.counting == after.counting


def test_decisions_about_rules_cost_nothing() -> None:
    proofs = [said(f"p{number}", rule="overdraft") for number in range(500)]
    decided = standing(*proofs, said("a"), cap=100)
    assert decided.setting_aside(about("a"))
    assert (decided.over_cap, len(decided.entries)) == (0, 501)


def test_weighing_reads_what_the_journal_gives(tmp_path) -> None:
    journal = Journal(tmp_path / "feedback.sqlite")
    journal.append([said("a")])
    assert weigh(journal.entries(), as_of=None, cap=100).setting_aside(about("a")) == journal.entries()[0]
