"""The command `balance-sync rules`, run as people run it."""

from __future__ import annotations

import json

import pytest

from balance_sync.cli.program import main
from balance_sync.rules import load_rules
from balance_sync.rules.pages import render_pages
from balance_sync.rules.views import load_views


@pytest.fixture
def rules_command(monkeypatch, capsys):
    """Run ``balance-sync rules …`` and return exit code, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["balance-sync", "rules", *(str(argument) for argument in arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return run


@pytest.fixture
def own(tmp_path, rules_command):
    directory = tmp_path / "own"
    code, out, _ = rules_command("new", "late_fee", "--rules-dir", directory)
    assert code == 0
    assert out.splitlines() == [
        str(directory / "late_fee" / n) for n in ("v1.sql", "fires.toml", "clean.toml")
    ]
    return directory


def test_list_tells_each_rule(rules_command, own):
    code, out, err = rules_command("list", "--rules-dir", own)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == len(load_rules()) + 1
    assert "overdraft@1              critical  Balance below zero" in lines
    assert any(line.startswith("late_fee@1") and line.endswith("[own, unreleased]") for line in lines)


def test_list_as_json(rules_command):
    code, out, _ = rules_command("list", "--json")
    assert code == 0
    rules = {rule["id"]: rule for rule in json.loads(out)}
    assert rules["overdraft"]["severity"] == "critical"
    assert rules["overdraft"]["params"]["lowest_balance"]["default"] == "0"
    assert len(rules["overdraft"]["sha256"]) == 64


def test_show_tells_what_a_rule_finds_and_its_sql(rules_command):
    code, out, _ = rules_command("show", "lost_update@1")
    assert code == 0
    for part in ("# lost_update", "critical", "## What to do", "## What it misses", "FROM ledger AS l"):
        assert part in out
    code, out, _ = rules_command("show", "lost_update", "--json")
    assert json.loads(out)["sql"].startswith("SELECT")


def test_show_of_an_unknown_rule_is_a_usage_error(rules_command):
    code, out, err = rules_command("show", "lost_updates")
    assert (code, out) == (2, "")
    assert "did you mean 'lost_update'?" in err


def test_validate_and_test_pass_for_a_new_rule(rules_command, own):
    code, out, _ = rules_command("validate", "--rules-dir", own)
    assert (code, out) == (0, f"{len(load_rules()) + 1} rules, all as they must be\n")
    code, out, _ = rules_command("test", "late_fee", "--rules-dir", own)
    assert (code, out) == (0, "2 cases, 2 as expected, 0 not\n")
    code, out, _ = rules_command("test", "late_fee", "--json", "--rules-dir", own)
    assert [case["problem"] for case in json.loads(out)] == [None, None]


def test_validate_lists_problems_and_fails(rules_command, own):
    path = own / "late_fee" / "v1.sql"
    path.write_text(path.read_text() + "LIMIT 1\n")
    code, out, err = rules_command("validate", "--rules-dir", own)
    assert code == 2
    assert f"{path}:" in out
    assert "LIMIT without ORDER BY" in out
    assert "1 problem\n" in err
    code, out, _ = rules_command("validate", "--json", "--rules-dir", own)
    assert (code, len(json.loads(out))) == (2, 1)


def test_test_lists_what_differs_and_fails(rules_command, own):
    path = own / "late_fee" / "fires.toml"
    path.write_text(path.read_text().replace('"0.001"', '"7"'))
    code, out, err = rules_command("test", "late_fee", "--rules-dir", own)
    assert code == 2
    assert "expected '7'" in out
    assert out.endswith("2 cases, 1 as expected, 1 not\n")
    assert "not as expected: 1 case\n" in err


def test_lock_releases_once_and_for_all(rules_command, own):
    code, _, err = rules_command("lock", "--check", "--rules-dir", own)
    assert code == 2
    assert "late_fee@1 not released" in err
    assert rules_command("lock", "--rules-dir", own)[:2] == (0, "released late_fee@1\n")
    assert rules_command("lock", "--check", "--rules-dir", own)[0] == 0
    path = own / "late_fee" / "v1.sql"
    path.write_text(path.read_text().replace("1000", "2000"))
    for command in (("lock", "--check"), ("lock",), ("list",)):
        code, _, err = rules_command(*command, "--rules-dir", own)
        assert code == 2
        assert "changed after its release" in err


def test_lock_releases_no_rule_with_problems(rules_command, own):
    path = own / "late_fee" / "v1.sql"
    path.write_text(path.read_text() + "LIMIT 1\n")
    assert rules_command("lock", "--rules-dir", own)[0] == 2
    assert not (own / "rules.lock.json").exists()


def test_the_built_in_lock_is_up_to_date(rules_command):
    code, out, err = rules_command("lock", "--check")
    assert (code, err) == (0, "")
    assert "nothing to release" in out


def test_the_generated_pages_are_up_to_date(rules_command):
    pages = render_pages(load_rules(), load_views())
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, f"run `balance-sync rules docs`: {path}"
    assert {path.stem for path in (next(iter(pages)).parents[1] / "docs" / "rules").iterdir()} == {
        rule.header.id for rule in load_rules()
    }
    assert rules_command("docs", "--check")[:2] == (0, "")


def test_a_folder_that_is_none_is_a_usage_error(rules_command, tmp_path):
    code, _, err = rules_command("list", "--rules-dir", tmp_path / "nowhere")
    assert code == 2
    assert "is no folder" in err
