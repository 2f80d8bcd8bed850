"""The contract of rule files: headers, places, locks and selection."""

from __future__ import annotations

import json
from datetime import date

import pytest

from balance_sync.errors import RuleFileError, UsageError
from balance_sync.rules import load_rules, select_rules
from balance_sync.rules.header import RuleHeader, RuleStatus, read_sql_file
from balance_sync.rules.lock import LOCK_NAME, update_lock
from balance_sync.rules.scaffold import new_rule
from balance_sync.rules.views import load_views

RULE_IDS = {
    *("overdraft", "discrepancy", "arithmetic", "lost_update", "continuity", "duplicate_transaction"),
    *("repeated_delivery", "negative_amount", "incomplete_sync", "failed_sync", "repeated_message"),
    *("sub_minor_unit", "suspect_event"),
}
SEVERITIES = {
    "critical": {"overdraft", "lost_update", "duplicate_transaction", "failed_sync"},
    "warning": {"repeated_message"},
    "info": {"sub_minor_unit"},
}


def own_rules(directory):
    return [rule for rule in load_rules(directory) if not rule.built_in]


def test_the_built_in_rules_are_those_of_the_contract():
    rules = load_rules()
    assert {rule.header.id for rule in rules} == RULE_IDS
    assert all(rule.built_in and rule.released for rule in rules)
    for rule in rules:
        wanted = next((name for name, ids in SEVERITIES.items() if rule.header.id in ids), "error")
        assert rule.header.severity == wanted
    assert set(load_views()) == {
        *("chain", "linked", "linked_in_place", "numbered_ledger", "ledger"),
        *("roll_forward", "episodes", "completeness"),
    }


def test_a_header_is_read(own_rule):
    (rule,) = own_rules(own_rule("warning", "info"))
    assert rule.key == "large_amount@1"
    assert rule.header.created == date(2024, 1, 31)
    assert rule.header.status is RuleStatus.ACTIVE
    assert rule.file.query.startswith("SELECT")
    assert "---" not in rule.file.query
    assert not rule.released


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("/*---\n", "/*\n", 1, "no header"),
        ("---*/\n", "*/\n", 1, "no header"),
        ("version = 1", "version = ", 3, "no valid TOML"),
        ("version = 1", "version = 0", 3, "not as it must be"),
        ('severity = "warning"', 'severity = "dire"', 5, "not as it must be"),
        ('changed = "First version."', 'changes = "First version."', 9, "not as it must be"),
        ('triage = """\nSay what to look at first.\n"""\n', "", 1, "not as it must be"),
        ('type = "DECIMAL(38, 18)"', 'type = "DOUBLE"', 25, "not as it must be"),
    ],
)
def test_a_wrong_header_is_refused_with_its_line(own_rule, old, new, line, message):
    directory = own_rule(old, new)
    with pytest.raises(RuleFileError, match=message) as caught:
        load_rules(directory)
    assert caught.value.where == f"{directory / 'large_amount' / 'v1.sql'}:{line}"


def test_a_deprecated_rule_says_why(own_rule):
    with pytest.raises(RuleFileError, match="must say why"):
        load_rules(own_rule('status = "active"', 'status = "deprecated"'))


def test_a_file_must_be_where_its_header_says(own_rule):
    with pytest.raises(RuleFileError, match=r"large_amount/v2\.sql"):
        load_rules(own_rule("version = 1", "version = 2"))


def test_a_rule_outside_a_folder_is_not_passed_over(own_rule):
    directory = own_rule("First", "First")
    (directory / "stray.sql").write_text("SELECT 1")
    with pytest.raises(RuleFileError, match="folder of its own"):
        load_rules(directory)


@pytest.mark.parametrize("taken", ["overdraft", "anomaly"])
def test_own_rules_do_not_take_built_in_names(own_rule, taken):
    directory = own_rule('id = "large_amount"', f'id = "{taken}"')
    (directory / "large_amount").rename(directory / taken)
    with pytest.raises(RuleFileError, match="built-in rule"):
        load_rules(directory)


def test_text_that_is_no_utf8_is_refused(own_rule):
    directory = own_rule("First", "First")
    (directory / "large_amount" / "v1.sql").write_bytes(b'/*---\nid = "\xff"\n---*/\n')
    with pytest.raises(RuleFileError, match="UTF-8"):
        load_rules(directory)


