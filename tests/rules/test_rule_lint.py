from __future__ import annotations

import pytest

from balance_sync.errors import RuleFileError
from balance_sync.rules import load_rules, run_rules
from balance_sync.rules.lint import lint_rules


def problems(directory):
    return lint_rules(rule for rule in load_rules(directory) if not rule.built_in)


def test_built_in_rules_and_new_ones_keep_the_contract(own_rule):
    assert lint_rules(load_rules(own_rule("First", "First"))) == ()


WHERE = "WHERE l.amount > $largest_amount"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (WHERE, WHERE + "; SELECT 1", "one SELECT"),
        (WHERE, WHERE + "\n;DROP TABLE transactions", "one SELECT"),
        (WHERE, "WHERE l.amount >> > 1", "syntax error"),
        (WHERE, "WHERE l.amount > $other", "$other is not declared"),
        (WHERE, "WHERE l.amount > $largest_amount + $other", "$other is not declared"),
        ("$largest_amount", "1", "the parameter largest_amount is never used"),
        ("    l.user_id,\n", "    l.*,\n", "SELECT *"),
        ("    l.user_id,\n", "", "user_id is missing"),
        (
            "    l.user_id,\n    l.transaction_id,\n",
            "    l.transaction_id,\n    l.user_id,\n",
            "their order differs",
        ),
        ("    l.line\n", "    l.line,\n    l.amount\n", "amount is not one of them"),
        ("    l.line\n", "    l.line::VARCHAR AS line\n", "the column line is VARCHAR"),
        (
            "l.amount - $largest_amount",
            "(l.amount - $largest_amount)::DOUBLE",
            "the column difference is DOUBLE",
        ),
        ("l.user_id", "l.nobody", 'does not have a column named "nobody"'),
        ("FROM ledger AS l", "FROM findings AS l", "'findings' is read and not declared"),
        (
            "FROM ledger AS l",
            "FROM ledger AS l SEMI JOIN messages AS m USING (message_id)",
            "'messages' is read",
        ),
        ("FROM ledger AS l", "FROM main.ledger AS l", "'main.ledger' is read"),
        ("FROM ledger AS l", "FROM 'ledger.csv' AS l", "'ledger.csv' is read"),
        (
            "FROM ledger AS l",
            "FROM ledger AS l, duckdb_settings() AS s",
            "reads something other than the tables",
        ),
        (
            "FROM ledger AS l",
            "FROM ledger AS l, read_text('/etc/passwd') AS s",
            "something other than the tables",
        ),
        ('reads = ["ledger"]', 'reads = ["ledger", "messages"]', "never read"),
        ('reads = ["ledger"]', 'reads = ["ledger", "findings"]', "no table of rules"),
        ("SELECT\n", "WITH ledger AS (SELECT 1 AS one) SELECT\n", "must not be called 'ledger'"),
        (WHERE, WHERE + " AND l.logged_at < now()", "now() gives another result"),
        (WHERE, WHERE + " AND l.logged_at < current_timestamp", "current_timestamp() gives another result"),
        (WHERE, WHERE + " AND l.logged_at::DATE < current_date", "gives another result"),
        (WHERE, WHERE + " AND random() < 0.5", "random() gives another result"),
        (WHERE, WHERE + " AND uuid()::VARCHAR < 'f'", "gives another result"),
        (WHERE, WHERE + " AND getvariable('x') IS NULL", "getvariable() gives another result"),
        (WHERE, WHERE + " AND age(l.logged_at) > INTERVAL 1 DAY", "age() gives another result"),
        (WHERE, WHERE + " AND age(l.logged_at::TIMESTAMP) > INTERVAL 1 DAY", "age() gives another result"),
        (WHERE, WHERE + " LIMIT 3", "LIMIT without ORDER BY"),
        ("FROM ledger AS l", "FROM ledger AS l TABLESAMPLE 10%", "a sample differs"),
        (WHERE, WHERE + " QUALIFY row_number() OVER (PARTITION BY l.user_id) = 1", "window without ORDER BY"),
        (WHERE, WHERE + " AND l.user_id = (SELECT any_value(x.user_id) FROM ledger AS x)", "order of rows"),
        (WHERE, WHERE + " AND l.user_id = (SELECT string_agg(x.user_id) FROM ledger AS x)", "order of rows"),
    ],
)
def test_a_rule_that_breaks_the_contract_is_told(own_rule, old, new, message):
    directory = own_rule(old, new)
    found = problems(directory)
    assert any(message in problem.what for problem in found), found
    for problem in found:
        path, line = problem.where.rsplit(":", 1)
        assert path == str(directory / "large_amount" / "v1.sql")
        assert 1 <= int(line) <= 50
        assert problem.help


def test_a_problem_names_the_line(own_rule):
    directory = own_rule(WHERE, WHERE + "\n    AND random() < 0.5")
    (problem,) = problems(directory)
    lines = (directory / "large_amount" / "v1.sql").read_text().splitlines()
    assert "random()" in lines[int(problem.where.rsplit(":", 1)[1]) - 1]


@pytest.mark.parametrize(
    "clause",
    [
        " LIMIT 3",
        " QUALIFY row_number() OVER (ORDER BY l.source_id, l.line) = 1 ORDER BY l.line LIMIT 3",
        " AND l.user_id = (SELECT string_agg(x.user_id ORDER BY x.source_id, x.line) FROM ledger AS x)",
        " AND l.line IN (SELECT g.i FROM generate_series(1, 3) AS g (i))",
        " AND (SELECT count(*) FROM ledger) > 1",
        " AND hour(l.logged_at) + date_part('day', l.logged_at) > 1",
        " AND l.logged_at + INTERVAL 1 DAY > make_timestamptz(2024, 1, 1, 0, 0, 0.0)",
        " AND age(l.logged_at, l.logged_at) > INTERVAL 1 DAY",
    ],
)
def test_what_is_determined_is_allowed(own_rule, clause):
    ordered = WHERE + (" ORDER BY l.source_id, l.line LIMIT 3" if clause == " LIMIT 3" else clause)
    assert problems(own_rule(WHERE, ordered)) == ()


def test_a_trailing_semicolon_and_comment_do_no_harm(own_rule, bench):
    directory = own_rule(WHERE, WHERE + " -- the last line\n;")
    assert problems(directory) == ()
    (run,) = run_rules(bench, selection=["large_amount"], rules_directory=directory)
    assert run.findings == 0


def test_a_run_refuses_own_rules_with_problems(own_rule, bench):
    directory = own_rule(WHERE, WHERE + " LIMIT 3")
    with pytest.raises(RuleFileError, match="LIMIT without ORDER BY"):
        run_rules(bench, rules_directory=directory)
