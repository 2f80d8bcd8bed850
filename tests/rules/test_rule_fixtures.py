from __future__ import annotations

import pytest

from balance_sync.errors import RuleFileError
from balance_sync.rules import load_rules
from balance_sync.rules.fixtures import fixture_directory, read_fixtures, run_fixtures

RULES = load_rules(check_lock=False)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_the_rule_fires_and_stays_silent_as_its_fixtures_say(rule):
    results = run_fixtures([rule])
    assert {result.file.name for result in results} == {"fires.toml", "clean.toml"}
    assert [result for result in results if result.problem] == []


def test_each_fixture_folder_belongs_to_a_rule():
    folder = fixture_directory(RULES[0]).parent
    assert {path.parent.name for path in folder.glob("*/*.toml")} == {rule.header.id for rule in RULES}


def try_own(directory):
    return run_fixtures(rule for rule in load_rules(directory) if not rule.built_in)


def test_a_new_rule_passes_its_fixtures(own_rule):
    assert [result.problem for result in try_own(own_rule("First", "First"))] == ["", ""]


def test_missing_fixtures_are_told(own_rule):
    directory = own_rule("First", "First")
    (directory / "large_amount" / "clean.toml").unlink()
    problems = [result for result in try_own(directory) if result.problem]
    assert [result.file.name for result in problems] == ["clean.toml"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('amount = "1000.001"', 'amount = "1"', "1 findings expected, 0 found: none"),
        ('difference = "0.001"', 'difference = "0.002"', "finding 1: difference is Decimal('0.001"),
        ('subject = "t1"', 'subjekt = "t1"', "there is no column 'subjekt'"),
    ],
)
def test_what_differs_is_told(own_rule, old, new, problem):
    directory = own_rule("First", "First")
    path = directory / "large_amount" / "fires.toml"
    path.write_text(path.read_text().replace(old, new))
    (failed,) = [result for result in try_own(directory) if result.problem]
    assert problem in failed.problem
    assert failed.case == "an amount above the largest"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[case]]", "[[caze]]", "is no fixture file"),
        ("[[case]]", "[case", "is no fixture file"),
        ("[[case.transactions]]", "[[case.transfers]]", "is no fixture file"),
        ('amount = "1000.001"', "amount = 1000.001", "cannot be meant"),
        ('amount = "1000.001"', 'amount = "lots"', "cannot be meant"),
        ("logged_at = 2024-01-31T21:00:00Z", "logged_at = 2024-01-31T21:00:00", "cannot be meant"),
        ("user_id", "user", "there is no column 'user'"),
        ('[[case.expect]]\nsubject = "t1"\ndifference = "0.001"\n', "", "must expect a finding"),
        ("[[case.expect]]", '[case.parameters]\nother = "1"\n[[case.expect]]', "there is no such parameter"),
    ],
)
def test_a_fixture_file_that_cannot_be_meant_is_refused(own_rule, old, new, message):
    directory = own_rule("First", "First")
    path = directory / "large_amount" / "fires.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(RuleFileError, match=message) as caught:
        try_own(directory)
    assert "fires.toml" in caught.value.where


def test_a_clean_file_expects_nothing(own_rule):
    directory = own_rule("First", "First") / "large_amount"
    (directory / "clean.toml").write_text((directory / "fires.toml").read_text())
    with pytest.raises(RuleFileError, match="must not expect"):
        read_fixtures(directory / "clean.toml")


def test_fixtures_may_hold_for_some_versions_only(own_rule):
    directory = own_rule("First", "First")
    path = directory / "large_amount" / "fires.toml"
    path.write_text("versions = [2]\n" + path.read_text())
    assert [result.file.name for result in try_own(directory)] == ["clean.toml"]