def test_line_ends_do_not_change_the_hash(tmp_path):
    (rule_path, *_) = new_rule("r", tmp_path, today=date(2024, 1, 31))
    unix = read_sql_file(rule_path, RuleHeader)
    rule_path.write_bytes(rule_path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_sql_file(rule_path, RuleHeader).sha256 == unix.sha256


def test_a_released_file_never_changes(own_rule):
    directory = own_rule("First", "First")
    change = update_lock(directory, [rule.file for rule in own_rules(directory)], ())
    assert change.added == ("large_amount@1",)
    assert own_rules(directory)[0].released
    own_rule("1000", "2000")
    with pytest.raises(RuleFileError, match="changed after its release") as caught:
        load_rules(directory)
    assert "new version" in caught.value.help
    with pytest.raises(RuleFileError, match="changed after its release"):
        update_lock(
            directory,
            [rule.file for rule in load_rules(directory, check_lock=False) if not rule.built_in],
            (),
        )


def test_a_released_file_is_never_deleted(own_rule):
    directory = own_rule("First", "First")
    update_lock(directory, [rule.file for rule in own_rules(directory)], ())
    with pytest.raises(RuleFileError, match="its file is gone"):
        update_lock(directory, [], ())


def test_looking_at_a_lock_writes_nothing(own_rule):
    directory = own_rule("First", "First")
    assert update_lock(directory, [r.file for r in own_rules(directory)], (), write=False).added
    assert not (directory / LOCK_NAME).exists()


def test_a_broken_lock_is_refused(own_rule):
    directory = own_rule("First", "First")
    (directory / LOCK_NAME).write_text(json.dumps({"rules": {"large_amount@1": 7}}))
    with pytest.raises(RuleFileError, match="lock file"):
        load_rules(directory)


def two_versions(own_rule, status="active"):
    directory = own_rule("First", "First")
    text = (directory / "large_amount" / "v1.sql").read_text()
    newer = text.replace("version = 1", "version = 2").replace('status = "active"', f'status = "{status}"')
    (directory / "large_amount" / "v2.sql").write_text(newer)
    return load_rules(directory)


def keys(rules):
    return [rule.key for rule in rules if not rule.built_in]


def test_the_newest_active_version_is_chosen(own_rule):
    rules = two_versions(own_rule)
    assert keys(select_rules(rules, [])) == ["large_amount@2"]
    assert keys(select_rules(rules, ["large_amount"])) == ["large_amount@2"]
    assert keys(select_rules(rules, ["large_amount@1", "large_amount@1"])) == ["large_amount@1"]
    assert len(select_rules(rules, [])) == len(RULE_IDS) + 1


def test_an_experimental_version_runs_only_when_named(own_rule):
    rules = two_versions(own_rule, "experimental")
    assert keys(select_rules(rules, ["large_amount"])) == ["large_amount@1"]
    assert keys(select_rules(rules, ["large_amount@2"])) == ["large_amount@2"]


def test_rules_are_chosen_in_one_order_whatever_was_asked():
    rules = load_rules()
    chosen = select_rules(rules, ["overdraft", "arithmetic@1"])
    assert [rule.key for rule in chosen] == ["arithmetic@1", "overdraft@1"]


def test_unknown_and_double_choices_are_usage_errors(own_rule):
    rules = two_versions(own_rule)
    with pytest.raises(UsageError) as caught:
        select_rules(rules, ["overdraff"])
    assert "did you mean 'overdraft'" in caught.value.help
    with pytest.raises(UsageError, match="no such rule"):
        select_rules(rules, ["overdraft@7"])
    with pytest.raises(UsageError, match="chosen already"):
        select_rules(rules, ["large_amount", "large_amount@1"])


@pytest.mark.parametrize("name", ["overdraft", "anomaly", "Big", "../escape", "1st", ""])
def test_a_rule_cannot_begin_with_such_a_name(tmp_path, name):
    with pytest.raises(UsageError):
        new_rule(name, tmp_path / "rules", today=date(2024, 1, 31))
    assert not (tmp_path / "rules").exists()


def test_a_rule_is_not_begun_twice(tmp_path):
    new_rule("r", tmp_path, today=date(2024, 1, 31))
    with pytest.raises(UsageError, match="exists already"):
        new_rule("r", tmp_path, today=date(2024, 1, 31))
